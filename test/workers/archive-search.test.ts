/** What the archive finds: words in every script, in a room of its own, and in an archive that is older than its index. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archive } from "../../src/jobs/archive/archive.ts";
import { search, searchPage } from "../../src/jobs/archive/search.ts";
import type { JobContext, Range } from "../../src/jobs/kind.ts";
import { ARCHIVE_RECUT_ROWS_MAX, SEARCH_MATCHES_MAX } from "../../src/protocol/job-limits.ts";
import { PAGE_BYTES_MAX } from "../../src/protocol/limits.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { bringUpArchive, bringUpSteps } from "./archive-tables.ts";

beforeEach(bringUpArchive);
afterEach(reset);

function event(seq: number, text: string, more: Partial<Event> = {}): Event {
	return { type: "event", seq, at: 1_000_000 + seq, from: "ann", author: "Ann", name: "chat", data: { text }, ...more };
}

function keep(events: Event[], room = "lobby", more: Partial<Range> = {}, db = env.ARCHIVE): Promise<unknown> {
	const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
	const range = { from, to, events, head: to, count: 1, asOf: to, wiped: [], erased: [], ...more };
	const context = { env: { ...env, ARCHIVE: db }, room, epoch: "e1", job: "e1-1", run: 1 };
	return archive.run(range, context as JobContext);
}

const found = async (query: string, room: string | null = "lobby") =>
	(await search(env.ARCHIVE, query, room, 50)).map(({ seq }) => seq);

const indexed = async (table: "event_text" | "event_words") =>
	await env.ARCHIVE.prepare(`select count(*) from ${table}`).first<number>("count(*)");

describe("scripts that are written without spaces", () => {
	const SENTENCES: [string, string[]][] = [
		[
			"明日は東京タワーに行きます。",
			["東京", "東京タワー", "タワー", "行きます", "明", "す", "明日は東京タワーに行きます", "明日 タワー"],
		],
		["我们下午去公园玩吧！", ["公园", "去公园", "下午 公园", "玩", "吧"]],
		["𠮷野家で食べた", ["𠮷野家", "𠮷"]],
		["วันนี้กินก๋วยเตี๋ยวอร่อยมาก", ["ก๋วยเตี๋ยว", "อร่อย", "วันนี้", "ก", "ก๋วยเต"]],
		["저는한국어를 배웁니다", ["한국어", "한국어를", "국어", "배웁니다", "한", "다"]],
		["ຂ້ອຍຢາກໄປວຽງຈັນມື້ອື່ນ", ["ວຽງຈັນ", "ມື້ອື່ນ"]],
		["ខ្ញុំរៀនភាសាខ្មែរនៅទីនេះ", ["ភាសាខ្មែរ", "រៀន"]],
		["ကျွန်တော်မြန်မာစကားပြောတတ်တယ်", ["မြန်မာ", "စကား"]],
		["新しいiPhone15を買ったよ", ["iphone15", "買った", "iPhone15を", "新しい iPhone15", "い"]],
		["café東京2024年", ["cafe", "東京", "2024", "2024年", "年 café"]],
	];

	test.each(SENTENCES)("a word, and a single character, is found inside %j", async (text, queries) => {
		await keep([event(1, text), event(2, "something else")]);
		for (const query of queries) expect(await found(query), query).toEqual([1]);
		for (const query of queries) expect(await found(query, null), `${query} in every room`).toEqual([1]);
		for (const query of queries) expect(await found(query.normalize("NFD")), `${query}, decomposed`).toEqual([1]);
	});

	test.each([
		["東京", "京東"],
		["東京に行く", "東に"],
		["東。京", "東京"],
		["東a京", "東京"],
		["公園", "公园"],
		["ก๋วย", "กวย"],
		["한국", "국한"],
		["coffee", "コーヒー"],
	])("in %j there is no %j", async (text, query) => {
		await keep([event(1, text)]);
		expect(await found(query)).toEqual([]);
	});

	test("marks are part of a word in scripts with spaces too", async () => {
		await keep([event(1, "मैं हिन्दी सीख रहा हूँ"), event(2, "हनद")]);
		expect(await found("हिन्दी")).toEqual([1]);
	});

	test("what is redacted, edited or erased is found no more, not even by one character", async () => {
		await keep([event(1, "東京で"), event(2, "東京に", { from: "ben" })]);
		await keep([event(3, "", { name: "room.redacted", data: { seq: 1, by: "mod" } })]);
		expect(await found("東京")).toEqual([2]);
		expect(await found("で")).toEqual([]);
		await keep([event(4, "x")], "lobby", { erased: ["ben"] });
		expect(await found("東京")).toEqual([]);
		expect(await indexed("event_words")).toBe(1 + 1);
	});
});

describe("the room", () => {
	/** Searches, and tells how many rows were read for it. */
	async function reads(query: string, room: string | null): Promise<{ seqs: number[]; rows: number }> {
		let rows = 0;
		const metered = {
			prepare: (sql: string) => ({
				bind: (...values: unknown[]) => ({
					all: async () => {
						const result = await env.ARCHIVE.prepare(sql)
							.bind(...values)
							.all();
						rows += result.meta.rows_read;
						return result;
					},
				}),
			}),
		};
		await search(env.ARCHIVE, query, room, 1);
		const seqs = (await search(metered as unknown as D1Database, query, room, 50)).map(({ seq }) => seq);
		return { seqs, rows };
	}

	test("is part of the index: a search reads the room's matches alone, and the newest of all rooms' together", async () => {
		const many = Array.from({ length: 500 }, (_, n) => event(n + 1, "the same words"));
		for (const room of ["a", "b", "c", "d"]) await keep(many, room);
		await keep([event(1, "the same words"), event(2, "others")]);
		const own = await reads("same words", "lobby");
		expect(own.seqs).toEqual([1]);
		expect(own.rows).toBeLessThan(50);
		const all = await reads("same words", null);
		expect(all.seqs).toHaveLength(50);
		expect(all.rows).toBeLessThan(4 * SEARCH_MATCHES_MAX);
	});

	test("is told by its whole name, case and all, and its name is no word of an event", async () => {
		const rooms = ["lobby", "Lobby", "lob", "lobby.1", "~".repeat(3)];
		for (const [index, room] of rooms.filter((each) => each !== "~~~").entries())
			await keep([event(index + 1, "hi")], room);
		expect(await found("hi", "lobby")).toEqual([1]);
		expect(await found("hi", "Lobby")).toEqual([2]);
		expect(await found("hi", 'x" OR "hi')).toEqual([]);
		expect(await found("6c6f626279", null)).toEqual([]);
		expect(await found("lobby", null)).toEqual([]);
	});
});

