/** Every list is read to its end by cursors, each of its parts once, while things change: rooms, members, what a search finds. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archive } from "../../src/jobs/archive/archive.ts";
import { keepDeadLetter } from "../../src/jobs/archive/dead-letters.ts";
import type { JobContext } from "../../src/jobs/kind.ts";
import { SEARCH_MATCHES_MAX } from "../../src/protocol/job-limits.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, doorWith, enter, leave, problemOf } from "./door.ts";
import type { Guest } from "./guest.ts";

const KEY = "an-operator-key-of-32-characters";
const call = doorWith({ OPERATOR_KEY: KEY, TOKEN_SECRET: SECRET });
beforeEach(bringUpArchive);
afterEach(reset);

interface Page {
	rooms?: { room: string }[];
	members?: { id: string }[];
	events?: { room: string; seq: number }[];
	letters?: { body: string }[];
	count?: number;
	next?: string;
}

async function page(path: string): Promise<Page> {
	const answer = await call(path, { headers: { Authorization: `Bearer ${KEY}` } });
	expect(answer.status, path).toBe(200);
	return answer.json();
}

/** All pages, with something done between any two of them. */
async function readAll(path: string, between: (n: number) => unknown = () => {}): Promise<Page[]> {
	const pages = [await page(path)];
	for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
		await between(pages.length);
		pages.push(await page(`${path}&cursor=${encodeURIComponent(next)}`));
		expect(pages.length, "the list comes to an end").toBeLessThan(100);
	}
	return pages;
}

async function archived(room: string, texts: readonly (readonly [seq: number, at: number, text: string])[]) {
	const events = texts.map(
		([seq, at, text]): Event => ({ type: "event", seq, at, from: "ann", author: "Ann", name: "chat", data: { text } }),
	);
	const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
	const range = { from, to, events, head: to, count: 1, asOf: Date.now(), wiped: [], erased: [] };
	await archive.run(range, { env, room, epoch: "e1", job: "e1-1", run: 1 } as unknown as JobContext);
}

describe("GET /rooms", () => {
	const active = (room: string, at: number) =>
		env.ARCHIVE.prepare(
			"insert into rooms values (?1, 1, 1, ?2, ?2) on conflict (room) do update set active_at = ?2, as_of = ?2",
		)
			.bind(room, at)
			.run();
	const namesOf = (pages: Page[]) => pages.flatMap(({ rooms }) => rooms ?? []).map(({ room }) => room);

	test("[X-6] the last active come first, and each room once, though others are active meanwhile and new ones come", async () => {
		const names = Array.from({ length: 23 }, (_, n) => `room-${(n * 7) % 23}`);
		for (const [n, name] of names.entries()) await active(name, 1_000 + n);
		const pages = await readAll("/rooms?limit=4", async (n) => {
			for (const each of [names[n], names[22 - n], names[12]]) await active(each ?? "", 5_000 + n);
			await active(`new-${n}`, 6_000 + n);
		});
		const read = namesOf(pages);
		expect(read.slice(0, 4)).toEqual(names.slice(-4).reverse());
		expect(new Set(read).size).toBe(read.length);
		expect(read).toEqual(expect.arrayContaining(names));
		for (const { rooms } of pages) expect(rooms?.length).toBeLessThanOrEqual(4);
	});

	test.each([0, 1, 3, 4, 5, 8, 9])("%d rooms are %#-th to be read by fours, without an empty page", async (count) => {
		for (let n = 0; n < count; n++) await active(`r${n}`, n);
		const pages = await readAll("/rooms?limit=4");
		expect(namesOf(pages).toSorted()).toEqual(Array.from({ length: count }, (_, n) => `r${n}`).toSorted());
		expect(pages.length).toBe(Math.max(1, Math.ceil(count / 4)));
	});

	test("the largest page leads on too", async () => {
		const names = Array.from({ length: 430 }, (_, n) => `${"long-".repeat(20)}${n}`);
		const insert = "insert into rooms select value, 1, 1, key, key from json_each(?)";
		await env.ARCHIVE.prepare(insert).bind(JSON.stringify(names)).run();
		const pages = await readAll("/rooms?limit=200");
		expect(namesOf(pages).toSorted()).toEqual(names.toSorted());
		for (const { next } of pages) expect((next ?? "").length).toBeLessThan(2_000);
	});
});

describe("GET /rooms/{room}/members", () => {
	const idsOf = (pages: Page[]) => pages.flatMap(({ members }) => members ?? []).map(({ id }) => id);
	const join = async (sub: string) => enter(call, "/rooms/team-a", bearing(await mint({ sub })));

	test("[X-6] each who is there all the time is listed once, though others come and go, and come again", async () => {
		const guests = new Map<string, Guest>();
		const names = Array.from({ length: 11 }, (_, n) => `m${(n * 7) % 11}`);
		for (const name of names) guests.set(name, await join(name));
		const pages = await readAll("/rooms/team-a/members?limit=3", async (n) => {
			guests.set(`n${n}`, await join(`late-${n}`));
			const wanderer = guests.get("m0");
			if (wanderer !== undefined) await leave(wanderer);
			guests.set("m0", await join("m0"));
		});
		const read = idsOf(pages);
		expect(new Set(read).size).toBe(read.length);
		expect(read).toEqual(expect.arrayContaining(names));
		expect(pages.at(-1)?.count).toBeGreaterThanOrEqual(names.length);
		for (const guest of guests.values()) await leave(guest);
	});

	test("one page holds them where there are no more", async () => {
		const guests = [await join("ann"), await join("ben")];
		expect(await page("/rooms/team-a/members")).toMatchObject({ count: 2, members: [{ id: "ann" }, { id: "ben" }] });
		expect(await page("/rooms/team-a/members?limit=2")).not.toHaveProperty("next");
		expect(await page("/rooms/team-a/members?limit=1")).toMatchObject({ members: [{ id: "ann" }], next: "ann" });
		for (const guest of guests) await leave(guest);
	});
});

