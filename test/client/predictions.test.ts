/** What a page foresees of its own events, and when that gives way to what the room tells. Frames by hand. */
import { beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import type { Port } from "../../src/client/port.ts";
import { predict } from "../../src/client/predict.ts";
import type { Entry } from "../../src/client/room.ts";
import type { OutgoingClass } from "../../src/client/speech.ts";
import type { DecidedEvent, RuleRoom } from "../../src/protocol/decision.ts";
import type { Publish } from "../../src/protocol/messages.ts";
import { PREDICTIONS_MAX } from "../../src/protocol/rules-limits.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { limitsOf } from "../../src/room/welcome.ts";

const RULES = {
	/** Counts one up, so that what is counted twice is seen. */
	count: (_: DecidedEvent, room: RuleRoom) => room.set("count", Number(room.get("count") ?? 0) + 1),
	take({ data, from }: DecidedEvent<string>, room: RuleRoom) {
		if (room.get(data) !== null) room.refuse("taken", "It is taken.");
		room.set(data, from);
		room.publish("taken", data);
		room.later("free", 5_000);
	},
	roll: (_: DecidedEvent, room: RuleRoom) => room.set("dice", Math.floor(room.random() * 6)),
	fail(_: DecidedEvent, room: RuleRoom) {
		room.set("count", -1);
		throw new Error("a mistake");
	},
	mark: (event: DecidedEvent, room: RuleRoom) => room.set("seen", { event, here: room.members, now: room.now }),
	both(_: DecidedEvent, room: RuleRoom) {
		room.set("all", room.entries("seat/"));
		room.set("seat/1", null);
	},
};

let sent: Publish[];
let told: Entry[][];
let connection: Connection;

beforeEach(() => {
	sent = [];
	told = [];
	const port: Port = {
		now: () => 1_000,
		date: () => 1_700_000_000_000,
		unsentBytes: () => 0,
		random: () => 0.999,
		newId: newMessageId,
		canRenewToken: () => false,
		open: () => {},
		send: (text) => text !== "ping" && sent.push(...(JSON.parse(text) as Publish[])),
		soon: queueMicrotask,
		close: () => {},
		wakeAt: () => {},
		changed: () => {},
		message: (message) => message.type === "entries" && told.push(message.entries),
	};
	connection = new Connection(port, null, predict(RULES) as unknown as OutgoingClass);
	connection.start();
});

const ME = { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish"] };
const WELCOME = {
	...{ type: "welcome", protocol: 1, features: [], room: "r", epoch: "e", head: 7, floor: 1, version: 0 },
	...{ continuity: "fresh", members: [{ id: "ada", name: "Ada" }], count: 1, limits: limitsOf(readSettings({})) },
	me: ME,
};
const CAUGHT_UP = { type: "caught-up", head: 7 };

function hears(...messages: object[]): void {
	connection.heard(JSON.stringify(messages));
}

const state = (version: number, entries: object, more: object = {}): object => ({
	...{ type: "state", version, ...more },
	entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
});
const event = (id: string, name = "count", seq = 8): object => ({
	...{ type: "event", seq, at: 1, from: "ada", author: "Ada", id, name, data: null },
});
const refusal = (id: string): object => ({ type: "error", id, code: "app.no", message: "No." });

function goesLive(welcome: object = {}, ...states: object[]): void {
	connection.opened();
	hears({ ...WELCOME, ...welcome });
	hears(...states, CAUGHT_UP);
}
function isBack(): void {
	connection.closed(1006, "");
	connection.back();
	connection.opened();
}
/** Publishes under the id; what becomes of it is seen by those who look. */
function publish(id: string, name = "count", data: unknown = null): Promise<unknown> {
	const answer = connection.ask({ type: "publish", id, name, data });
	answer.catch(() => {});
	return answer;
}
const get = (key: string): unknown => connection.entries?.at(key).value;
const ends = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("until the room has answered", () => {
	test("what the rule sets shows at once, and what it publishes and defers does not", async () => {
		goesLive();
		publish("a", "take", "seat/1");
		expect(get("seat/1")).toBe("ada");
		expect(connection.entries?.list("")).toEqual([{ key: "seat/1", value: "ada", version: 0 }]);
		await ends();
		expect(told).toEqual([[{ key: "seat/1", value: "ada", version: 0 }]]);
		expect(sent.map(({ id, name }) => [id, name])).toEqual([["a", "take"]]);
	});

	test("the rule knows who says it, who is here, and where it would stand", () => {
		goesLive({ members: [ME, { id: "bob", name: "Bob", state: { mood: "good" } }] });
		publish("a");
		publish("b", "mark", { some: "data" });
		expect(get("seen")).toMatchObject({ event: { can: ["read", "publish"], seq: 9 }, here: [{}, { id: "bob" }] });
		hears({ type: "presence", count: 2, joined: [{ id: "cy", name: "Cy" }], left: ["bob"], changed: [] });
		hears({ type: "access", can: ["read", "publish", "moderate"] });
		expect(get("seen")).toMatchObject({ event: { can: ["read", "publish", "moderate"] } });
		hears({ ...event("x"), from: "cy", seq: 9 }, state(1, {}));
		expect(get("seen")).toEqual({
			event: {
				...{ name: "mark", data: { some: "data" }, from: "ada", author: "Ada", can: ["read", "publish", "moderate"] },
				...{ seq: 11, at: 1_700_000_000_000 },
			},
			here: [
				{ id: "ada", name: "Ada", state: null },
				{ id: "cy", name: "Cy", state: null },
			],
			now: 1_700_000_000_000,
		});
	});

	test("each stands on those before it, and all are run anew on what the room tells", async () => {
		goesLive({}, state(1, { count: 10 }, { full: true }));
		publish("a");
		publish("b");
		publish("c", "take", "count");
		expect(get("count")).toBe(12);
		await ends();
		told = [];
		hears(state(2, { count: 20 }));
		expect(get("count")).toBe(22);
		await ends();
		expect(told).toEqual([[{ key: "count", value: 22, version: 2 }]]);
	});

	test("a rule that reads several sees them as they show, drops and one's own sets among them", () => {
		goesLive({}, state(1, { "seat/2": "bob", "seat/3": "cy", "seat/4": "dee" }, { full: true }));
		connection.set({ key: "seat/4", to: "own" }).catch(() => {});
		publish("a", "take", "seat/1");
		publish("b", "both");
		const seats = { "seat/1": "ada", "seat/2": "bob", "seat/3": "cy", "seat/4": "own" };
		expect(get("all")).toEqual(Object.entries(seats).map(([key, value]) => ({ key, value })));
		expect(connection.entries?.list("seat/").map(({ key }) => key)).toEqual(["seat/2", "seat/3", "seat/4"]);
	});

	test("what one sets meanwhile is what rules see, and what shows", () => {
		goesLive();
		publish("a", "both");
		connection.set({ key: "seat/2", to: "own" }).catch(() => {});
		expect(get("all")).toEqual([{ key: "seat/2", value: "own" }]);
		connection.set({ key: "all", to: "mine" }).catch(() => {});
		expect(get("all")).toBe("mine");
	});

	test("news that changes nothing of what is foreseen is told by itself", async () => {
		goesLive();
		publish("a");
		await ends();
		told = [];
		hears(state(1, { other: 1 }));
		await ends();
		expect(told).toEqual([[{ key: "other", value: 1, version: 1 }]]);
	});

	test.each([
		["refuses", "take", "seat/9"],
		["throws", "fail", null],
		["asks for dice", "roll", null],
		["is none", "other", null],
	])("a rule that %s shows nothing, and the event goes to the room all the same", async (_, name, data) => {
		goesLive({}, state(1, { "seat/9": "bob" }, { full: true }));
		publish("a", name, data);
		expect(connection.entries?.list("")).toEqual([{ key: "seat/9", value: "bob", version: 1 }]);
		await ends();
		expect(sent.map(({ id }) => id)).toEqual(["a"]);
		expect(told.flat().filter(({ key }) => key !== "seat/9")).toEqual([]);
	});

	test("what is refused here before it is sent shows at no time", async () => {
		goesLive();
		await ends();
		await expect(publish("", "count")).rejects.toMatchObject({ code: "invalid" });
		expect(told).toEqual([]);
	});

	test(`at most ${PREDICTIONS_MAX} are foreseen; the room's word shows for the rest`, () => {
		goesLive();
		for (let i = 0; i < PREDICTIONS_MAX + 5; i++) publish(`m${i}`);
		expect(get("count")).toBe(PREDICTIONS_MAX);
		hears(...Array.from({ length: 10 }, (_, i) => event(`m${i}`, "count", 8 + i)), state(1, { count: 10 }));
		expect(get("count")).toBe(PREDICTIONS_MAX);
	});
});

describe("what the room says", () => {
	test("takes the place of a guess in one: between the event and the state of its frame nothing flickers", async () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		const answered = publish("a");
		await ends();
		told = [];
		hears(event("a"), state(2, { count: 2 }));
		expect(get("count")).toBe(2);
		await answered;
		expect(get("count")).toBe(2);
		await ends();
		expect(told.flat()).toEqual([{ key: "count", value: 2, version: 2 }]);
	});

	test("where the room's rule has set nothing, what was foreseen is gone with the frame that tells the event", async () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		publish("a");
		await ends();
		told = [];
		hears(event("a"));
		expect(get("count")).toBe(2);
		await ends();
		expect(get("count")).toBe(1);
		expect(told.flat()).toEqual([{ key: "count", value: 1, version: 1 }]);
	});

	test("a wrong guess is undone: the room's own outcome shows, whatever it is", () => {
		goesLive();
		publish("a", "take", "seat/1");
		publish("b", "take", "seat/2");
		hears({ ...event("x", "take"), from: "bob" }, state(1, { "seat/1": "bob" }), refusal("a"));
		expect([get("seat/1"), get("seat/2")]).toEqual(["bob", "ada"]);
		hears(refusal("b"));
		expect(connection.entries?.list("")).toEqual([{ key: "seat/1", value: "bob", version: 1 }]);
	});

	test("of a refusal that passes the guess stands, as the event does", () => {
		goesLive();
		publish("a");
		hears({ type: "error", id: "a", code: "rate_limited", message: "Slower.", retryAfterMs: 50 });
		expect(get("count")).toBe(1);
	});

	test("one that goes before others leaves them standing on what is there then", () => {
		goesLive();
		for (const id of ["a", "b", "c"]) publish(id);
		hears(event("a"), state(1, { count: 1 }), refusal("b"));
		expect(get("count")).toBe(2);
	});

	test("a page that stops shows what the room told last", () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		publish("a");
		connection.leave();
		expect(get("count")).toBe(1);
	});
});