test("G8: a page of large events ends at what a page may hold, and by its cursors all are read once", async () => {
	const EVENTS = 12;
	const large = Array.from({ length: EVENTS }, (_, n) => event(n + 1, `needle ${"é".repeat(15_000)}`));
	await keep(large);
	const seqs: number[] = [];
	const sizes: number[] = [];
	for (let cursor: string | null = null; sizes.length === 0 || cursor !== null; ) {
		const page = await searchPage(env.ARCHIVE, { words: "needle", room: "lobby" }, 200, cursor);
		if (page === null) throw new Error("The cursor was its own, and is none.");
		seqs.push(...page.events.map(({ seq }) => seq));
		sizes.push(page.events.reduce((sum, { data }) => sum + new TextEncoder().encode(JSON.stringify(data)).length, 0));
		cursor = page.next ?? null;
	}
	expect(seqs).toEqual(large.map(({ seq }) => seq).reverse());
	for (const size of sizes) expect(size).toBeLessThan(PAGE_BYTES_MAX + 32_768);
});

test("a query of as many words as fit one is answered", async () => {
	await keep([event(1, "a 東 b")]);
	expect(await found("a ".repeat(100))).toEqual([1]);
	expect(await found("東a".repeat(66))).toEqual([1]);
	expect(await found("東".repeat(200))).toEqual([]);
});

