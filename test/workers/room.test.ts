/** A room whole: the Worker, the object and its store, inside workerd. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bringUpArchive } from "./archive-tables.ts";
import { call, join, joinAs } from "./guest.ts";

beforeEach(bringUpArchive);
afterEach(reset);

const stubOf = (room: string) => env.ROOMS.getByName(room);

test("[H-1] two guests hear each other in one order, and `ping` is answered `pong`", async () => {
	const ann = await join("/rooms/lobby?name=Ann");
	const bob = await join("/rooms/lobby?name=Bob");
	ann.publish("a1");
	bob.publish("b1");
	await ann.hears("event", 2);
	await bob.hears("event", 2);
	expect(ann.seqs).toEqual([1, 2]);
	expect(ann.heard.filter(({ type }) => type === "event")).toEqual(bob.heard.filter(({ type }) => type === "event"));
	await ann.hears("presence");
	bob.say("ping");
	await bob.until(() => bob.texts.includes("pong"));
});

test("G7 a room that slept hears the next message, and nobody seems to have left", async () => {
	const ann = await join("/rooms/lobby");
	const bob = await join("/rooms/lobby");
	await ann.hears("presence");
	for (const id of ["p1", "p2", "p3"]) {
		await evictDurableObject(stubOf("lobby"), { webSockets: "hibernate" });
		ann.publish(id);
		await bob.until(() => bob.heard.some((message) => message.type === "event" && message.id === id));
	}
	ann.publish("p2");
	await ann.hears("ack");
	expect(bob.seqs).toEqual([1, 2, 3]);
	expect(ann.heard.filter(({ type }) => type === "presence")).toHaveLength(1);
});

test("G4 a guest whose socket was dropped resumes as itself, with what it missed", async () => {
	const ann = await join("/rooms/lobby");
	const [welcome] = await ann.hears("welcome");
	const bob = await join("/rooms/lobby");
	ann.publish("p1");
	await bob.hears("event");
	ann.socket.close(1000, "bye");
	bob.publish("p2");
	await bob.hears("event", 2);
	const again = await joinAs(`/rooms/lobby?since=${welcome?.epoch}.1`, {
		"Sec-WebSocket-Protocol": `rotunda.v1, resume.${welcome?.resume}`,
	});
	await again.hears("caught-up");
	expect(again.heard[0]).toMatchObject({
		type: "welcome",
		continuity: "resumed",
		me: { id: welcome?.me.id },
		count: 2,
	});
	expect(again.seqs).toEqual([2]);
});

test("[H-6] a close is answered with its own code", async () => {
	const ann = await join("/rooms/lobby");
	ann.socket.close(4321, "enough");
	await ann.until(() => ann.closed !== null);
	expect(ann.closed?.code).toBe(4321);
});

test("G8 [F-1] [L-4] what is no text is refused and the session lives on; 20 malformed messages close 4503", async () => {
	const ann = await join("/rooms/lobby");
	ann.socket.send(new Uint8Array([1, 2, 3]));
	expect(await ann.hears("error")).toMatchObject([{ code: "binary_reserved" }]);
	for (let count = 0; count < 20; count++) ann.say("no JSON");
	await ann.until(() => ann.closed !== null);
	expect(ann.closed?.code).toBe(4503);
	expect(ann.heard.filter((message) => message.type === "error" && message.code === "malformed")).toHaveLength(20);
});

test("G8 a frame far over every bound is `too_large`, whatever its size", async () => {
	const ann = await join("/rooms/lobby");
	ann.say("x".repeat(70_000));
	ann.say("x".repeat(17 * 1024 * 1024));
	expect(await ann.hears("error", 2)).toMatchObject([{ code: "too_large" }, { code: "too_large" }]);
});

test("reading rooms that do not exist writes nothing", async () => {
	for (const path of ["", "/events", "/members", "/events?after=0"]) {
		const response = await call(`/rooms/nobody${path}`);
		expect(response.status, path).toBe(200);
		await response.json();
	}
	await runInDurableObject(stubOf("nobody"), async (_, state) => {
		const tables = state.storage.sql
			.exec("select name from sqlite_master where name not like '\\_%' escape '\\'")
			.toArray();
		expect(tables).toEqual([]);
		expect(await state.storage.getAlarm()).toBeNull();
	});
});

test("a room written by newer code refuses joins and publishes with `newer_schema`, and stays as it is", async () => {
	const ann = await join("/rooms/lobby");
	ann.publish("p1");
	await ann.hears("event");
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => {
		storage.sql.exec("update schema set version = version + 1");
	});
	await evictDurableObject(stubOf("lobby"), { webSockets: "close" });
	const joined = await call("/rooms/lobby", { headers: { Upgrade: "websocket" } });
	expect([joined.status, await joined.json()]).toMatchObject([503, { code: "newer_schema" }]);
	const posted = await call("/rooms/lobby/events", {
		method: "POST",
		headers: { "Idempotency-Key": "the-key-of-guests" },
		body: '{"name":"chat","data":1}',
	});
	expect([posted.status, await posted.json()]).toMatchObject([503, { code: "newer_schema" }]);
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => {
		expect(storage.sql.exec("select count(*) as n from events").one()).toEqual({ n: 1 });
	});
});
