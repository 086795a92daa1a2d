/** The room's body under what it may meet: turns that throw, turns too large for one, storage that is to be deleted. */
import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { Inbox } from "../../src/durable/inbox.ts";
import type { RoomObject } from "../../src/durable/room-object.ts";
import { TICKET_HEADER, type Ticket, writeTicket } from "../../src/durable/ticket.ts";
import { INBOX_MESSAGES_MAX } from "../../src/protocol/limits.ts";
import { Guest, join } from "./guest.ts";

afterEach(reset);

const stubOf = (room: string) => env.ROOMS.getByName(room);
const publish = (id: string, data: unknown = 1, name = "chat") => JSON.stringify({ type: "publish", id, name, data });

const TICKET: Ticket = {
	member: "cid",
	name: "Cid",
	can: ["read", "publish"],
	since: null,
	history: 50,
	resume: null,
	protocol: null,
	host: "localhost",
	expiresAt: null,
	address: null,
	from: null,
};

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
});

test("G2 one who joins in a turn that throws hears its welcome first, and each event once", async () => {
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
	for (let n = 0; n < INBOX_MESSAGES_MAX; n++) inbox.put({ type: "frame", session: "s1", messages: [] }, 0, 2);
	expect(inbox.isFullFor(1, 2)).toBe(true);
});
