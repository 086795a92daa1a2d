/** `joinRoom` with sockets, a network and a clock of the test's own. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type JoinOptions, joinRoom, type Room, RoomError } from "../../src/client/index.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { limitsOf } from "../../src/room/welcome.ts";

const URL_OF_ROOM = "https://host/rooms/lobby";

/** A WebSocket as far as the client uses one. */
class FakeSocket {
	static all: FakeSocket[] = [];
	readonly url: string;
	readonly protocols: string[];
	readyState = 0;
	bufferedAmount = 0;
	readonly sent: string[] = [];
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: string }) => void) | null = null;
	onclose: ((event: { code: number; reason: string }) => void) | null = null;
	onerror: (() => void) | null = null;

	constructor(url: string, protocols: string[]) {
		this.url = url;
		this.protocols = protocols;
		FakeSocket.all.push(this);
	}

	send(text: string): void {
		this.sent.push(text);
	}

	close(): void {
		this.readyState = 3;
	}

	opens(): void {
		this.readyState = 1;
		this.onopen?.();
	}

	says(...messages: object[]): void {
		this.onmessage?.({ data: JSON.stringify(messages) });
	}

	ends(code = 1006, reason = ""): void {
		this.readyState = 3;
		this.onclose?.({ code, reason });
	}

	/** Opens, and lets its member in. */
	welcomes(head = 0, more: object = {}): void {
		this.opens();
		this.says({ ...WELCOME, head, ...more }, { type: "caught-up", head });
	}
}

const WELCOME = {
	type: "welcome",
	protocol: 1,
	features: [],
	room: "lobby",
	epoch: "e",
	floor: 1,
	continuity: "fresh",
	me: { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish"], state: null },
	members: [{ id: "ada", name: "Ada", state: null }],
	count: 1,
	limits: limitsOf(readSettings({})),
};

const event = (seq: number): object => ({
	type: "event",
	seq,
	at: 1,
	from: "ben",
	author: "Ben",
	name: "chat",
	data: seq,
});

/** What is loaded when it is needed is loaded by now: the clock is the test's own, and loading takes real time. */
beforeAll(async () => {
	await Promise.all([
		import("../../src/client/outgoing.ts"),
		import("../../src/client/why-refused.ts"),
		import("../../src/client/walk.ts"),
		import("../../src/client/stream.ts"),
	]);
});

let warnings: string[];
/** What a `GET` of the room's URL answers; a throw is a network that is gone. */
let answer: (url: string, init: RequestInit) => Response;
let asked: { url: string; headers: Record<string, string> }[];
let rooms: Room[];

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
	FakeSocket.all = [];
	warnings = [];
	asked = [];
	rooms = [];
	answer = () => {
		throw new TypeError("fetch failed");
	};
	vi.spyOn(console, "warn").mockImplementation((text: string) => void warnings.push(text));
	vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
		asked.push({ url, headers: init.headers as Record<string, string> });
		return answer(url, init);
	});
});

afterEach(() => {
	for (const room of rooms) room.leave();
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
	vi.useRealTimers();
});

function joins(options: JoinOptions = {}): Room {
	const room = joinRoom(URL_OF_ROOM, { WebSocket: FakeSocket as unknown as typeof WebSocket, ...options });
	rooms.push(room);
	return room;
}

/** The newest socket, once everything that is under way is done. */
async function socket(): Promise<FakeSocket> {
	await vi.advanceTimersByTimeAsync(0);
	const newest = FakeSocket.all.at(-1);
	if (newest === undefined) throw new Error("no socket was opened");
	return newest;
}

const problem = (status: number, code: string, more: object = {}): Response =>
	Response.json({ status, code, detail: `It is ${code}.`, ...more }, { status });

