/** Every archive that a version of this code has ever kept is taken over as it stands, once, by whoever comes first. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bringUp, STEPS, type Step } from "../../../src/jobs/archive/schema.ts";
import { directory, search } from "../../../src/jobs/archive/search.ts";
import { archiveRange, event } from "./archive-scene.ts";
import { archives, steps } from "./fixtures.ts";
import { statementsOf } from "./sql-text.ts";

afterEach(reset);

/** Steps as later versions may have them: none of them may run twice. */
const LATER: Step[] = [
	{ name: "0098_later.sql", sql: "alter table events add column thread text" },
	{
		name: "0099_later.sql",
		sql: "create index events_thread on events (thread)\n\ninsert into wiped (room, epoch) values ('later', 'e1')",
	},
];
const ALL = [...STEPS, ...LATER];

const db = env.ARCHIVE;
const found = async (query: string) => (await search(db, query, null, 10)).map(({ room, seq }) => `${room} ${seq}`);
const column = async (query: string) => (await db.prepare(query).raw()).flat();
const seen = () => column("select name from d1_migrations order by id");

/** What wrangler does with the same folder. */
const wrangler = (some: readonly Step[]) =>
	applyD1Migrations(
		db,
		some.map(({ name, sql }) => ({ name, queries: sql.split(/\n\s*\n/) })),
	);

test("the steps are the folder's files, all of them and in order", () => {
	expect(STEPS.map(({ name, sql }) => [name, sql])).toEqual(steps());
	// Wrangler sets its own statement right behind the last one.
	for (const { name, sql } of STEPS) expect(sql.trimEnd().endsWith(";"), name).toBe(true);
});

test("on an empty database every step is taken once, in order, and none again", async () => {
	await bringUp(db, ALL);
	await bringUp(db, ALL);
	expect(await seen()).toEqual(ALL.map(({ name }) => name));
	expect(await column("select count(*) from wiped")).toEqual([1]);
});

test("however many isolates take the steps at once, each is taken once", async () => {
	await Promise.all(Array.from({ length: 8 }, () => bringUp(db, ALL)));
	expect(await seen()).toEqual(ALL.map(({ name }) => name));
	expect(await column("select count(*) from wiped")).toEqual([1]);
});

test("a step that fails leaves nothing of itself, says so, and is taken when it no longer fails", async () => {
	const broken = { name: "0097_broken.sql", sql: "create table half (n integer)\n\ncreate table nonsense" };
	await expect(bringUp(db, [...STEPS, broken])).rejects.toThrow();
	expect(await column("select name from sqlite_master where name = 'half'")).toEqual([]);
	expect(await seen()).toEqual(STEPS.map(({ name }) => name));
	await bringUp(db, [...STEPS, { ...broken, sql: "create table half (n integer)" }]);
	expect(await column("select name from sqlite_master where name = 'half'")).toEqual(["half"]);
});

/** The same database, to an isolate that dies at its call after so many. */
function dyingAfter(calls: number): D1Database {
	let left = calls;
	const spend = (): void => {
		if (left-- === 0) throw new Error("the isolate died");
	};
	const mortal = (statement: D1PreparedStatement): D1PreparedStatement =>
		new Proxy(statement, {
			get: (target, key) => {
				if (key === "bind") return (...values: unknown[]) => mortal(target.bind(...values));
				if (key !== "run" && key !== "all") return Reflect.get(target, key);
				spend();
				return target[key].bind(target);
			},
		});
	const batch = (statements: D1PreparedStatement[]) => {
		spend();
		return db.batch(statements);
	};
	return { prepare: (text: string) => mortal(db.prepare(text)), batch } as unknown as D1Database;
}

test("wherever an isolate dies in it, the next one finds each step taken or not, and goes on", async () => {
	let deaths = 0;
	for (let calls = 0; ; calls++) {
		const isDead = await bringUp(dyingAfter(calls), ALL).then(
			() => false,
			() => true,
		);
		await bringUp(db, ALL);
		expect(await seen()).toEqual(ALL.map(({ name }) => name));
		expect(await column("select count(*) from wiped")).toEqual([1]);
		await reset();
		if (!isDead) break;
		deaths++;
	}
	expect(deaths).toBeGreaterThan(ALL.length);
});

test.each([
	["wrangler first", wrangler, (all: readonly Step[]) => bringUp(db, all)],
	["wrangler last", (all: readonly Step[]) => bringUp(db, all), wrangler],
])(
	"`wrangler d1 migrations apply` and the archive itself take each other's steps as taken: %s",
	async (_, one, other) => {
		await one(STEPS);
		await other(STEPS);
		await one(ALL);
		await other(ALL);
		expect(await seen()).toEqual(ALL.map(({ name }) => name));
		expect(await column("select count(*) from wiped")).toEqual([1]);
	},
);

describe.each(archives())("an archive kept by %s", (_, tables) => {
	beforeEach(async () => {
		await db.batch(statementsOf(tables).map((statement) => db.prepare(statement)));
	});

	test.each([
		["by itself", (all: readonly Step[]) => bringUp(db, all)],
		["by wrangler", wrangler],
	])("is brought up %s, with all that it holds", async (_, take) => {
		const kept = await db.prepare("select * from events").all();
		await take(STEPS);
		const { results } = await db.prepare("select * from events").all();
		expect(results).toMatchObject(kept.results);
		expect(results).toHaveLength(kept.results.length);
		await take(ALL);
		expect(await seen()).toEqual(ALL.map(({ name }) => name));
	});

	test("answers as it did: search, with accents and line breaks; the directory; letters that nobody could read", async () => {
		await bringUp(db, STEPS);
		expect(await found("north CAFES")).toEqual(["lobby 1"]);
		expect(await search(db, "blue", "lobby", 10)).toMatchObject([{ seq: 2, data: [1, null, { deep: "blue" }] }]);
		expect(await found("another")).toEqual(["other 1"]);
		for (const gone of ["rude", "erased"]) expect(await found(gone), gone).toEqual([]);
		// Which was active last is as slow as the machine on which it was kept.
		const rooms = (await directory(db, 10)).toSorted((a, b) => a.room.localeCompare(b.room));
		expect(rooms).toMatchObject([
			{ room: "lobby", members: 2, head: 5 },
			{ room: "other", members: 0, head: 1 },
		]);
		expect(await column("select body from dead_letters")).toEqual(['"what nobody understands"']);
	});

	test("goes on: new ranges, redactions, and wipes; and what was taken back does not come again", async () => {
		await bringUp(db, STEPS);
		await archiveRange([event(3, { data: "rude words" }), event(6)]);
		await archiveRange([event(1)], {}, "lobby", "e1");
		expect(await found("rude")).toEqual([]);
		expect(await found("word6")).toEqual(["lobby 6"]);
		expect(await found("word1"), "of a wiped epoch").toEqual([]);
		await archiveRange([event(7, { name: "room.redacted", data: { seq: 1, by: "mod" } })]);
		expect(await found("north")).toEqual([]);
		await archiveRange([], { wiped: ["e2"], count: 0 }, "lobby", "e3");
		expect(await column("select count(*) from events where room = 'lobby'")).toEqual([0]);
		// The words of another room's event, in the index of either step.
		const words = "(select count(*) from event_text) + (select count(*) from event_words)";
		expect(await column(`select ${words}`)).toEqual([1]);
	});
});
