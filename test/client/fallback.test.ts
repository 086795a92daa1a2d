/** `joinRoom` where no socket opens: a network of the test's own that lets HTTP through, and a room that answers. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { joinRoom, type Room } from "../../src/client/index.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { limitsOf } from "../../src/room/welcome.ts";

const URL_OF_ROOM = "https://host/rooms/lobby";

/** Sockets of which each opens, is refused on its way, or hangs. */
class FakeSocket {
	static opens = false;
	static hangs = false;
	static made = 0;
	readyState = 0;
	bufferedAmount = 0;
	readonly sent: string[] = [];
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: string }) => void) | null = null;
	onclose: ((event: { code: number; reason: string }) => void) | null = null;

	constructor() {
		FakeSocket.made++;
		if (FakeSocket.hangs) return;
		setTimeout(() => {
			if (!FakeSocket.opens) return this.onclose?.({ code: 1006, reason: "" });
			this.readyState = 1;
			this.onopen?.();
			this.onmessage?.({ data: JSON.stringify([WELCOME, { type: "caught-up", head: 7 }]) });
		}, 10);
	}

	send(text: string): void {
		this.sent.push(text);
	}

	close(): void {
		this.readyState = 3;
	}
}

const WELCOME = {
	type: "welcome",
	protocol: 1,
	features: [],
	room: "lobby",
	epoch: "e",
	head: 7,
	floor: 1,
	continuity: "fresh",
	resume: "a-guest-key-of-its-own",
	me: { id: "guest:1", name: "Ada", session: "s-1", can: ["read", "publish"], state: null },
	members: [],
	count: 1,
	limits: limitsOf(readSettings({})),
};

interface Asked {
	method: string;
	url: string;
	headers: Record<string, string>;
	body: string | undefined;
}

let asked: Asked[];
let streams: ReadableStreamDefaultController<Uint8Array>[];
/** What a `POST` is answered; it may wait. */
let taken: () => Response | Promise<Response>;
let room: Room;

beforeAll(async () => {
	await Promise.all([
		import("../../src/client/outgoing.ts"),
		import("../../src/client/why-refused.ts"),
		import("../../src/client/stream.ts"),
	]);
});

beforeEach(() => {
	vi.useFakeTimers({
		toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"],
	});
	Object.assign(FakeSocket, { opens: false, hangs: false, made: 0 });
	asked = [];
	streams = [];
	taken = () => new Response(null, { status: 202 });
	vi.spyOn(console, "warn").mockImplementation(() => {});
	vi.spyOn(Math, "random").mockReturnValue(0.9);
	vi.stubGlobal("fetch", async (url: string, { method = "GET", headers, body, signal }: RequestInit) => {
		asked.push({ method, url, headers: headers as Record<string, string>, body: body as string | undefined });
		if (method === "POST") return taken();
		if (!url.includes("/events")) return Response.json({ room: "lobby" });
		const stream = new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) });
		const own = streams.at(-1);
		signal?.addEventListener("abort", () => own?.error(new DOMException("Aborted", "AbortError")));
		return new Response(stream, { headers: { "Content-Type": "text/event-stream" } });
	});
});

afterEach(() => {
	room.leave();
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
	vi.useRealTimers();
});

function joins(): void {
	room = joinRoom(`${URL_OF_ROOM}`, { name: "Ada", WebSocket: FakeSocket as unknown as typeof WebSocket });
}

/** The stream says something. */
async function says(text: string): Promise<void> {
	streams.at(-1)?.enqueue(new TextEncoder().encode(text));
	await vi.advanceTimersByTimeAsync(0);
}

