/** The room's body under what it may meet: turns that throw, turns too large for one, storage that is to be deleted. */

import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Inbox } from "../../src/durable/inbox.ts";
import type { RoomObject } from "../../src/durable/room-object.ts";
import { TICKET_HEADER, type Ticket, writeTicket } from "../../src/durable/ticket.ts";
import { INBOX_BYTES_MAX, INBOX_MESSAGES_MAX, MALFORMED_PER_MINUTE_MAX } from "../../src/protocol/limits.ts";
import { Room } from "../../src/room/room.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { Guest, join } from "./guest.ts";
import { overhear } from "./overheard.ts";
import { TICKET } from "./tickets.ts";

beforeEach(bringUpArchive);
afterEach(() => {
	vi.restoreAllMocks();
	return reset();
});

const stubOf = (room: string) => env.ROOMS.getByName(room);
const publish = (id: string, data: unknown = 1, name = "chat") => JSON.stringify({ type: "publish", id, name, data });

/** A join as the Worker hands it over, put into the room's inbox before this returns. */
function joining(room: RoomObject, ticket: Partial<Ticket> = {}): Promise<Response> {
	return room.fetch(
		new Request("https://room/", {
			headers: { Upgrade: "websocket", [TICKET_HEADER]: writeTicket({ ...TICKET, ...ticket }) },
		}),
	);
}

/** The store fails at events of the name `poison`. */
function poison(storage: DurableObjectStorage): void {
	storage.sql.exec(
		"create trigger poison before insert on events when new.body->>'$.name' = 'poison' begin select raise(abort, 'planted'); end",
	);
}

function checkJoined(heard: Guest["heard"]): void {
	expect(heard[0]?.type).toBe("welcome");
	const seqs = heard.flatMap((message) => (message.type === "event" ? [message.seq] : []));
	expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 1) + index));
}

test("G1 G2 a planted throw on one of 100 publishes gathered in one turn: 99 land, one `internal`, no hole in seq", async () => {
	const said = overhear();
	const ann = await join("/rooms/lobby");
	const bob = await join("/rooms/lobby");
	ann.publish("before");
	await bob.hears("event");
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => poison(storage));
	ann.say(Array.from({ length: 100 }, (_, n) => JSON.parse(publish(`p${n}`, n, n === 37 ? "poison" : "chat"))));
	ann.publish("after");
	await bob.hears("event", 101);
	await ann.hears("event", 101);
	expect(bob.seqs).toEqual(Array.from({ length: 101 }, (_, n) => n + 1));
	expect(ann.seqs).toEqual(bob.seqs);
	expect(await ann.hears("error")).toMatchObject([{ id: "p37", code: "internal" }]);
	expect(bob.heard.some(({ type }) => type === "error")).toBe(false);
	expect(said).toEqual([
		expect.stringMatching(/^A turn failed and was rolled back/),
		expect.stringMatching(/^An input failed and was refused/),
	]);
});

test("G2 one who joins in a turn that throws hears its welcome first, and each event once", async () => {
	const said = overhear();
	const ann = await join("/rooms/lobby");
	ann.publish("before");
	await ann.hears("event");
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => poison(storage));
	const heard = await runInDurableObject(stubOf("lobby"), async (room, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The guest's socket is missing.");
		// The first finds the room idle and is a turn of its own; all others are gathered for the next.
		room.webSocketMessage(socket, publish("p1"));
		room.webSocketMessage(socket, publish("p2"));
		const response = joining(room);
		room.webSocketMessage(socket, publish("p3"));
		room.webSocketMessage(socket, publish("p4", 1, "poison"));
		const cid = new Guest((await response).webSocket as WebSocket);
		await cid.until(() => cid.seqs.includes(4));
		return cid.heard;
	});
	checkJoined(heard);
	expect(said).toContainEqual(expect.stringMatching(/^A turn failed and was rolled back/));
});

test("G2 one whose join waits for the next turn hears nothing of the turn before its welcome", async () => {
	await join("/rooms/lobby");
	const heard = await runInDurableObject(stubOf("lobby"), async (room, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The guest's socket is missing.");
		// More than the 1 MiB that a turn takes, and the join behind it.
		for (let n = 0; n < 50; n++) room.webSocketMessage(socket, publish(`p${n}`, "x".repeat(30_000)));
		const cid = new Guest((await joining(room)).webSocket as WebSocket);
		await cid.until(() => cid.seqs.includes(50));
		return cid.heard;
	});
	checkJoined(heard);
});