describe("while the room tells what was missed", () => {
	test("what was published before the first welcome shows when the page is live", () => {
		publish("a");
		connection.opened();
		hears(WELCOME);
		hears(state(1, { count: 4 }, { full: true }));
		expect(get("count")).toBe(4);
		hears(CAUGHT_UP);
		expect(get("count")).toBe(5);
	});

	test("what one publishes without a connection shows, and is run anew when there is one", () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		connection.closed(1006, "");
		publish("a");
		expect(get("count")).toBe(2);
		connection.back();
		connection.opened();
		hears({ ...WELCOME, continuity: "resumed" });
		hears(state(5, { count: 5 }));
		hears(CAUGHT_UP);
		expect(get("count")).toBe(6);
	});

	test("the state comes before the events: what it holds of one's own is not counted twice", async () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		publish("a");
		publish("b");
		await ends();
		told = [];
		isBack();
		hears({ ...WELCOME, continuity: "resumed", head: 8 });
		hears(state(2, { count: 2 }));
		await ends();
		expect(get("count")).toBe(3);
		hears(event("a"));
		await ends();
		expect(get("count")).toBe(3);
		hears({ ...CAUGHT_UP, head: 8 });
		await ends();
		expect(get("count")).toBe(3);
		expect(new Set(told.flat().map(({ value }) => value))).toEqual(new Set([3]));
	});

	test("a reset of the same history: what it may hold of one's own is foreseen no more", () => {
		goesLive({}, state(1, { count: 1 }, { full: true }));
		publish("a");
		isBack();
		hears({ ...WELCOME, continuity: "reset", head: 90 });
		hears(state(9, { count: 9 }, { full: true }), CAUGHT_UP);
		expect(get("count")).toBe(9);
		publish("b");
		expect(get("count")).toBe(10);
	});

	test("a reset to another epoch: nothing of one's own is in it, and what waits is run on it", () => {
		goesLive({}, state(1, { count: 7 }, { full: true }));
		publish("a");
		isBack();
		hears({ ...WELCOME, continuity: "reset", epoch: "f", head: 0 });
		expect(get("count")).toBe(7);
		hears(CAUGHT_UP);
		expect(get("count")).toBe(1);
	});
});