describe("GET /archive/search", () => {
	const foundIn = (pages: Page[]) => pages.flatMap(({ events }) => events ?? []).map(({ seq }) => seq);

	test("each find is told once, the newest first, though more is said meanwhile", async () => {
		await archived(
			"team-a",
			Array.from({ length: 25 }, (_, n) => [n + 1, 1_000 + Math.floor(n / 3), "tea"] as const),
		);
		await archived("team-b", [[1, 1_004, "tea"]]);
		let seq = 100;
		const more = async () => archived("team-a", [[++seq, 1_003, "tea, again"]]);
		const inRoom = await readAll("/archive/search?q=tea&room=team-a&limit=4", more);
		expect(foundIn(inRoom)).toEqual(Array.from({ length: 25 }, (_, n) => 25 - n));
		const everywhere = await readAll("/archive/search?q=tea&limit=7", more);
		const places = everywhere.flatMap(({ events }) => events ?? []).map((each) => `${each.room} ${each.seq}`);
		expect(new Set(places).size).toBe(places.length);
		expect(places).toContain("team-b 1");
	});

	test(`it goes on beyond ${SEARCH_MATCHES_MAX} finds, also where some are taken back meanwhile`, async () => {
		const count = 2 * SEARCH_MATCHES_MAX + 300;
		for (let from = 1; from <= count; from += 500) {
			const length = Math.min(500, count - from + 1);
			await archived(
				"team-a",
				Array.from({ length }, (_, n) => [from + n, 1_000 + from + n, "tea"] as const),
			);
		}
		const takeBack = async (n: number) => {
			const event: Event = {
				...{ type: "event", seq: 9_000 + n, at: 9_000, from: "room:operator", author: "Operator" },
				...{ name: "room.redacted", data: { seq: count - 200 * n + 50, by: "room:operator" } },
			} as Event;
			const range = { from: event.seq, to: event.seq, events: [event], head: 9_999, count: 1, asOf: 1 };
			const context = { env, room: "team-a", epoch: "e1", job: "e1-1", run: 1 } as unknown as JobContext;
			await archive.run({ ...range, wiped: [], erased: [] }, context);
		};
		const read = foundIn(await readAll("/archive/search?q=tea&room=team-a&limit=200", takeBack));
		expect(new Set(read).size).toBe(read.length);
		// Each page takes one back of the page that is just read: all are told, in their order.
		expect(read).toEqual(Array.from({ length: count }, (_, n) => count - n));
	}, 60_000);
});

describe("GET /dead-letters", () => {
	test("[X-6] each is told once, the newest first, though more come meanwhile and the oldest go", async () => {
		const keep = (n: number) => keepDeadLetter(env.ARCHIVE, "rotunda-dead-jobs", JSON.stringify({ n }), "No room.");
		for (let n = 1; n <= 13; n++) await keep(n);
		const pages = await readAll("/dead-letters?limit=4", async (n) => {
			await keep(100 + n);
			// The newest DEAD_LETTERS_KEPT_MAX are kept: the oldest go.
			await env.ARCHIVE.prepare("delete from dead_letters where id = (select min(id) from dead_letters)").run();
		});
		const read = pages.flatMap(({ letters }) => letters ?? []).map(({ body }) => (JSON.parse(body) as { n: number }).n);
		expect(read).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
	});
});

describe.each([
	"/rooms?limit=2",
	"/dead-letters?limit=2",
	"/rooms/team-a/members?limit=2",
	"/archive/search?q=tea&limit=2",
	"/archive/search?q=tea&room=team-a",
	"/rooms/team-a/jobs?limit=2",
])("G8 %s", (path) => {
	test.each([
		"",
		"0",
		"nothing of yours",
		"../..",
		"%00",
		"1.2.3",
		"1.2.3.4.5",
		"-1.2.3.4",
		"1e3.0.0.0",
		"'; drop table rooms; --",
		"é",
		"a/b",
		"x".repeat(9_000),
	])("a cursor that it did not give is refused, or leads to nothing that is another's: %j", async (cursor) => {
		const answer = await call(`${path}&cursor=${encodeURIComponent(cursor)}`, {
			headers: { Authorization: `Bearer ${KEY}` },
		});
		// A member's id is a cursor whether that member was here or not.
		if (path.includes("members") && /^[\w.:~@-]{1,128}$/.test(cursor)) return expect(answer.status).toBe(200);
		expect(await problemOf(answer)).toBe("400 bad_request");
	});

	test("two cursors are refused", async () => {
		const headers = { Authorization: `Bearer ${KEY}` };
		expect(await problemOf(await call(`${path}&cursor=a&cursor=b`, { headers }))).toBe("400 bad_request");
	});
});
