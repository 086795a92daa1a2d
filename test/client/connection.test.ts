/** The client's state machine on a simulated clock, fed frames by hand. */
import { beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import { Outgoing } from "../../src/client/outgoing.ts";
import type { Port, Told } from "../../src/client/port.ts";
import { RoomError } from "../../src/client/room-error.ts";
import type { Publish } from "../../src/protocol/messages.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { limitsOf } from "../../src/room/welcome.ts";

let now: number;
/** What the page's clock says: it may step. */
let date: number;
let sent: string[];
let opened: (string | null)[];
let drops: number;
let wakeAt: number | null;
let canRenewToken: boolean;
let heard: Told[];
let connection: Connection;
/** What is to run when the task is over; null where it runs at once. */
let unsentBytes: number;
let soon: (() => void)[] | null;

beforeEach(() => {
	now = 1_000_000;
	date = now;
	sent = [];
	opened = [];
	drops = 0;
	wakeAt = null;
	canRenewToken = false;
	heard = [];
	soon = null;
	unsentBytes = 0;
	const port: Port = {
		now: () => now,
		date: () => date,
		unsentBytes: () => unsentBytes,
		random: () => 0.999,
		newId: newMessageId,
		canRenewToken: () => canRenewToken,
		open: (since) => opened.push(since),
		send: (text) => sent.push(text),
		soon: (run) => void (soon === null ? run() : soon.push(run)),
		close: () => drops++,
		wakeAt: (at) => {
			wakeAt = at;
		},
		changed: () => {},
		message: (message) => heard.push(message),
	};
	connection = new Connection(port, null, Outgoing);
	connection.start();
});

const WELCOME = {
	type: "welcome",
	protocol: 1,
	features: [],
	room: "r",
	epoch: "e",
	floor: 1,
	continuity: "fresh",
	me: { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish"] },
	members: [],
	count: 1,
	limits: limitsOf(readSettings({})),
} as const;

function hears(...messages: object[]): void {
	connection.heard(JSON.stringify(messages));
}

function goesLive(head = 0, more: object = {}): void {
	connection.opened();
	hears({ ...WELCOME, head, ...more }, { type: "caught-up", head });
}

function event(seq: number, id: string, from = "ada"): object {
	return { type: "event", seq, at: 1, from, author: "Ada", id, name: "chat", data: null };
}

const publish = (id: string): Publish => ({ type: "publish", id, name: "chat", data: null });

function sentIds(): string[] {
	return sent.flatMap((text) => (text === "ping" ? [] : (JSON.parse(text) as Publish[]).map(({ id }) => id)));
}

describe("publishing", () => {
	test("G3 [P-3]: what was not answered is sent again with its id after a reconnect, in order; what was is not", async () => {
		goesLive();
		const [one, two, three] = ["1", "2", "3"].map((id) => connection.ask(publish(id)));
		hears(event(1, "1"));
		expect(await one).toEqual({ seq: 1 });
		connection.closed(1006, "");
		sent.length = 0;
		now = wakeAt ?? 0;
		connection.wake();
		expect(opened).toEqual([null, "e.1"]);
		connection.opened();
		// The event that was committed before the cut comes with the replay and is the acknowledgement.
		hears({ ...WELCOME, head: 2, continuity: "resumed" }, event(2, "2"), { type: "caught-up", head: 2 });
		expect(await two).toEqual({ seq: 2 });
		expect(sentIds()).toEqual(["3"]);
		hears({ type: "ack", id: "3", seq: 3 });
		expect(await three).toEqual({ seq: 3 });
	});

	test("[P-10] [E-2] a passing refusal is tried again after its time; a lasting one rejects", async () => {
		goesLive();
		const passing = connection.ask(publish("1"));
		const lasting = connection.ask(publish("2"));
		hears(
			{ type: "error", id: "1", code: "rate_limited", message: "later", retryAfterMs: 500 },
			{ type: "error", id: "2", code: "conflict", message: "no", head: 7 },
		);
		await expect(lasting).rejects.toThrow(RoomError);
		await expect(lasting).rejects.toMatchObject({ code: "conflict", refusal: { head: 7 } });
		sent.length = 0;
		now += 499;
		connection.wake();
		expect(sent).toEqual([]);
		now += 1;
		connection.wake();
		expect(sentIds()).toEqual(["1"]);
		hears(event(1, "1"));
		expect(await passing).toEqual({ seq: 1 });
	});

	test("[E-2] what the room fails at each time is given up, and holds up nothing else", async () => {
		goesLive();
		const failing = connection.ask(publish("1"));
		for (let n = 1; n <= 10; n++) {
			expect(sentIds().filter((id) => id === "1")).toHaveLength(n);
			hears({ type: "error", id: "1", code: "internal", message: "It failed here." });
			now += 1_000;
			connection.wake();
		}
		await expect(failing).rejects.toMatchObject({ code: "internal" });
		const next = connection.ask(publish("2"));
		hears(event(1, "2"));
		expect(await next).toEqual({ seq: 1 });
		expect(sentIds().filter((id) => id === "1")).toHaveLength(10);
	});

	test("[P-11] of many that are unanswered 100 are sent; each answer makes room for the next", () => {
		goesLive();
		for (let n = 1; n <= 102; n++) connection.ask(publish(`${n}`)).catch(() => {});
		expect(sentIds()).toHaveLength(100);
		hears(event(1, "1"));
		expect(sentIds().slice(100)).toEqual(["101"]);
		connection.leave();
	});

	test("the outbox is bounded: the 1,001st unanswered publish is refused at once", async () => {
		const asked = Array.from({ length: 1000 }, (_, i) => connection.ask(publish(`${i}`)));
		await expect(connection.ask(publish("one more"))).rejects.toMatchObject({ code: "overloaded" });
		for (const each of asked) each.catch(() => {});
		connection.leave();
	});
});

describe("what one task asks for", () => {
	const ends = (): void => {
		for (const run of soon?.splice(0) ?? []) run();
	};

	test("travels as one frame, when the task is over", () => {
		goesLive();
		soon = [];
		for (const id of ["1", "2", "3"]) connection.ask(publish(id));
		expect(sent).toEqual([]);
		ends();
		expect(sent).toHaveLength(1);
		expect(sentIds()).toEqual(["1", "2", "3"]);
		connection.ask(publish("4"));
		ends();
		expect(sentIds()).toEqual(["1", "2", "3", "4"]);
	});

	test("keeps its order: a signal does not overtake a publish", () => {
		goesLive();
		soon = [];
		connection.ask(publish("1"));
		connection.signal({ type: "signal", name: "typing", data: null });
		expect(sent.map((text) => JSON.parse(text).type ?? JSON.parse(text)[0].type)).toEqual(["publish", "signal"]);
		ends();
		expect(sent).toHaveLength(2);
	});

	test("goes out before one leaves", () => {
		goesLive();
		soon = [];
		connection.ask(publish("1")).catch(() => {});
		connection.leave();
		expect(sentIds()).toEqual(["1"]);
	});

	test("is told that one left where it had no answer, and so is what is asked for after it", async () => {
		goesLive();
		const open = connection.ask(publish("1"));
		connection.leave();
		await expect(open).rejects.toMatchObject({ code: "left" });
		await expect(connection.ask(publish("2"))).rejects.toMatchObject({ code: "left" });
	});

	test("waits where the connection was lost meanwhile", () => {
		goesLive();
		soon = [];
		connection.ask(publish("1"));
		connection.closed(1006, "");
		ends();
		expect(sent).toEqual([]);
	});
});

describe("what is told newest", () => {
	const told = (): unknown[] =>
		sent.filter((text) => text !== "ping").map((text) => (JSON.parse(text) as { state?: unknown }).state);
	const signals = (): unknown[] => sent.map((text) => (JSON.parse(text) as { data: unknown }).data);
	/** Runs until nothing waits. */
	const passes = (untilMs: number): void => {
		const end = now + untilMs;
		while (wakeAt !== null && wakeAt <= end) {
			now = Math.max(now, wakeAt);
			connection.wake();
		}
		now = end;
	};

	test("[N-5] of presence above the rate the last one always arrives, and no more than the room takes", () => {
		goesLive();
		for (let i = 1; i <= 120; i++) connection.setPresence(i);
		expect(told().length).toBeLessThanOrEqual(20);
		passes(2_000);
		expect(told().at(-1)).toBe(120);
		expect(told().length).toBeLessThanOrEqual(20);
	});

	test("of signals above the rate the newest of each name and receiver arrives", () => {
		goesLive();
		for (let i = 1; i <= 1_000; i++) {
			connection.signal({ type: "signal", name: "cursor", data: i });
			connection.signal({ type: "signal", name: "cursor", data: -i, to: "ben" });
		}
		passes(2_000);
		expect(signals().slice(-2)).toEqual([1_000, -1_000]);
		expect(sent.length).toBeLessThanOrEqual(200);
	});

	test("one that the room refuses for its speed all the same is told again when the room said", () => {
		goesLive();
		connection.setPresence("old");
		connection.setPresence("new");
		sent.length = 0;
		hears({ type: "error", code: "rate_limited", message: "slowly", retryAfterMs: 700 });
		expect(heard.some(({ type }) => type === "error")).toBe(false);
		passes(699);
		expect(told()).toEqual([]);
		passes(100);
		expect(told()).toEqual(["new"]);
	});

	test("while the line is full only the newest waits", () => {
		goesLive();
		unsentBytes = 100_000;
		for (let i = 1; i <= 10; i++) connection.setPresence(i);
		passes(1_000);
		expect(told()).toEqual([]);
		unsentBytes = 0;
		passes(1_000);
		expect(told()).toEqual([10]);
	});

	test("a state that an earlier page left is cleared, unless this one gives its own", () => {
		goesLive(0, { me: { ...WELCOME.me, state: "left behind" } });
		expect(told()).toEqual([null]);
	});

	test("a state that this page gave before it was in takes the place of the one that was left", () => {
		connection.setPresence("mine");
		goesLive(0, { me: { ...WELCOME.me, state: "left behind" } });
		expect(told()).toEqual(["mine"]);
	});
});

describe("the connection", () => {
	test("[H-4] backs off with full jitter, from 250 ms to 30 s, and begins anew once it was live", () => {
		const delays: number[] = [];
		for (let i = 0; i < 9; i++) {
			connection.closed(1006, "");
			delays.push((wakeAt ?? 0) - now);
			now = wakeAt ?? 0;
			connection.wake();
		}
		expect(delays).toEqual([250, 500, 999, 1998, 3996, 7992, 15984, 29970, 29970]);
		goesLive();
		connection.closed(1006, "");
		expect((wakeAt ?? 0) - now).toBe(250);
	});

	test("[H-2] pings every 20 s and counts itself disconnected 10 s after a ping that nothing answered", () => {
		goesLive();
		now += 20_000;
		connection.wake();
		expect(sent).toEqual(["ping"]);
		connection.heard("pong");
		now += 20_000;
		connection.wake();
		expect(sent).toEqual(["ping", "ping"]);
		now += 9_999;
		connection.wake();
		expect(connection.state.kind).toBe("live");
		now += 1;
		connection.wake();
		expect(connection.state.kind).toBe("waiting");
		expect(drops).toBe(1);
	});

	test("a probe pings at once while live and connects at once while waiting", () => {
		goesLive();
		connection.back();
		expect(sent).toEqual(["ping"]);
		connection.closed(1006, "");
		connection.back();
		expect(opened).toHaveLength(2);
	});

	test("[H-5] a socket that never opens is given up after 8 s, one that says nothing after 15 s, and each says so", () => {
		connection.reaching();
		now += 7_999;
		connection.wake();
		expect(connection.state.kind).toBe("connecting");
		now += 1;
		connection.wake();
		expect(connection.state).toMatchObject({ kind: "waiting", reason: { code: "unreachable" } });
		expect(heard).toMatchObject([{ type: "error", code: "unreachable" }]);
		now = wakeAt ?? 0;
		connection.wake();
		connection.reaching();
		connection.opened();
		now += 14_999;
		connection.wake();
		expect(connection.state.kind).toBe("connecting");
		now += 1;
		connection.wake();
		expect(connection.state).toMatchObject({ kind: "waiting", reason: { code: "unreachable" } });
	});

	test("on a slow line, each piece that arrives gives the next one its time", () => {
		connection.reaching();
		connection.opened();
		for (let i = 0; i < 4; i++) {
			now += 10_000;
			connection.wake();
			connection.heard("pong");
		}
		expect(connection.state.kind).toBe("connecting");
		expect(opened).toHaveLength(1);
	});

	test("an attempt that is young when the page is back goes on; one that hangs is begun anew, without a backoff", () => {
		connection.reaching();
		now += 3_999;
		connection.back();
		expect(opened).toHaveLength(1);
		now += 1;
		connection.back();
		expect(opened).toHaveLength(2);
		for (let i = 0; i < 5; i++) {
			connection.closed(1006, "");
			now = wakeAt ?? 0;
			connection.wake();
		}
		connection.closed(1006, "");
		connection.back();
		connection.closed(1006, "");
		expect((wakeAt ?? 0) - now).toBe(250);
	});

	test("an attempt that has opened when the page is back is asked for a sign of life, and not begun anew", () => {
		connection.reaching();
		connection.opened();
		now += 9_000;
		connection.back();
		connection.back();
		expect(sent).toEqual(["ping"]);
		expect(opened).toHaveLength(1);
		connection.heard("pong");
		now += 14_999;
		connection.wake();
		expect(connection.state.kind).toBe("connecting");
		connection.back();
		now += 10_000;
		connection.wake();
		expect(connection.state).toMatchObject({ kind: "waiting", reason: { code: "unreachable" } });
	});

	test("a network that is gone is believed at once, and tried again by itself", () => {
		goesLive();
		connection.lost("No network.");
		expect(drops).toBe(1);
		expect(connection.state).toMatchObject({
			kind: "waiting",
			reason: { code: "unreachable", message: "No network." },
		});
		now = wakeAt ?? 0;
		connection.wake();
		expect(opened).toHaveLength(2);
	});

	test("the wait that is shown is by the page's clock, and the wait itself is not", () => {
		date = 5_000_000_000;
		connection.closed(1006, "");
		expect(connection.state).toMatchObject({ kind: "waiting", retryAt: date + 250 });
		date -= 3_600_000;
		now += 250;
		connection.wake();
		expect(connection.state.kind).toBe("connecting");
	});

	test("a refusal that was learned by asking stops, or waits, as the room's own would", () => {
		connection.refused({ code: "rate_limited", message: "Later.", retryAfterMs: 5_000 }, 4004);
		expect(connection.state).toMatchObject({ kind: "waiting", reason: { code: "rate_limited" } });
		expect((wakeAt ?? 0) - now).toBe(5_250);
		now = wakeAt ?? 0;
		connection.wake();
		connection.refused({ code: "banned", message: "You are banned." }, 4501);
		expect(connection.state).toEqual({ kind: "stopped", code: 4501, reason: "You are banned." });
		expect(heard.map((told) => told.type)).toEqual(["error", "error"]);
	});

	test.each([
		[4000, "waiting"],
		[4001, "waiting"],
		[4002, "waiting"],
		[4004, "waiting"],
		[4499, "waiting"],
		[4500, "stopped"],
		[4501, "stopped"],
		[4505, "stopped"],
		[4999, "stopped"],
		[1006, "waiting"],
	] as const)("[C-1] close code %i leaves it %s", (code, kind) => {
		goesLive();
		connection.closed(code, "why");
		expect(connection.state.kind).toBe(kind);
	});

	test("[C-2] what one message was refused for is not why the room closed, nor told of the others", async () => {
		goesLive();
		const refused = connection.ask(publish("rude"));
		const open = connection.ask(publish("open"));
		hears({ type: "error", id: "rude", code: "rejected", message: "It is rude." });
		connection.closed(4502, "the room was wiped");
		await expect(refused).rejects.toMatchObject({ code: "rejected" });
		await expect(open).rejects.toMatchObject({ code: "forbidden", message: expect.stringContaining("wiped") });
		expect(connection.state).toMatchObject({ kind: "stopped", reason: "the room was wiped" });
	});

	test("4003 fetches a new token where there is a provider, and stops where there is none", () => {
		connection.closed(4003, "expired");
		expect(connection.state.kind).toBe("stopped");
	});

	test("4003 with a provider waits and tries again", () => {
		canRenewToken = true;
		connection.closed(4003, "expired");
		expect(connection.state.kind).toBe("waiting");
	});

	test("[H-4] 4004 waits as long as the room asked", () => {
		connection.opened();
		hears({ type: "error", code: "room_full", message: "full", retryAfterMs: 10_000 });
		connection.closed(4004, "busy");
		expect(connection.state).toMatchObject({ kind: "waiting", reason: { code: "room_full" } });
		expect((wakeAt ?? 0) - now).toBe(10_250);
	});

	test("G4 [R-5]: a reset takes up the room's epoch and cursor", () => {
		goesLive(9);
		expect(connection.cursor).toBe("e.9");
		connection.closed(1006, "");
		connection.back();
		connection.opened();
		hears({ ...WELCOME, epoch: "f", head: 2, continuity: "reset", reason: "epoch" });
		expect(connection.cursor).toBe(null);
		hears(event(2, "x", "ben"), { type: "caught-up", head: 2 });
		expect(connection.cursor).toBe("f.2");
		expect(heard.map((message) => message.type)).toEqual(["welcome", "caught-up", "welcome", "event", "caught-up"]);
	});

	test("[N-5] the presence state that was given last is sent again after each caught-up", () => {
		goesLive();
		connection.setPresence("here");
		connection.closed(1006, "");
		connection.back();
		sent.length = 0;
		goesLive();
		expect(sent.map((text) => JSON.parse(text))).toEqual([{ type: "presence", state: "here" }]);
	});

	test("its own signals are dropped, by session", () => {
		goesLive();
		const signal = { type: "signal", from: "ada", name: "cursor", data: 1 };
		hears({ ...signal, session: "s-1" }, { ...signal, session: "s-2" });
		expect(heard.filter((message) => message.type === "signal")).toMatchObject([{ session: "s-2" }]);
	});
});