test("a room that is to be forgotten leaves neither rows nor an alarm", async () => {
	const ann = await join("/rooms/lobby");
	ann.socket.close(1000, "bye");
	await ann.until(() => ann.closed !== null);
	await evictDurableObject(stubOf("lobby"), { webSockets: "close" });
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => {
		storage.sql.exec("delete from roster");
		storage.sql.exec("update meta set empty_since = 1");
	});
	await evictDurableObject(stubOf("lobby"), { webSockets: "close" });
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
	expect(await runDurableObjectAlarm(stubOf("lobby"))).toBe(true);
	await runInDurableObject(stubOf("lobby"), async (_, { storage }) => {
		expect(storage.sql.exec("select name from sqlite_master where name = 'meta'").toArray()).toEqual([]);
		expect(await storage.getAlarm()).toBeNull();
	});
	const again = await join("/rooms/lobby");
	again.publish("p1");
	await again.hears("event");
	expect(again.seqs).toEqual([1]);
});

test("G6 the inbox is bounded in frames, also in those that hold no message", () => {
	const inbox = new Inbox();
	const weight = { messages: 0, bytes: 2, effort: 2, owner: null };
	for (let n = 0; n < INBOX_MESSAGES_MAX; n++)
		inbox.putText(weight, () => ({ type: "frame", session: "s1", messages: [] }));
	expect(inbox.isFullFor(weight)).toBe(true);
});

/** The room's first socket, and the room: what is done with them is done before anything else arrives. */
function inside<T>(run: (room: RoomObject, socket: WebSocket) => T): Promise<T> {
	return runInDurableObject(stubOf("lobby"), (room: RoomObject, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The guest's socket is missing.");
		return run(room, socket);
	});
}

test("G8 [L-6] the inbox counts the bytes of a frame whose first message is refused, and a refusal for want of room bears the id", async () => {
	const ann = await join("/rooms/lobby");
	const frame = `[{"type":"?","id":"q"},${publish("p", "x".repeat(60_000))}]`;
	const fits = Math.ceil(INBOX_BYTES_MAX / frame.length);
	await inside((room, socket) => {
		// Two find the room idle and are a turn each: what comes behind them has to wait, and not all of it can.
		for (let n = 0; n < fits + 3; n++) room.webSocketMessage(socket, frame);
	});
	await ann.until(() => ann.heard.some((message) => message.type === "error" && message.code === "overloaded"));
	const refused = ann.heard.filter((message) => message.type === "error" && message.code === "overloaded");
	expect(refused.slice(0, 2)).toMatchObject([{ id: "q" }, { id: "p" }]);
});

test("G8 one that was closed for what it said is not read any more, though it goes on sending", async () => {
	await join("/rooms/lobby");
	const turns = await runInDurableObject(stubOf("lobby"), async (room: RoomObject, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The guest's socket is missing.");
		for (let n = 0; n < MALFORMED_PER_MINUTE_MAX; n++) room.webSocketMessage(socket, "no JSON");
		await vi.waitUntil(() => socket.readyState !== WebSocket.OPEN);
		const turn = vi.spyOn(Room.prototype, "turn");
		for (let n = 0; n < 100; n++) room.webSocketMessage(socket, publish(`late-${n}`));
		// Behind everything that waits for a turn.
		await new Promise((resolve) => setTimeout(resolve, 100));
		return turn.mock.calls.flatMap(([inputs]) => inputs.filter(({ type }) => type === "frame"));
	});
	expect(turns).toEqual([]);
});

test("G8 a deadline further off than the platform sets alarms for is an alarm at its furthest, and no error", async () => {
	const turn = Room.prototype.turn;
	vi.spyOn(Room.prototype, "turn").mockImplementation(function (this: Room, inputs, now) {
		// What a token with its `exp` in milliseconds comes to, where nothing is due before it.
		const effects = turn.call(this, inputs, now);
		effects.alarmAt = now * 1000;
		return effects;
	});
	const ann = await join("/rooms/lobby");
	ann.publish("p1");
	await ann.hears("event");
	expect(ann.closed).toBeNull();
	await runInDurableObject(stubOf("lobby"), async (_, { storage }) => {
		expect(await storage.getAlarm()).toBe(Date.UTC(2189));
	});
});