const line = (message: { type: string; [field: string]: unknown }): string =>
	`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
const posts = (): Asked[] => asked.filter(({ method }) => method === "POST");

async function goesByStream(): Promise<void> {
	joins();
	await vi.advanceTimersByTimeAsync(2_000);
	expect(streams).toHaveLength(1);
	await says(line(WELCOME) + line({ type: "caught-up", head: 7 }));
	expect(room.state.kind).toBe("live");
}

test("where two sockets in a row are refused on their way, a stream is read within 4 s, as the guest that one is", async () => {
	await goesByStream();
	expect(FakeSocket.made).toBe(2);
	const [stream] = asked.filter(({ url }) => url.includes("/events"));
	expect(stream).toMatchObject({
		url: `${URL_OF_ROOM}/events?name=Ada`,
		headers: { Accept: "text/event-stream" },
	});
});

test("where two sockets hang, a stream is asked for within 20 s", async () => {
	FakeSocket.hangs = true;
	joins();
	await vi.advanceTimersByTimeAsync(20_000);
	expect(streams).toHaveLength(1);
});

test("one socket that fails is no reason, nor is a server that cannot be reached", async () => {
	joins();
	await vi.advanceTimersByTimeAsync(100);
	FakeSocket.opens = true;
	await vi.advanceTimersByTimeAsync(1_000);
	expect(room.state.kind).toBe("live");
	expect(streams).toHaveLength(0);
	room.leave();
	FakeSocket.opens = false;
	vi.stubGlobal("fetch", async (url: string) => {
		if (url.includes("/events")) streams.push({} as never);
		throw new TypeError("fetch failed");
	});
	joins();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(streams).toHaveLength(0);
});

test("what is said goes by POST for the stream's session, one at a time and in order, with the welcome's key", async () => {
	await goesByStream();
	let answer = (_: Response): void => {};
	taken = () => new Promise((resolve) => (answer = resolve));
	void room.publish("chat", 1, { id: "a" }).catch(() => {});
	await vi.advanceTimersByTimeAsync(0);
	void room.publish("chat", 2, { id: "b" }).catch(() => {});
	await vi.advanceTimersByTimeAsync(0);
	expect(posts()).toMatchObject([
		{
			url: `${URL_OF_ROOM}/sessions/s-1`,
			headers: { "Rotunda-Resume": "a-guest-key-of-its-own", "Content-Type": "application/json" },
			body: '[{"type":"publish","id":"a","name":"chat","data":1}]',
		},
	]);
	answer(new Response(null, { status: 202 }));
	await vi.advanceTimersByTimeAsync(0);
	expect(posts().map(({ body }) => body)).toEqual([
		'[{"type":"publish","id":"a","name":"chat","data":1}]',
		'[{"type":"publish","id":"b","name":"chat","data":2}]',
	]);
});

test("while a POST is on its way, only the newest of what is worth nothing older waits", async () => {
	await goesByStream();
	let answer = (_: Response): void => {};
	taken = () => new Promise((resolve) => (answer = resolve));
	for (let i = 0; i < 50; i++) room.signal("cursor", i);
	await vi.advanceTimersByTimeAsync(500);
	expect(posts()).toHaveLength(1);
	taken = () => new Response(null, { status: 202 });
	answer(new Response(null, { status: 202 }));
	await vi.advanceTimersByTimeAsync(500);
	expect(posts().map(({ body }) => JSON.parse(body ?? "").data)).toEqual([0, 49]);
});

test("G3 G4: a stream that breaks is resumed by a stream, and what was not answered is said again", async () => {
	await goesByStream();
	const heard: unknown[] = [];
	room.on("event", ({ data }) => heard.push(data));
	const published = room.publish("chat", "hello", { id: "a" });
	await vi.advanceTimersByTimeAsync(0);
	streams.at(-1)?.close();
	await vi.advanceTimersByTimeAsync(1_000);
	expect(streams).toHaveLength(2);
	expect(asked.at(-1)?.headers).toMatchObject({ "Last-Event-ID": "e.7", "Rotunda-Resume": "a-guest-key-of-its-own" });
	const session = { ...WELCOME.me, session: "s-2" };
	await says(line({ ...WELCOME, continuity: "resumed", me: session }));
	const event = { type: "event", seq: 8, at: 1, from: "guest:1", author: "Ada", id: "a", name: "chat", data: "hello" };
	// As a network cuts it.
	const text = line(event) + line({ type: "caught-up", head: 8 });
	await says(text.slice(0, 40));
	await says(text.slice(40));
	await expect(published).resolves.toEqual({ seq: 8 });
	expect(heard).toEqual(["hello"]);
	void room.publish("chat", "more", { id: "b" }).catch(() => {});
	await vi.advanceTimersByTimeAsync(0);
	expect(posts().at(-1)?.url).toBe(`${URL_OF_ROOM}/sessions/s-2`);
});

test("what line breaks of Unicode stand in is heard whole", async () => {
	await goesByStream();
	const heard: unknown[] = [];
	room.on("event", ({ data }) => heard.push(data));
	const text = "a\u2028b\u2029c\u0085d\r\ne";
	await says(line({ type: "event", seq: 8, at: 1, from: "ben", author: "Ben", name: "chat", data: text }));
	expect(heard).toEqual([text]);
});

test("the stream's last word is heard as a socket's close", async () => {
	await goesByStream();
	await says(`event: close\ndata: {"code":4501,"reason":"banned"}\n\n`);
	expect(room.state).toEqual({ kind: "stopped", code: 4501, reason: "banned" });
});

test("comments are signs of life: with them it stays, without them it is found dead within 30 s", async () => {
	await goesByStream();
	for (let i = 0; i < 12; i++) {
		await vi.advanceTimersByTimeAsync(10_000);
		await says(":\n\n");
	}
	expect(room.state.kind).toBe("live");
	expect(streams).toHaveLength(1);
	await vi.advanceTimersByTimeAsync(31_000);
	expect(streams.length).toBeGreaterThan(1);
});

test("a socket is tried again after 5 minutes, and taken where it opens", async () => {
	await goesByStream();
	const lives = async (ms: number): Promise<void> => {
		for (let i = 0; i < ms; i += 10_000) {
			await vi.advanceTimersByTimeAsync(10_000);
			if (streams.length === 1) await says(":\n\n").catch(() => {});
		}
	};
	await lives(310_000);
	expect(FakeSocket.made).toBe(3);
	expect(room.state.kind).toBe("live");
	FakeSocket.opens = true;
	await lives(290_000);
	await vi.advanceTimersByTimeAsync(3_000);
	expect(FakeSocket.made).toBe(5);
	expect(room.state.kind).toBe("live");
	expect(streams).toHaveLength(1);
});

test("a stream that does not open either lets sockets be tried again", async () => {
	joins();
	vi.stubGlobal("fetch", async (url: string) => {
		asked.push({ method: "GET", url, headers: {}, body: undefined });
		return url.includes("/events") ? new Response("no", { status: 502 }) : Response.json({ room: "lobby" });
	});
	await vi.advanceTimersByTimeAsync(30_000);
	expect(asked.filter(({ url }) => url.includes("/events")).length).toBeGreaterThan(1);
	expect(FakeSocket.made).toBeGreaterThan(3);
});

test("where neither sockets nor requests come through, both are tried, and a socket that opens again is taken", async () => {
	FakeSocket.hangs = true;
	vi.stubGlobal("fetch", async (url: string) => {
		asked.push({ method: "GET", url, headers: {}, body: undefined });
		throw new TypeError("fetch failed");
	});
	joins();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(asked.some(({ url }) => url.includes("/events"))).toBe(true);
	FakeSocket.hangs = false;
	FakeSocket.opens = true;
	await vi.advanceTimersByTimeAsync(40_000);
	expect(room.state.kind).toBe("live");
});

test("what was asked for in this very task still goes out when one leaves", async () => {
	await goesByStream();
	void room.publish("chat", "bye", { id: "z" }).catch(() => {});
	room.leave();
	await vi.advanceTimersByTimeAsync(0);
	expect(posts()).toHaveLength(1);
});
