/** Entries at the client: what the room tells of them, and over it what one has set and the room has not answered. Frames by hand. */
import { beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import type { Change, Entries } from "../../src/client/entries.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import { Outgoing } from "../../src/client/outgoing.ts";
import type { Port } from "../../src/client/port.ts";
import type { Entry } from "../../src/client/room.ts";
import type { SetRequest } from "../../src/protocol/entries.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { CLIENT_OUTBOX_MAX, CLIENT_SET_TRIES_MAX } from "../../src/protocol/speech-limits.ts";
import { limitsOf } from "../../src/room/welcome.ts";

let opened: (string | null)[];
let sent: string[];
let told: Entry[][];
let now: number;
let connection: Connection;

beforeEach(() => {
	opened = [];
	sent = [];
	told = [];
	now = 1_000_000;
	const port: Port = {
		now: () => now,
		date: () => now,
		unsentBytes: () => 0,
		random: () => 0.999,
		newId: newMessageId,
		canRenewToken: () => false,
		open: (since) => opened.push(since),
		send: (text) => sent.push(text),
		soon: queueMicrotask,
		close: () => {},
		wakeAt: () => {},
		changed: () => {},
		message: (message) => message.type === "entries" && told.push(message.entries),
	};
	connection = new Connection(port, null, Outgoing);
	connection.start();
});

const WELCOME = {
	...{ type: "welcome", protocol: 1, features: [], room: "r", epoch: "e", head: 0, floor: 1, version: 0 },
	...{ continuity: "fresh", members: [], count: 1, limits: limitsOf(readSettings({})) },
	me: { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish"] },
};

function hears(...messages: object[]): void {
	connection.heard(JSON.stringify(messages));
}

const state = (version: number, entries: object, more: object = {}): object => ({
	...{ type: "state", version, ...more },
	entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
});
const caughtUp = { type: "caught-up", head: 0 };
const ack = (id: string | undefined, version: number): object => ({ type: "ack", id, version });
const conflict = (id: string | undefined, version: number, value: unknown): object => ({
	...{ type: "error", id, code: "conflict", message: "It is another." },
	...{ key: "topic", version, value },
});

function goesLive(welcome: object = {}, ...states: object[]): void {
	connection.opened();
	hears({ ...WELCOME, ...welcome });
	hears(...states, caughtUp);
}

/** The connection is lost, and the next one opens. */
function isBack(welcome: object = {}, ...states: object[]): void {
	connection.closed(1006, "");
	connection.back();
	sent = [];
	goesLive({ continuity: "resumed", ...welcome }, ...states);
}

const entries = (): Entries => {
	if (connection.entries === undefined) throw new Error("nothing is known of entries");
	return connection.entries;
};
const get = (key: string): unknown => entries().at(key).value;
const all = (): Record<string, unknown> =>
	Object.fromEntries(
		entries()
			.list("")
			.map(({ key, value }) => [key, value]),
	);
/** As a page sets it; what becomes of it is looked at by those who wait for it. */
function sets(change: Change): Promise<{ version: number }> {
	const answer = connection.set(change);
	answer.catch(() => {});
	return answer;
}
/** When the task is over what it asked for is sent. */
const ends = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const sentSets = (): SetRequest[] =>
	sent.flatMap((text) => (text === "ping" ? [] : (JSON.parse(text) as SetRequest[])));

/** The sets that have gone out since it was last asked. */
async function goesOut(): Promise<SetRequest[]> {
	await ends();
	const those = sentSets();
	sent = [];
	return those;
}

describe("what the room tells", () => {
	test("G11 [V-7] the newest of each key, without those that were dropped, in the order of their keys", () => {
		goesLive({}, state(3, { b: 1, a: 2, c: 3 }, { full: true }));
		hears(state(5, { c: null, a: { x: 1 } }));
		expect(entries().list("")).toEqual([
			{ key: "a", value: { x: 1 }, version: 5 },
			{ key: "b", value: 1, version: 3 },
		]);
		expect(entries().at("c")).toEqual({ key: "c", value: null, version: 0 });
		hears({ type: "state", version: 7, entries: [{ key: "vote/ada", value: true, version: 6 }] });
		expect(entries().list("vote/")).toEqual([{ key: "vote/ada", value: true, version: 6 }]);
	});

	test("is told to the page once for each frame, with all that is another in it", async () => {
		goesLive({}, state(2, { a: 1, b: 1 }, { full: true }));
		await ends();
		told = [];
		hears(state(3, { a: 2 }), state(4, { a: 3, b: null }));
		await ends();
		expect(told).toEqual([
			[
				{ key: "a", value: 3, version: 4 },
				{ key: "b", value: null, version: 0 },
			],
		]);
	});

	test("[V-8] it comes back with the version that it holds, and `more` does not move that", () => {
		goesLive({}, state(3, { a: 1 }, { full: true }));
		isBack();
		expect(opened).toEqual([null, "e.0.3"]);
		hears(state(9, { a: 2 }, { more: true }));
		expect(get("a")).toBe(2);
		isBack();
		expect(opened.at(-1)).toBe("e.0.3");
		hears(state(9, { a: 2 }, { more: true }), state(9, { b: 2 }));
		isBack();
		expect(opened.at(-1)).toBe("e.0.9");
	});

	test("[V-8] of a room without entries, which tells nothing of them, it comes back with the version all the same", () => {
		goesLive({ version: 4 });
		isBack();
		expect(opened.at(-1)).toBe("e.0.4");
		expect(all()).toEqual({});
	});

	test.each([
		["in its first part empties what is held", { reason: "trimmed" }],
		["of another epoch too", { reason: "epoch", epoch: "f" }],
	])("[V-8] `full` %s", (_, welcome) => {
		goesLive({}, state(3, { a: 1, b: 1 }, { full: true }));
		isBack({ continuity: "reset", ...welcome }, state(2, { b: 2 }, { full: true, more: true }), state(2, { c: 3 }));
		expect(all()).toEqual({ b: 2, c: 3 });
		isBack({ continuity: "reset", ...welcome }, { ...state(0, {}), full: true });
		expect(all()).toEqual({});
	});

	test("a reset that was cut off before its state came is made up for by the next one", () => {
		goesLive({}, state(3, { a: 1, b: 1 }, { full: true }));
		connection.closed(1006, "");
		connection.back();
		connection.opened();
		hears({ ...WELCOME, epoch: "f", continuity: "reset", reason: "epoch" });
		isBack({ epoch: "f", continuity: "fresh", version: 0 });
		expect(opened.at(-1)).toBe(null);
		expect(all()).toEqual({});
	});

	test("a version is never one of another epoch", () => {
		goesLive({}, state(3, { a: 1 }, { full: true }));
		connection.closed(1006, "");
		connection.back();
		connection.opened();
		// A server that tells no state, as one that is older.
		hears({ ...WELCOME, epoch: "f", continuity: "reset", reason: "epoch" }, { type: "event", seq: 7 });
		isBack();
		expect(opened.at(-1)).toBe("f.7");
	});

	test("a server that knows nothing of entries tells no version, and is told none", () => {
		goesLive({ version: undefined });
		isBack();
		expect(opened.at(-1)).toBe("e.0");
	});
});

describe("one's own sets", () => {
	test("[V-4] show at once, and are answered with the version at which they landed", async () => {
		goesLive();
		const set = sets({ key: "topic", to: "tea" });
		expect(get("topic")).toBe("tea");
		expect(told).toEqual([[{ key: "topic", value: "tea", version: 0 }]]);
		const [message] = await goesOut();
		expect(message).toEqual({ type: "set", id: expect.any(String), key: "topic", value: "tea" });
		hears(state(1, { topic: "tea" }), ack(message?.id, 1));
		expect(await set).toEqual({ version: 1 });
		expect(entries().at("topic")).toEqual({ key: "topic", value: "tea", version: 1 });
	});

	test("a refused one snaps back to what the room says, and rejects with the code", async () => {
		goesLive({}, state(1, { topic: "tea" }, { full: true }));
		const set = sets({ key: "topic", to: "coffee" });
		const [message] = await goesOut();
		hears(state(2, { topic: "water" }), { type: "error", id: message?.id, code: "forbidden", message: "Not yours." });
		await expect(set).rejects.toMatchObject({ name: "RoomError", code: "forbidden", message: "Not yours." });
		expect(get("topic")).toBe("water");
		expect(told.at(-1)).toEqual([{ key: "topic", value: "water", version: 2 }]);
	});

	test("[V-5] a conflict carries the entry as it is", async () => {
		goesLive({}, state(1, { topic: "tea" }, { full: true }));
		const set = sets({ key: "topic", to: "coffee", expect: 1 });
		const [message] = await goesOut();
		expect(message).toMatchObject({ value: "coffee", expect: 1 });
		hears(state(2, { topic: "water" }), conflict(message?.id, 2, "water"));
		await expect(set).rejects.toMatchObject({
			code: "conflict",
			refusal: { key: "topic", version: 2, value: "water" },
		});
	});

	test("stand over what the room says meanwhile, and an addition is made to it", async () => {
		goesLive({}, state(2, { topic: "tea", count: 1 }, { full: true }));
		sets({ key: "topic", to: "coffee" });
		sets({ key: "count", add: 2 });
		sets({ key: "gone", to: null });
		hears(state(5, { topic: "water", count: 10, gone: 1 }));
		expect(all()).toEqual({ topic: "coffee", count: 12 });
	});

	test("an addition is never told twice: what shows it and its answer come in one frame", async () => {
		goesLive({}, state(1, { count: 5 }, { full: true }));
		sets({ key: "count", add: 1 });
		const [message] = await goesOut();
		told = [];
		hears(state(2, { count: 6 }), ack(message?.id, 2));
		await ends();
		expect(told).toEqual([[{ key: "count", value: 6, version: 2 }]]);
	});

	test("go out in the order of their keys' first, with publishes", async () => {
		goesLive();
		sets({ key: "b", to: 1 });
		void connection.ask({ type: "publish", id: "p", name: "chat", data: 1 });
		sets({ key: "a", to: 2 });
		expect((await goesOut()).map(({ type, key }) => key ?? type)).toEqual(["b", "publish", "a"]);
	});

	test("what becomes of a value after it was set is not the room's", async () => {
		goesLive();
		const shape = { x: 1 };
		sets({ key: "a", to: 0 });
		await goesOut();
		sets({ key: "a", to: shape });
		shape.x = 2;
		hears(ack("", 0));
		expect(get("a")).toEqual({ x: 1 });
	});
});

describe("while a set of a key is on its way", () => {
	test("later ones go as one, with the newest value, and all are answered with it", async () => {
		goesLive();
		const first = sets({ key: "x", to: 0 });
		const [message] = await goesOut();
		const later = [1, 2, 3].map((to) => sets({ key: "x", to }));
		const other = sets({ key: "y", to: 9 });
		expect(get("x")).toBe(3);
		expect((await goesOut()).map(({ key, value }) => [key, value])).toEqual([["y", 9]]);
		hears(state(1, { x: 0 }), ack(message?.id, 1));
		expect(get("x")).toBe(3);
		const [next, ...more] = await goesOut();
		expect([next?.value, more]).toEqual([3, []]);
		hears(state(2, { x: 3 }), ack(next?.id, 2));
		expect(await first).toEqual({ version: 1 });
		expect(await Promise.all(later)).toEqual([{ version: 2 }, { version: 2 }, { version: 2 }]);
		other.catch(() => {});
	});

	test.each<[string, Omit<Change, "key">[], object]>([
		["additions are added up", [{ add: 1 }, { add: 2 }, { add: -5 }], { add: -2 }],
		["what is added to a value is in it", [{ to: 5 }, { add: 2 }], { value: 7 }],
		["and to a drop", [{ to: null }, { add: 2 }], { value: 2 }],
		["a value takes the place of an addition", [{ add: 2 }, { to: "a" }], { value: "a" }],
		["a function is done to the value before it", [{ to: 5 }, { to: (v: unknown) => Number(v) * 2 }], { value: 10 }],
		[
			"or to what is there, after what was added to that",
			[{ add: 2 }, { to: (v: unknown) => Number(v) * 2 }, { add: 1 }],
			{ value: 205, expect: 7 },
		],
	])("%s", async (_, changes, expected) => {
		goesLive({}, state(7, { x: 100 }, { full: true }));
		sets({ key: "x", to: 100 });
		const [message] = await goesOut();
		const answers = changes.map((change) => sets({ key: "x", ...change }));
		hears(ack(message?.id, 7));
		const [next, ...more] = await goesOut();
		const { type: _type, id, key: _key, ...what } = next ?? {};
		expect([what, more]).toEqual([expected, []]);
		hears(ack(id, 8));
		expect(new Set((await Promise.all(answers)).map(({ version }) => version))).toEqual(new Set([8]));
	});

	test("one that expects a version goes by itself, and what comes after it behind it", async () => {
		goesLive({}, state(7, { x: 1 }, { full: true }));
		const changes = [{ to: 1 }, { to: 2 }, { to: 3, expect: 8 }, { to: 4, expect: 8 }, { to: 5 }, { to: 6 }];
		const answers = changes.map((change) => sets({ key: "x", ...change }));
		const seen: unknown[] = [];
		for (const version of [7, 8, 9, null, 10]) {
			const [message, ...more] = await goesOut();
			seen.push([message?.value, message?.expect, more.length]);
			hears(version === null ? conflict(message?.id, 9, 3) : ack(message?.id, version));
		}
		expect(seen).toEqual([
			[1, undefined, 0],
			[2, undefined, 0],
			[3, 8, 0],
			[4, 8, 0],
			[6, undefined, 0],
		]);
		expect((await Promise.allSettled(answers)).map(({ status }) => status[0])).toEqual([..."fff", ..."rff"]);
	});

	test("a refusal of it leaves those that wait", async () => {
		goesLive();
		const refused = sets({ key: "x", to: "bad" });
		const [message] = await goesOut();
		const good = sets({ key: "x", to: "good" });
		hears({ type: "error", id: message?.id, code: "invalid", message: "It is bad." });
		await expect(refused).rejects.toMatchObject({ code: "invalid" });
		expect(get("x")).toBe("good");
		const [next] = await goesOut();
		hears(ack(next?.id, 1));
		expect(await good).toEqual({ version: 1 });
	});
});

describe("a function that makes the next value of the last", () => {
	const more = (value: unknown): unknown => [...((value ?? []) as unknown[]), "mine"];

	test("[V-5] is called anew with what is there, where another was first", async () => {
		goesLive({}, state(4, { topic: ["a"] }, { full: true }));
		const set = sets({ key: "topic", to: more });
		const [first] = await goesOut();
		expect(first).toMatchObject({ value: ["a", "mine"], expect: 4 });
		// A paused session is told of the conflict, and not yet of the state.
		hears(conflict(first?.id, 6, ["b"]));
		const [second] = await goesOut();
		expect(second).toMatchObject({ value: ["b", "mine"], expect: 6 });
		expect(second?.id).not.toBe(first?.id);
		hears(state(7, { topic: ["b", "mine"] }), ack(second?.id, 7));
		expect(await set).toEqual({ version: 7 });
	});

	test("of an entry that is not there is called with null, and expects that there is none", async () => {
		goesLive();
		sets({ key: "topic", to: more });
		expect(await goesOut()).toMatchObject([{ value: ["mine"], expect: 0 }]);
	});

	test(`is given up after ${CLIENT_SET_TRIES_MAX} tries, with the entry`, async () => {
		goesLive();
		const set = sets({ key: "topic", to: more });
		for (let i = 1; i <= CLIENT_SET_TRIES_MAX; i++) {
			const [message] = await goesOut();
			hears(conflict(message?.id, i, [i]));
		}
		await expect(set).rejects.toMatchObject({ code: "conflict", refusal: { version: CLIENT_SET_TRIES_MAX } });
		expect(await goesOut()).toEqual([]);
		expect(get("topic")).toBe(null);
	});

	test("waits until what is there is known", async () => {
		const set = sets({ key: "topic", to: more });
		connection.opened();
		hears(WELCOME, state(3, { topic: ["a"] }, { full: true }), caughtUp);
		const [message] = await goesOut();
		expect(message).toMatchObject({ value: ["a", "mine"], expect: 3 });
		hears(ack(message?.id, 4));
		expect(await set).toEqual({ version: 4 });
	});

	test("that throws rejects with what it threw, and sets nothing", async () => {
		goesLive();
		const thrown = new Error("no");
		const throws = (): never => {
			throw thrown;
		};
		await expect(connection.set({ key: "topic", to: throws })).rejects.toBe(thrown);
		await expect(connection.set({ key: "topic", to: () => undefined })).rejects.toMatchObject({ code: "invalid" });
		await expect(connection.set({ key: "topic", to: more, expect: 1 })).rejects.toMatchObject({ code: "invalid" });
		expect([await goesOut(), all()]).toEqual([[], {}]);
		// Where it throws only over what another has made of it, that is what stays.
		const late = sets({ key: "topic", to: (value: unknown) => (value === "b" ? throws() : "a") });
		const [message] = await goesOut();
		hears(state(2, { topic: "b" }), conflict(message?.id, 2, "b"));
		await expect(late).rejects.toBe(thrown);
		expect([await goesOut(), get("topic")]).toEqual([[], "b"]);
	});
});

describe("across reconnects", () => {
	test("[V-3] what was not answered is sent again under its id, and what waited behind it comes after", async () => {
		goesLive();
		const answers = [sets({ key: "x", add: 1 }), sets({ key: "x", add: 2 }), sets({ key: "y", to: 1 })];
		const [x, y] = await goesOut();
		isBack({}, state(1, { x: 1 }));
		expect(get("x")).toBe(4);
		expect((await goesOut()).map(({ id }) => id)).toEqual([x?.id, y?.id]);
		hears(ack(x?.id, 1), ack(y?.id, 2));
		const [next] = await goesOut();
		expect(next).toMatchObject({ key: "x", add: 2 });
		hears(state(3, { x: 3 }), ack(next?.id, 3));
		expect((await Promise.all(answers)).map(({ version }) => version)).toEqual([1, 3, 2]);
	});

	test("what was made of an entry before is sent as it was: it may have landed", async () => {
		goesLive({}, state(1, { topic: 1 }, { full: true }));
		sets({ key: "topic", to: (value: unknown) => Number(value) + 1 });
		const [first] = await goesOut();
		isBack({ continuity: "reset", reason: "trimmed" }, state(2, { topic: 2 }, { full: true }));
		expect(await goesOut()).toEqual([first]);
	});

	test("of a state that has begun anew it is made anew, and who expected a version of the old one is refused", async () => {
		goesLive({}, state(3, { topic: 1, other: 1 }, { full: true }));
		sets({ key: "topic", to: (value: unknown) => Number(value) + 1 });
		const expecting = [2, 3].map((to) => sets({ key: "other", to, expect: 3 }));
		const [first] = await goesOut();
		isBack({ epoch: "f", continuity: "reset", reason: "epoch" }, state(3, { topic: 10, other: 10 }, { full: true }));
		const [again, ...more] = await goesOut();
		expect([again, more]).toMatchObject([{ key: "topic", value: 11, expect: 3 }, []]);
		expect(again?.id).not.toBe(first?.id);
		for (const each of expecting) await expect(each).rejects.toMatchObject({ code: "conflict" });
		expect(get("other")).toBe(10);
	});

	test("a passing refusal is tried again after its time", async () => {
		goesLive();
		const set = sets({ key: "x", to: 1 });
		const [message] = await goesOut();
		hears({ type: "error", id: message?.id, code: "rate_limited", message: "Later.", retryAfterMs: 500 });
		expect(get("x")).toBe(1);
		now += 500;
		connection.wake();
		expect((await goesOut()).map(({ id }) => id)).toEqual([message?.id]);
		hears(ack(message?.id, 1));
		expect(await set).toEqual({ version: 1 });
	});

	test("what one who leaves has set is refused, and shows no more", async () => {
		goesLive();
		const answers = [sets({ key: "x", to: 1 }), sets({ key: "x", to: 2 }), sets({ key: "y", add: 1 })];
		// What depends on what is there has not even been sent.
		answers.push(sets({ key: "z", to: () => 1 }));
		connection.closed(1006, "");
		answers.push(sets({ key: "w", to: () => 1 }));
		connection.leave();
		for (const each of answers) await expect(each).rejects.toMatchObject({ code: "left" });
		await expect(connection.set({ key: "x", to: 1 })).rejects.toMatchObject({ code: "left" });
		expect(all()).toEqual({});
	});
});

describe("what no room could take is refused before it shows", () => {
	test.each<[string, Omit<Change, "key">, string]>([
		["no JSON", { to: undefined }, "invalid"],
		["a number that is none", { to: Number.NaN }, "invalid"],
		["a lone surrogate", { to: "\ud800" }, "malformed"],
		["an addition of no number", { add: Number.NaN }, "invalid"],
		["an addition of a text", { add: "1" as unknown as number }, "invalid"],
		["more than fits", { to: "x".repeat(99) }, "too_large"],
		["more than fits, of a function", { to: () => "x".repeat(99) }, "too_large"],
		["an addition to a text", { add: 1 }, "invalid"],
	])("%s", async (_, change, code) => {
		goesLive({ limits: { ...WELCOME.limits, eventBytes: 100 } });
		const first = sets({ key: "x", to: 0 });
		const [message] = await goesOut();
		const waits = sets({ key: "x", to: "a text" });
		await expect(connection.set({ key: "x", ...change })).rejects.toMatchObject({ code });
		expect(get("x")).toBe("a text");
		hears(ack(message?.id, 1));
		const [next] = await goesOut();
		expect(next?.value).toBe("a text");
		hears(ack(next?.id, 2));
		expect([await first, await waits]).toEqual([{ version: 1 }, { version: 2 }]);
	});

	test("what is too large is measured by the room's own bound, once that is known", async () => {
		const set = sets({ key: "x", to: "x".repeat(99) });
		goesLive({ limits: { ...WELCOME.limits, eventBytes: 100 } });
		await expect(set).rejects.toMatchObject({ code: "too_large", message: expect.stringContaining("100 bytes") });
		expect(all()).toEqual({});
	});

	test("more than 1,000 that wait", async () => {
		goesLive();
		for (let i = 0; i < CLIENT_OUTBOX_MAX - 1; i++) sets({ key: `${i}`, to: i });
		sets({ key: "0", to: 1 });
		await expect(connection.set({ key: "more", to: 1 })).rejects.toMatchObject({ code: "overloaded" });
		expect(get("more")).toBe(null);
		// What goes with one that waits is not one more.
		sets({ key: "0", to: 2 });
		expect(get("0")).toBe(2);
		connection.closed(1006, "");
		for (let i = 0; i < 2; i++) sets({ key: "0", add: 1 });
		expect(get("0")).toBe(4);
	});

	test("more than 1,000 functions that wait for one entry", async () => {
		goesLive();
		sets({ key: "x", to: 0 });
		const [message] = await goesOut();
		const answers = [sets({ key: "x", add: 1 })];
		const double = (value: unknown): unknown => Math.min(Number(value) * 2, 1_000);
		for (let i = 1; i < CLIENT_OUTBOX_MAX; i++) answers.push(sets({ key: "x", to: double }));
		await expect(connection.set({ key: "x", to: double })).rejects.toMatchObject({ code: "overloaded" });
		hears(state(1, { x: 0 }), ack(message?.id, 1));
		const [next] = await goesOut();
		hears(ack(next?.id, 2));
		expect(next).toMatchObject({ value: 1_000, expect: 1 });
		expect(new Set((await Promise.all(answers)).map(({ version }) => version))).toEqual(new Set([2]));
	});
});