describe("the room's URL", () => {
	test.each([
		["https://host/rooms/lobby", "wss://host/rooms/lobby"],
		["http://host/rooms/lobby/", "ws://host/rooms/lobby"],
		["wss://host/under/a/prefix/rooms/lobby?x=1#token=t", "wss://host/under/a/prefix/rooms/lobby"],
	])("%s is joined at %s", async (url, address) => {
		rooms.push(joinRoom(url, { WebSocket: FakeSocket as unknown as typeof WebSocket }));
		expect((await socket()).url).toBe(address);
	});

	test.each([
		"lobby",
		"/rooms/lobby",
		"https://host/",
		"https://host/rooms/",
		"https://host/rooms/a b",
		"ftp://host/rooms/a",
	])("%s can be no room's, and is said to be none at once", (url) => {
		expect(() => joinRoom(url)).toThrow(/is no room's URL/);
	});
});

describe("a socket that never opens", () => {
	test.each([
		[401, "unauthorized", "stopped"],
		[403, "origin_refused", "stopped"],
		[403, "forbidden", "stopped"],
		[403, "banned", "stopped"],
		[403, "room_locked", "stopped"],
		[400, "bad_request", "stopped"],
		[429, "rate_limited", "waiting"],
		[503, "room_full", "waiting"],
		[503, "newer_schema", "waiting"],
		[503, "a_code_of_a_newer_server", "waiting"],
	])(
		"is asked about: %i %s leaves it %s, with the sentence in the state, in an error and once in the console",
		async (status, code, kind) => {
			answer = () => problem(status, code, { retryAfterMs: 60_000 });
			const room = joins({ token: "a.b.c", name: "Ada" });
			const errors: unknown[] = [];
			room.on("error", (reason) => errors.push(reason));
			(await socket()).ends();
			await vi.advanceTimersByTimeAsync(0);
			expect(asked).toEqual([
				{ url: `${URL_OF_ROOM}?name=Ada`, headers: { Accept: "application/json", Authorization: "Bearer a.b.c" } },
			]);
			expect(room.state).toMatchObject(
				kind === "stopped" ? { kind, reason: `It is ${code}.` } : { kind, reason: { code, message: `It is ${code}.` } },
			);
			expect(errors).toMatchObject([{ code, message: `It is ${code}.` }]);
			expect(warnings).toEqual([`Rotunda: It is ${code}.`]);
		},
	);

	test("because nothing can be reached is tried again, and the console hears of it once", async () => {
		const room = joins();
		for (let i = 0; i < 3; i++) {
			(await socket()).ends();
			await vi.advanceTimersByTimeAsync(0);
			expect(room.state).toMatchObject({ kind: "waiting", reason: { code: "unreachable" } });
			await vi.advanceTimersByTimeAsync(2_000);
		}
		expect(FakeSocket.all.length).toBeGreaterThan(3);
		expect(warnings).toHaveLength(1);
	});

	test("though the room can be read says that something on the way refuses sockets", async () => {
		answer = () => Response.json({ room: "lobby", epoch: "e", head: 0, floor: 1, count: 0 });
		const room = joins();
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({
			kind: "waiting",
			reason: { message: expect.stringContaining("no WebSocket opens") },
		});
	});

	test.each([
		["a page", () => new Response("<!doctype html>")],
		["404", () => new Response("Not found", { status: 404 })],
	])("at an address that answers with %s stops: there is no room", async (_, answers) => {
		answer = answers;
		const room = joins();
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({ kind: "stopped", reason: expect.stringContaining("no room at this address") });
	});

	test.each([200, 404, 401])("is not given up where the answer %i is cut off on its way", async (status) => {
		answer = () => {
			const cut = new ReadableStream({
				start(controller) {
					controller.enqueue(new TextEncoder().encode('{"room":"lob'));
					controller.error(new TypeError("terminated"));
				},
			});
			return new Response(cut, { status });
		};
		const room = joins();
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({ kind: "waiting", reason: { code: "unreachable" } });
	});

	test("leaves no question behind when it is given up", async () => {
		let signal: AbortSignal | null | undefined;
		vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
			signal = init.signal;
			return new Promise(() => {});
		});
		joins();
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(0);
		expect(signal?.aborted).toBe(false);
		await vi.advanceTimersByTimeAsync(8_000);
		expect(signal?.aborted).toBe(true);
	});

	test("in a runtime without WebSocket stops, and says so", async () => {
		vi.stubGlobal("WebSocket", undefined);
		const room = joinRoom(URL_OF_ROOM);
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({ kind: "stopped", reason: expect.stringContaining("WebSocket") });
	});
});

