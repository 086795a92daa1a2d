/** What the client refuses by itself, so that every call is answered and nothing is sent again for ever. */
import { beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import { Outgoing } from "../../src/client/outgoing.ts";
import type { Port, Told } from "../../src/client/port.ts";
import { decodeFrame } from "../../src/protocol/codec.ts";
import { DEFAULTS, FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import type { HistoryRequest, JobRequest, Publish, WelcomeLimits } from "../../src/protocol/messages.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { CLIENT_IN_FLIGHT_MAX } from "../../src/protocol/speech-limits.ts";
import { limitsOf } from "../../src/room/welcome.ts";

let now: number;
let sent: string[];
let heard: Told[];
let drops: number;
let soon: (() => void)[];
let connection: Connection;

beforeEach(() => {
	now = 1_000_000;
	sent = [];
	heard = [];
	drops = 0;
	soon = [];
	const port: Port = {
		now: () => now,
		date: () => now,
		unsentBytes: () => 0,
		random: () => 0.999,
		newId: newMessageId,
		canRenewToken: () => false,
		open: () => {},
		send: (text) => sent.push(text),
		soon: (run) => soon.push(run),
		close: () => drops++,
		wakeAt: () => {},
		changed: () => {},
		message: (message) => heard.push(message),
	};
	connection = new Connection(port, null, Outgoing);
	connection.start();
});

function hears(...messages: object[]): void {
	connection.heard(JSON.stringify(messages));
}

const LIMITS = limitsOf(readSettings({}));

function goesLive(limits: Partial<WelcomeLimits> = {}): void {
	const welcome = {
		...{ type: "welcome", protocol: 1, features: [], room: "r", epoch: "e", head: 0, floor: 1, continuity: "fresh" },
		me: { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish", "job"] },
		...{ members: [], count: 1, limits: { ...LIMITS, ...limits } },
	};
	connection.opened();
	hears(welcome, { type: "caught-up", head: 0 });
}

function ends(): void {
	for (const run of soon.splice(0)) run();
}

const publish = (id: string, data: unknown = null): Publish => ({ type: "publish", id, name: "chat", data });
const event = (seq: number, id: string): object => ({
	...{ type: "event", seq, at: 1, from: "ada", author: "Ada", id, name: "chat", data: null },
});
const wholeRefusal = (code: string): object => ({ type: "error", code, message: "The frame is refused." });

/** The ids of what was sent, frame by frame. */
const framesSent = (): string[][] => sent.map((text) => (JSON.parse(text) as Publish[]).map(({ id }) => id));

const cycle: { self?: object } = {};
cycle.self = cycle;
const THROWS = {
	toJSON() {
		throw new Error("not today");
	},
};
const NOT_JSON: [string, unknown][] = [
	["undefined", undefined],
	["undefined in a list", [undefined]],
	["a BigInt", { count: 1n }],
	["a function", { run: () => {} }],
	["a symbol", Symbol("x")],
	["a cycle", cycle],
	["NaN", { x: Number.NaN }],
	["infinity", [Number.POSITIVE_INFINITY]],
	["a lone surrogate", { text: "\ud83d" }],
	["a lone surrogate in a key", { "\udc00": 1 }],
	["a toJSON that throws", THROWS],
];

describe.each(["before the welcome", "while live"])("%s", (when) => {
	beforeEach(() => {
		if (when === "while live") goesLive();
		sent = [];
	});

	test.each(NOT_JSON)("data that JSON does not hold is refused at once, with a sentence: %s", async (_, data) => {
		const sentence = { name: "RoomError", message: expect.stringMatching(/^[A-Z].*\.$/) };
		await expect(connection.ask({ ...publish("1"), data })).rejects.toMatchObject(sentence);
		await expect(connection.ask({ type: "job", id: "2", name: "sum", data })).rejects.toMatchObject(sentence);
		expect(() => connection.signal({ type: "signal", name: "cursor", data })).toThrow(/^[A-Z].*\.$/);
		expect(() => connection.setPresence(data)).toThrow(/^[A-Z].*\.$/);
		ends();
		expect(sent).toEqual([]);
	});

	test("a history page that no number asks for is refused", async () => {
		const page: HistoryRequest = { type: "history", id: "1", before: Number.NaN };
		await expect(connection.ask(page)).rejects.toMatchObject({ code: "invalid" });
	});

	test.each([["x".repeat(65)], [""], ["\ud800"], [7 as unknown as string]])(
		"an id that is none is refused: %j",
		async (id) => {
			await expect(connection.ask(publish(id))).rejects.toMatchObject({
				code: expect.stringMatching(/^(invalid|malformed)$/),
				message: expect.stringMatching(/\.$/),
			});
		},
	);

	test("what no frame holds is refused, and says how much it is and how much may be", async () => {
		await expect(connection.ask(publish("1", "x".repeat(FRAME_BYTES_MAX)))).rejects.toMatchObject({
			code: "too_large",
			message: expect.stringMatching(when === "while live" ? `${DEFAULTS.EVENT_MAX_BYTES}` : `${FRAME_BYTES_MAX}`),
		});
	});
});

test("data is sent as it is given: a field that is undefined is left out, what has a toJSON is what that says", async () => {
	goesLive();
	connection.ask(publish("1", { a: undefined, b: new Date(0), c: [null, "é🎈"], "": -0 }));
	connection.signal({ type: "signal", name: "cursor", data: { x: 1 }, to: "ben" });
	connection.setPresence(null);
	ends();
	expect(sent.map((text) => JSON.parse(text))).toEqual([
		[{ type: "publish", id: "1", name: "chat", data: { b: "1970-01-01T00:00:00.000Z", c: [null, "é🎈"], "": 0 } }],
		{ type: "signal", name: "cursor", data: { x: 1 }, to: "ben" },
		{ type: "presence", state: null },
	]);
});

describe("the room's bounds, as its welcome tells them", () => {
	test("hold for what was asked for before the welcome; the rest is sent", async () => {
		const large = connection.ask(publish("large", "x".repeat(100)));
		const job: JobRequest = { type: "job", id: "job", name: "sum", data: "x".repeat(100) };
		const largeJob = connection.ask(job);
		const small = connection.ask(publish("small", "x".repeat(97)));
		goesLive({ eventBytes: 100 });
		const refusal = { code: "too_large", message: expect.stringContaining("at most 100 bytes") };
		await expect(large).rejects.toMatchObject(refusal);
		await expect(largeJob).rejects.toMatchObject(refusal);
		expect(framesSent()).toEqual([["small"]]);
		hears(event(1, "small"));
		expect(await small).toEqual({ seq: 1 });
	});

	test("that shrank while it was away do not refuse what the room may have taken already", async () => {
		goesLive();
		const asked = connection.ask(publish("1", "x".repeat(100)));
		ends();
		connection.closed(1006, "");
		connection.back();
		goesLive({ eventBytes: 50 });
		hears({ type: "ack", id: "1", seq: 1 });
		expect(await asked).toEqual({ seq: 1 });
	});

	test("are measured as the room measures: to the byte", async () => {
		goesLive({ eventBytes: 10, signalBytes: 10, presenceBytes: 10 });
		const [fits, exceeds] = ["éééé", "éééée"];
		connection.ask(publish("1", fits));
		await expect(connection.ask(publish("2", exceeds))).rejects.toMatchObject({ code: "too_large" });
		connection.signal({ type: "signal", name: "s", data: fits });
		expect(() => connection.signal({ type: "signal", name: "s", data: exceeds })).toThrow(/at most 10 bytes .* has 11/);
		connection.setPresence(fits);
		expect(() => connection.setPresence(exceeds)).toThrow(/at most 10 bytes .* has 11/);
	});

	test("hold for a presence that was set before the welcome: it is dropped, and the page is told", () => {
		connection.setPresence("x".repeat(9));
		goesLive({ presenceBytes: 10 });
		expect(sent).toEqual([]);
		expect(heard).toContainEqual({ type: "error", code: "too_large", message: expect.stringContaining("presence") });
	});

	test("are never passed by a frame: what is as large as one travels alone, and the room can read it", async () => {
		goesLive({ eventBytes: FRAME_BYTES_MAX });
		const overhead = JSON.stringify([publish("1", "")]).length;
		const largest = "x".repeat(FRAME_BYTES_MAX - overhead);
		connection.ask(publish("1", largest));
		await expect(connection.ask(publish("2", `${largest}x`))).rejects.toMatchObject({ code: "too_large" });
		for (let i = 3; i < 60; i++) connection.ask(publish(`${i}`, "é".repeat(2_000)));
		ends();
		expect(sent.flatMap(decodeFrame).filter((decoded) => "refusal" in decoded)).toEqual([]);
		expect(framesSent()[0]).toEqual(["1"]);
		expect(framesSent().flat()).toHaveLength(58);
	});

	test("[L-1] may be fewer messages a frame than this client knows", () => {
		goesLive({ messagesPerFrame: 2 });
		for (let i = 0; i < 5; i++) connection.ask(publish(`${i}`));
		ends();
		expect(framesSent().map(({ length }) => length)).toEqual([2, 2, 1]);
	});
});

describe("a frame that the room refuses whole all the same", () => {
	test.each(["too_large", "malformed"])("%s: the one message in flight is refused with it", async (code) => {
		goesLive();
		const asked = connection.ask(publish("1"));
		ends();
		hears(wholeRefusal(code));
		await expect(asked).rejects.toMatchObject({ code, message: "The frame is refused." });
		expect(drops).toBe(0);
	});

	test("[P-10] of several in flight none is blamed: over a new connection each is sent alone until the culprit is known", async () => {
		goesLive();
		const [one, culprit, three] = ["1", "culprit", "3"].map((id) => connection.ask(publish(id)));
		ends();
		hears(wholeRefusal("too_large"));
		expect(drops).toBe(1);
		connection.back();
		sent = [];
		goesLive();
		const later = connection.ask(publish("later"));
		ends();
		expect(framesSent()).toEqual([["1"]]);
		hears(event(1, "1"));
		expect(await one).toEqual({ seq: 1 });
		expect(framesSent()).toEqual([["1"], ["culprit"]]);
		hears(wholeRefusal("too_large"));
		await expect(culprit).rejects.toMatchObject({ code: "too_large" });
		expect(framesSent()).toEqual([["1"], ["culprit"], ["3"]]);
		hears(event(2, "3"));
		expect(await three).toEqual({ seq: 2 });
		expect(framesSent()).toEqual([["1"], ["culprit"], ["3"], ["later"]]);
		hears(event(3, "later"));
		expect(await later).toEqual({ seq: 3 });
		expect(drops).toBe(1);
	});

	test("a suspect that is held or told to wait lets the next be sent", async () => {
		goesLive();
		for (const id of ["1", "2", "3"]) connection.ask(publish(id)).catch(() => {});
		ends();
		hears(wholeRefusal("malformed"));
		connection.back();
		sent = [];
		goesLive();
		hears({ type: "job", id: "1", job: "e-1", name: "check", state: "held" });
		hears({ type: "error", id: "2", code: "rate_limited", message: "later", retryAfterMs: 500 });
		expect(framesSent()).toEqual([["1"], ["2"]]);
		now += 500;
		connection.wake();
		hears(event(1, "2"));
		expect(framesSent()).toEqual([["1"], ["2"], ["2"], ["3"]]);
		connection.leave();
	});

	test("a hundred of them do not block what comes after", async () => {
		goesLive({ eventBytes: FRAME_BYTES_MAX });
		const stuck = Array.from({ length: CLIENT_IN_FLIGHT_MAX }, (_, i) =>
			connection.ask(publish(`${i}`, "x".repeat(FRAME_BYTES_MAX))),
		);
		const next = connection.ask(publish("next"));
		ends();
		expect(framesSent()).toEqual([["next"]]);
		hears(event(1, "next"));
		expect(await next).toEqual({ seq: 1 });
		expect((await Promise.allSettled(stuck)).map(({ status }) => status)).not.toContain("fulfilled");
	});

	test("a refusal that names no message and is of no frame is told to the page, and settles nothing", async () => {
		goesLive();
		connection.ask(publish("1")).catch(() => {});
		ends();
		hears({ type: "error", code: "rate_limited", message: "Too many signals." });
		expect(heard.at(-1)).toMatchObject({ code: "rate_limited" });
		expect(drops).toBe(0);
		connection.leave();
	});
});