describe("an archive from before words were cut", () => {
	/** Rows as they were written then. */
	async function was(rows: number, text: (n: number) => string, room = "lobby"): Promise<void> {
		const values = Array.from({ length: rows }, (_, n) => [
			n + 1,
			1_000_001 + n,
			JSON.stringify({ text: text(n) }),
			text(n),
		]);
		await env.ARCHIVE.prepare(
			`insert into events (room, epoch, seq, at, member, author, name, data, text)
			select ?1, 'e1', value->>0, value->>1, 'ann', 'Ann', 'chat', value->>2, value->>3 from json_each(?2)`,
		)
			.bind(room, JSON.stringify(values))
			.run();
	}

	beforeEach(async () => {
		await reset();
		await bringUpSteps(0, 1);
	});

	test("is found as it was from the step on, in its room, together with what comes", async () => {
		await was(2, (n) => `old word${n}`);
		await was(1, () => "old word0", "other");
		await bringUpSteps(1);
		expect(await found("old")).toEqual([2, 1]);
		expect(await found("word0")).toEqual([1]);
		expect(await found("old", null)).toHaveLength(3);
		expect([await indexed("event_text"), await indexed("event_words")]).toEqual([3, 0]);
		await keep([event(3, "old and new")]);
		expect(await found("old")).toEqual([3, 2, 1]);
	});

	test("is written again with each range, a bounded part at a time, until nothing of it is left", async () => {
		const count = ARCHIVE_RECUT_ROWS_MAX + 20;
		await was(count, (n) => `明日は東京${n}`, "old");
		await bringUpSteps(1);
		expect(await found("東京", "old")).toEqual([]);
		await keep([event(1, "a")]);
		expect(await indexed("event_text")).toBe(20);
		expect(await found("東京", "old")).toHaveLength(50);
		await keep([event(2, "b")]);
		expect([await indexed("event_text"), await indexed("event_words")]).toEqual([0, count + 2]);
		expect(await found("明日 119", "old")).toEqual([120]);
		expect(await search(env.ARCHIVE, "119", "old", 1)).toMatchObject([{ seq: 120, data: { text: "明日は東京119" } }]);
	});

	test("redacted, erased or wiped it is found no more, and is not brought back", async () => {
		await was(4, (n) => `rude word${n}`);
		await was(1, () => "rude", "wiped");
		await bringUpSteps(1);
		await keep([event(5, "", { name: "room.redacted", data: { seq: 1, by: "mod" } })]);
		expect(await found("rude")).toEqual([4, 3, 2]);
		await keep([event(6, "stays", { from: "ben" })], "lobby", { erased: ["ann"], from: 6 });
		expect(await found("rude")).toEqual([]);
		await keep([], "wiped", { wiped: ["e1"] });
		expect(await found("rude", null)).toEqual([]);
		expect(await indexed("event_text")).toBe(0);
	});

	test("redacted between the reading and the writing again, it stays redacted", async () => {
		await was(2, () => "rude");
		await bringUpSteps(1);
		let batches = 0;
		const redactsBetween = {
			prepare: (sql: string) => env.ARCHIVE.prepare(sql),
			batch: async (statements: D1PreparedStatement[]) => {
				if (++batches === 2) await keep([event(4, "", { name: "room.redacted", data: { seq: 1, by: "mod" } })]);
				return env.ARCHIVE.batch(statements);
			},
		};
		await keep([event(3, "a")], "lobby", {}, redactsBetween as unknown as D1Database);
		expect(batches).toBe(2);
		expect(await found("rude")).toEqual([2]);
		const { results } = await env.ARCHIVE.prepare("select text from events where seq = 1").all();
		expect(results).toEqual([{ text: "" }]);
	});

	test("takes the step twice without harm", async () => {
		await was(1, () => "old");
		await bringUpSteps(1);
		await keep([event(2, "new old")]);
		await bringUpSteps(0);
		await keep([event(3, "newer old")]);
		expect(await found("old")).toEqual([3, 2, 1]);
	});
});