describe("a token", () => {
	test.each([
		["throws", () => Promise.reject(new Error("no session"))],
		["gives a page", () => "<!doctype html><title>Sign in</title>"],
		["gives an empty text", () => ""],
	])("whose function %s is asked for again, and the reason is told", async (_, token) => {
		const room = joins({ token });
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({
			kind: "waiting",
			reason: { code: "unauthorized", message: expect.stringContaining("token") },
		});
		expect(FakeSocket.all).toHaveLength(0);
		expect(warnings).toHaveLength(1);
	});

	test("whose function hangs has 30 s, which are not the connection's", async () => {
		let give = (_: string): void => {};
		const room = joins({ token: () => new Promise((resolve) => (give = resolve)) });
		await vi.advanceTimersByTimeAsync(29_000);
		expect(room.state.kind).toBe("connecting");
		give("a.b.c");
		await vi.advanceTimersByTimeAsync(7_000);
		expect(room.state.kind).toBe("connecting");
		await vi.advanceTimersByTimeAsync(1_500);
		expect(room.state.kind).not.toBe("live");
		const never = joins({ token: () => new Promise(() => {}) });
		await vi.advanceTimersByTimeAsync(30_000);
		expect(never.state).toMatchObject({ kind: "waiting", reason: { message: expect.stringContaining("30 s") } });
	});

	test("that no header can hold stops at once", async () => {
		const room = joins({ token: "a b" });
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({ kind: "stopped", code: 4003 });
	});

	test("function that gives null is one who is not signed in: a guest, or told to sign in", async () => {
		const room = joins({ token: () => null });
		expect((await socket()).protocols).toEqual(["rotunda.v1"]);
		answer = () => problem(401, "unauthorized");
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(0);
		expect(room.state).toMatchObject({ kind: "stopped", code: 4003 });
	});

	test("that was refused is fetched anew", async () => {
		let i = 0;
		answer = () => problem(401, "unauthorized");
		joins({ token: () => `a.b.${i++}` });
		(await socket()).ends();
		await vi.advanceTimersByTimeAsync(300);
		expect((await socket()).protocols).toEqual(["rotunda.v1", "bearer.a.b.1"]);
	});
});

describe("time", () => {
	test("a clock that is set back an hour puts neither pings nor retries to sleep", async () => {
		const room = joins();
		const first = await socket();
		first.welcomes();
		vi.setSystemTime(Date.now() - 3_600_000);
		await vi.advanceTimersByTimeAsync(20_000);
		expect(first.sent.filter((text) => text === "ping")).toHaveLength(2);
		first.ends();
		vi.setSystemTime(Date.now() - 3_600_000);
		await vi.advanceTimersByTimeAsync(300);
		expect(FakeSocket.all).toHaveLength(2);
		expect(room.state.kind).toBe("connecting");
	});
});

