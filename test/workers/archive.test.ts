/** The archive: complete whatever is delivered twice or late; what was taken back or wiped is nowhere. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { archive } from "../../src/jobs/archive/archive.ts";
import { directory, search } from "../../src/jobs/archive/search.ts";
import type { JobContext, Range } from "../../src/jobs/kind.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { call } from "./guest.ts";

const DAY_MS = 86_400_000;

beforeEach(bringUpArchive);
afterEach(reset);

function event(seq: number, more: Partial<Event> = {}): Event {
	const at = 1_000_000 + seq;
	return {
		type: "event",
		seq,
		at,
		from: "ann",
		author: "Ann",
		id: `p${seq}`,
		name: "chat",
		data: { text: `word${seq}` },
		...more,
	};
}

const redacted = (seq: number) => event(seq, { data: null, redacted: true });
const redaction = (seq: number, of: number) =>
	event(seq, { from: "room:events", author: "Room", name: "room.redacted", data: { seq: of, by: "mod" } });

function keep(events: Event[], more: Partial<Range> = {}, context: Partial<JobContext> = {}): Promise<unknown> {
	const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
	const range = { from, to, events, head: to, count: 1, asOf: to, wiped: [], erased: [], ...more };
	return archive.run(range, { env, room: "lobby", epoch: "e1", job: "e1-1", run: 1, ...context } as JobContext);
}

async function rows(): Promise<{ epoch: string; seq: number; data: string; redacted: number }[]> {
	const { results } = await env.ARCHIVE.prepare(
		"select epoch, seq, data, text, redacted from events order by epoch, seq",
	).all();
	return results as never;
}

const found = async (query: string, room: string | null = null) =>
	(await search(env.ARCHIVE, query, room, 50)).map(({ seq }) => seq);

test("a range takes a dozen statements, however many were erased, redacted and wiped: D1 counts those of an invocation", async () => {
	let statements = 0;
	const counting = {
		prepare: (sql: string) => env.ARCHIVE.prepare(sql),
		batch: (all: D1PreparedStatement[]) => {
			statements += all.length;
			return env.ARCHIVE.batch(all);
		},
	};
	const said = Array.from({ length: 250 }, (_, n) => event(n + 1, { from: `m${n}` }));
	await keep(said);
	await keep(said, {}, { epoch: "e0" });
	const taken = said.slice(0, 200).map(({ seq }) => redaction(300 + seq, seq));
	const more = {
		erased: Array.from({ length: 40 }, (_, n) => `m${200 + n}`),
		wiped: ["e0", ...Array.from({ length: 40 }, (_, n) => `w${n}`)],
	};
	const full = { ...env, ARCHIVE: counting, ARCHIVE_MAX_AGE_DAYS: "36500" };
	await keep(taken, more, { env: full as unknown as Cloudflare.Env });
	expect(statements).toBeLessThanOrEqual(15);
	const left = (await rows()).filter((row) => row.redacted === 0 && row.seq <= 250);
	expect(left.map(({ epoch, seq }) => `${epoch} ${seq}`)).toEqual(
		Array.from({ length: 10 }, (_, n) => `e1 ${241 + n}`),
	);
});

test("a range that comes twice, in reverse and overlapping leaves each event once", async () => {
	const all = Array.from({ length: 30 }, (_, n) => event(n + 1));
	await keep(all.slice(20));
	await keep(all.slice(5, 25));
	await keep(all.slice(0, 10));
	await keep(all.slice(0, 10));
	expect((await rows()).map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq));
	expect(await found("word7")).toEqual([7]);
});

test("an event comes back from a search as it was, with quotes, line breaks and emoji", async () => {
	const data = { text: 'say "hi" it\'s\n🎈 null', deep: [1, { more: "héllo" }] };
	await keep([event(1, { data, author: "12", from: "guest:1", name: "x" })]);
	expect(await search(env.ARCHIVE, "hi", "lobby", 10)).toEqual([
		{ room: "lobby", epoch: "e1", seq: 1, at: 1_000_001, from: "guest:1", author: "12", name: "x", data },
	]);
	expect(await found("hello")).toEqual([1]);
});

test.each([
	["the event first", (all: Event[]) => [all.slice(0, 1), all.slice(1)]],
	["the redaction first, the event late", (all: Event[]) => [all.slice(1), all.slice(0, 1)]],
	["both, then the event once more", (all: Event[]) => [all, all.slice(0, 1)]],
])("a redaction leaves a tombstone that no later delivery overwrites: %s", async (_, order) => {
	for (const part of order([event(1, { data: "rude words" }), redaction(2, 1)])) await keep(part);
	expect((await rows())[0]).toMatchObject({ seq: 1, data: "null", redacted: 1, text: "" });
	expect(await found("rude")).toEqual([]);
	const { results } = await env.ARCHIVE.prepare("select rowid from event_words where event_words match 'rude'").all();
	expect(results, "not in the index either").toEqual([]);
});

test("an event that was redacted before it was archived, and after, is a tombstone", async () => {
	await keep([event(1, { data: "rude" })]);
	await keep([redacted(1), redacted(2)]);
	expect((await rows()).map((row) => [row.data, row.redacted])).toEqual([
		["null", 1],
		["null", 1],
	]);
	await keep([event(2, { data: "rude" })]);
	expect(await found("rude")).toEqual([]);
});

test("a wipe takes the old epoch's rows, and a range of it that comes late brings nothing back, not even the room's line", async () => {
	await keep([event(1), event(2)]);
	await keep([], { wiped: ["e1"], count: 0 }, { epoch: "e2" });
	expect(await directory(env.ARCHIVE, 10)).toEqual([]);
	await keep([event(1), event(2), redaction(3, 1)]);
	expect(await rows()).toEqual([]);
	expect(await directory(env.ARCHIVE, 10)).toEqual([]);
	await keep([event(1)], {}, { epoch: "e2" });
	expect(await rows()).toMatchObject([{ epoch: "e2", seq: 1 }]);
	expect(await directory(env.ARCHIVE, 10)).toMatchObject([{ room: "lobby", head: 1 }]);
});

test("a wipe of one room leaves the others", async () => {
	await keep([event(1)], {}, { room: "other" });
	await keep([event(1)]);
	await keep([], { wiped: ["e1"], count: 0 }, { epoch: "e2" });
	expect((await search(env.ARCHIVE, "word1", null, 10)).map(({ room }) => room)).toEqual(["other"]);
});

test("the directory keeps to the newest that it heard of a room, also when an old range comes late", async () => {
	await keep([event(1), event(2)], { count: 5 });
	await keep([event(3)], { count: 2 });
	await keep([event(1), event(2)], { head: 2, count: 5 });
	expect(await directory(env.ARCHIVE, 10)).toMatchObject([{ room: "lobby", head: 3, activeAt: 1_000_003 }]);
});

test.each([
	'"',
	"'",
	"a OR b",
	"NOT rude",
	"rude*",
	"text:rude",
	"NEAR(a b)",
	"(",
	"a AND (",
	"*",
	"^a",
	"-a",
	"{a b}",
	'"" ""',
	"a\u0000b",
	"%",
	"_",
	"; drop table events",
	"\ud800",
	"a".repeat(200),
	"é",
	"🎈",
])("a query of %j is words and nothing else: no error, and no operator", async (query) => {
	await keep([event(1, { data: "plain" })]);
	const response = await call(`/archive/search?room=lobby&q=${encodeURIComponent(query.toWellFormed())}`);
	expect(response.status).toBe(200);
	expect(await found(query)).toEqual([]);
});

test("all the words must be there, in any order and case, accents aside, however they are composed", async () => {
	await keep([event(1, { data: { text: "The Cafés of the north" } }), event(2, { data: "north" })]);
	expect(await found("north CAFES")).toEqual([1]);
	expect(await found("cafés")).toEqual([1]);
	expect(await found("cafe\u0301s north"), "decomposed").toEqual([1]);
	expect(await found("north south")).toEqual([]);
	expect(await found("north", "lobby")).toEqual([2, 1]);
	expect(await found("north", "nowhere")).toEqual([]);
});

test("ARCHIVE_MAX_AGE_DAYS removes what is older with the next range, from the index too", async () => {
	const now = Date.now();
	await keep([event(1, { at: now - 3 * DAY_MS }), event(2, { at: now - DAY_MS })]);
	const aged = { ...env, ARCHIVE_MAX_AGE_DAYS: "2" } as unknown as Cloudflare.Env;
	await keep([event(3, { at: now })], {}, { env: aged });
	expect((await rows()).map(({ seq }) => seq)).toEqual([2, 3]);
	expect(await found("word1")).toEqual([]);
});

test("an erased member's words are nowhere, under whatever epoch", async () => {
	await keep([event(1), event(2, { from: "bob", data: "stays" })]);
	await keep([event(3, { from: "bob" })], { erased: ["ann"] } as Partial<Range>);
	expect(await found("word1")).toEqual([]);
	expect(await found("stays")).toEqual([2]);
	await keep([event(1)]);
	expect(await found("word1"), "a late range").toEqual([]);
});

test("an erased member's name is in no row, in whatever order its events come as they were and as erased", async () => {
	const authors = async () => (await env.ARCHIVE.prepare("select author from events order by seq").raw()).flat();
	const erased = (seq: number) => event(seq, { data: null, redacted: true, author: "" });
	// A range that was on its way has brought them as they were; the one that is frozen anew brings them as erased.
	await keep([event(1), redacted(2), event(3)]);
	await keep([erased(1), erased(2), erased(3)], { erased: ["ann"] });
	expect(await authors()).toEqual(["", "", ""]);
	await keep([event(1), redacted(2), event(3)]);
	expect(await authors(), "a late range").toEqual(["", "", ""]);
	expect((await rows()).map(({ data }) => data)).toEqual(["null", "null", "null"]);
});

test("an event that is redacted keeps its author's name, whose it is to be told", async () => {
	await keep([event(1)]);
	await keep([redacted(1)]);
	expect((await env.ARCHIVE.prepare("select author from events").raw()).flat()).toEqual(["Ann"]);
});

describe("a clock that was ahead once", () => {
	const YEARS_MS = 3_650 * DAY_MS;
	const at = (ms: number): void => {
		vi.useFakeTimers({ toFake: ["Date"] });
		vi.setSystemTime(ms);
	};
	afterEach(() => void vi.useRealTimers());
	const now = Date.now();
	const aged = { env: { ...env, ARCHIVE_MAX_AGE_DAYS: "2" } as unknown as Cloudflare.Env };
	const seqs = async () => (await rows()).map(({ seq }) => seq);

	test.each([
		["the room's", now],
		["this one and the room's", now + YEARS_MS],
	])("the directory goes on where it is right again: %s", async (_, wasAt) => {
		at(wasAt);
		await keep([event(1, { at: now + YEARS_MS })], { count: 5, asOf: now + YEARS_MS });
		at(now);
		// Times of events never decrease, so they stay ahead.
		await keep([event(2, { at: now + YEARS_MS })], { count: 2, asOf: now });
		expect(await directory(env.ARCHIVE, 10)).toMatchObject([{ head: 2, members: 2, activeAt: now }]);
		await keep([event(1)], { count: 5, asOf: now - 1 });
		expect(await directory(env.ARCHIVE, 10)).toMatchObject([{ head: 2, members: 2 }]);
	});

	test.each([
		["the room's", now],
		["this one and the room's", now + YEARS_MS],
	])("what was archived meanwhile goes when it is old, and not before: %s", async (_, wasAt) => {
		at(wasAt);
		await keep([event(1, { at: now + YEARS_MS })], {}, aged);
		at(now);
		await keep([event(2, { at: now + YEARS_MS })], {}, aged);
		at(now + DAY_MS);
		await keep([event(3, { at: now + YEARS_MS })], {}, aged);
		expect(await seqs()).toEqual([1, 2, 3]);
		// Of the day's beginning it is known what was there: up to a day late.
		at(now + 3 * DAY_MS);
		await keep([event(4, { at: now + YEARS_MS })], {}, aged);
		expect(await seqs()).toEqual([3, 4]);
		at(now + 5 * DAY_MS);
		await keep([], {}, aged);
		expect(await seqs()).toEqual([4]);
	});

	test("what comes where everything was removed is as young as it is", async () => {
		at(now);
		await keep([event(1), event(2)], {}, { ...aged, epoch: "e0" });
		await keep([event(1, { at: now }), event(2, { at: now })], {}, aged);
		at(now + DAY_MS);
		await keep([], { wiped: ["e1"], count: 0 }, { ...aged, epoch: "e2" });
		await keep([event(1, { at: now + DAY_MS })], {}, { ...aged, epoch: "e2" });
		at(now + 2 * DAY_MS + 1);
		await keep([event(2, { at: now + 2 * DAY_MS })], {}, { ...aged, epoch: "e2" });
		expect(await seqs()).toEqual([1, 2]);
	});
});

test("what a job made of an erased member's words is erased with them, also where the room no longer has it", async () => {
	const outcome = (of: number | null, result: string): Partial<Event> => {
		return { from: "room:events", name: "room.job", data: { job: "e1-1", name: "unfurl", of, result } };
	};
	await keep([event(1), event(2, { from: "bob" }), event(3, outcome(1, "hers")), event(4, outcome(2, "his"))]);
	await keep([event(5, outcome(null, "nobody's"))], { erased: ["ann"] } as Partial<Range>);
	expect(await found("hers")).toEqual([]);
	expect(await found("his")).toEqual([4]);
	expect(await found("nobody")).toEqual([5]);
});

test("on an empty database the first search, and the first range, bring the tables up themselves", async () => {
	await reset();
	vi.resetModules();
	const fresh = await import("../../src/jobs/archive/search.ts");
	expect(await fresh.search(env.ARCHIVE, "word", null, 10)).toEqual([]);
	expect(await fresh.directory(env.ARCHIVE, 10)).toEqual([]);
});

test("a bring-up that hangs with its request does not hang the ones after it", async () => {
	vi.resetModules();
	const { ready } = await import("../../src/jobs/archive/schema.ts");
	const gone = { prepare: (text: string) => env.ARCHIVE.prepare(text), batch: () => new Promise(() => {}) };
	void ready(gone as unknown as D1Database);
	const later = ready(env.ARCHIVE).then(() => "ready");
	expect(await Promise.race([later, new Promise((resolve) => setTimeout(resolve, 2_000, "hangs"))])).toBe("ready");
});