describe("leaving", () => {
	test("by an AbortSignal, before and after one is in", async () => {
		const over = new AbortController();
		const room = joins({ signal: over.signal });
		(await socket()).welcomes();
		over.abort();
		expect(room.state).toMatchObject({ kind: "stopped", code: 1000 });
		const never = joins({ signal: over.signal });
		await vi.advanceTimersByTimeAsync(0);
		expect(never.state.kind).toBe("stopped");
		expect(FakeSocket.all).toHaveLength(1);
	});

	test("leaves no timer behind", async () => {
		const room = joins();
		(await socket()).welcomes();
		room.leave();
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe("what the page holds", () => {
	test("`members` is another map when it has changed, and the same when it has not", async () => {
		const room = joins();
		const line = await socket();
		line.welcomes();
		const before = room.members;
		line.says(event(1));
		expect(room.members).toBe(before);
		line.says({ type: "presence", count: 2, joined: [{ id: "ben", name: "Ben", state: 1 }], left: [], changed: [] });
		expect(room.members).not.toBe(before);
		expect([...before.keys()]).toEqual(["ada"]);
		expect([...room.members.keys()]).toEqual(["ada", "ben"]);
	});

	test("G2: `events()` gives what is held and what follows, to one who comes late and one who reads slowly", async () => {
		const room = joins();
		const line = await socket();
		line.welcomes(2, {});
		for (let seq = 3; seq <= 600; seq++) line.says(event(seq));
		const seen: number[] = [];
		const reader = (async () => {
			for await (const { seq } of room.events()) {
				seen.push(seq);
				if (seq === 1_200) return;
			}
		})();
		await vi.advanceTimersByTimeAsync(0);
		const first = seen[0] ?? 0;
		expect(first).toBeGreaterThan(2);
		expect(seen).toEqual(Array.from({ length: 600 - first + 1 }, (_, i) => first + i));
		for (let seq = 601; seq <= 1_300; seq++) line.says(event(seq));
		// It is asked for what is held no more.
		await vi.advanceTimersByTimeAsync(0);
		for (let i = 0; i < 10; i++) {
			const frames = line.sent.filter((text) => text.includes("history"));
			line.sent.length = 0;
			for (const [request] of frames.map((text) => JSON.parse(text) as { id: string; after: number }[])) {
				const from = (request?.after ?? 0) + 1;
				const events = Array.from({ length: 100 }, (_, n) => event(from + n));
				line.says({ type: "history", id: request?.id, events, floor: 1, head: 1_300, more: true });
			}
			await vi.advanceTimersByTimeAsync(0);
		}
		await reader;
		expect(seen).toEqual(Array.from({ length: 1_200 - first + 1 }, (_, i) => first + i));
	});

	test("`events()` ends when one leaves, says why one was sent away, and ends where the history begins anew", async () => {
		const read = async (room: Room): Promise<string> => {
			try {
				for await (const _ of room.events());
				return "over";
			} catch (error) {
				return error instanceof RoomError ? error.message : String(error);
			}
		};
		const left = joins();
		(await socket()).welcomes();
		const over = read(left);
		left.leave();
		expect(await over).toBe("over");
		const removed = joins();
		const line = await socket();
		line.welcomes();
		const sentAway = read(removed);
		line.ends(4500, "you were removed");
		expect(await sentAway).toBe("you were removed");
		const wiped = joins();
		const old = await socket();
		old.welcomes();
		old.says(event(1));
		const begun = read(wiped);
		await vi.advanceTimersByTimeAsync(0);
		old.ends();
		await vi.advanceTimersByTimeAsync(300);
		(await socket()).welcomes(0, { epoch: "f", continuity: "reset", reason: "epoch" });
		expect(await begun).toMatch(/does not go on from here/);
	});
});

describe("entries, whose part of the client is loaded when the room tells of the first", () => {
	const state = (version: number, a: number, more: object = {}): object => ({
		...{ type: "state", version, entries: [{ key: "a", value: a }] },
		...more,
	});

	test("G11: at `caught-up` they are there, and nothing has come before anything else", async () => {
		const room = joins();
		const heard: unknown[] = [];
		room.on("welcome", () => heard.push("welcome"));
		room.on("event", ({ seq }) => heard.push(seq));
		room.on("entries", (changed) => heard.push(changed));
		room.on("caught-up", () => heard.push(["caught-up", room.get("a"), room.entries()]));
		const one = await socket();
		one.opens();
		one.says({ ...WELCOME, version: 3 });
		one.says(state(3, 1, { full: true }));
		one.says(event(1), { type: "caught-up", head: 1 });
		one.says(event(2), state(4, 2));
		expect([room.get("a"), room.entries()]).toEqual([null, []]);
		await vi.advanceTimersByTimeAsync(0);
		const entry = (version: number, value: number): object => ({ key: "a", value, version });
		expect(heard).toEqual([...["welcome", [entry(3, 1)], 1, ["caught-up", 1, [entry(3, 1)]]], ...[2, [entry(4, 2)]]]);
	});

	test("[V-8] a socket that ends meanwhile has told what it has told, and the next goes on with the version", async () => {
		const room = joins();
		const one = await socket();
		one.opens();
		one.says({ ...WELCOME, version: 3 });
		one.says(state(3, 1, { full: true }), { type: "caught-up", head: 5 });
		one.ends();
		await vi.advanceTimersByTimeAsync(0);
		expect([room.state.kind, room.get("a")]).toEqual(["waiting", 1]);
		await vi.advanceTimersByTimeAsync(1_000);
		expect((await socket()).url).toBe("wss://host/rooms/lobby?since=e.5.3");
		expect(room.cursor).toBe("e.5");
	});

	test("one who leaves meanwhile hears no more", async () => {
		const room = joins();
		const one = await socket();
		one.opens();
		one.says({ ...WELCOME, version: 3 });
		one.says(state(3, 1, { full: true }), event(1));
		const heard: unknown[] = [];
		room.on("event", ({ seq }) => heard.push(seq));
		room.leave();
		await vi.advanceTimersByTimeAsync(0);
		expect([heard, room.state.kind, room.get("a")]).toEqual([[], "stopped", null]);
	});

	test("a cursor of another page names no version that this one holds", async () => {
		joins({ since: "e.5.3" });
		expect((await socket()).url).toBe("wss://host/rooms/lobby?since=e.5");
		joins({ since: "e.5" });
		expect((await socket()).url).toBe("wss://host/rooms/lobby?since=e.5");
	});

	test("what is set before there is a connection shows as soon as that part is loaded, and goes out when live", async () => {
		const room = joins();
		const set = room.set("a", 1);
		await vi.advanceTimersByTimeAsync(0);
		expect([room.get("a"), room.state.kind]).toEqual([1, "connecting"]);
		const one = await socket();
		one.welcomes();
		await vi.advanceTimersByTimeAsync(0);
		const [message] = JSON.parse(one.sent.at(-1) ?? "[]");
		expect(message).toMatchObject({ type: "set", key: "a", value: 1 });
		one.says(state(1, 1), { type: "ack", id: message.id, version: 1 });
		expect(await set).toEqual({ version: 1 });
	});
});
