/** Rules on the real object, over HTTP and by socket: what they refuse, and deadlines that outlive the object's memory. */
import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Platform } from "../../src/durable/platform.ts";
import { RoomObject } from "../../src/durable/room-object.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { mint, SECRET } from "../mint.ts";
import { ruled } from "../room/ruled.ts";
import { doorWith } from "./door.ts";

const call = doorWith({ TOKEN_SECRET: SECRET });
const RULES = ruled({
	move: ({ data, from }, room) => {
		if (room.get(`score/${data}`) !== null) room.refuse("taken", "Somebody sits there.");
		room.set(`score/${data}`, from);
		room.publish("rolled", room.random());
		room.later("close", 3_000, data);
	},
	close: ({ data }, room) => room.set(`score/${data}`, null),
	broken: () => {
		throw new Error("a member's words");
	},
});
const room = () => env.ROOMS.getByName("lobby");

beforeEach(() => {
	vi.spyOn(RoomObject, "surround").mockImplementation((ctx) => new Platform(ctx, readSettings({}), RULES, undefined));
});
afterEach(() => {
	vi.restoreAllMocks();
	return reset();
});

async function post(name: string, data: unknown, key: string): Promise<Response> {
	const token = await mint({ sub: "ada", can: ["read", "publish"], rooms: ["*"] });
	return call("/rooms/lobby/events", {
		method: "POST",
		body: JSON.stringify({ name, data }),
		headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}`, "Idempotency-Key": key },
	});
}

async function history(): Promise<{ name: string; data: unknown; of?: number; seq: number }[]> {
	const answer = await room().events({ after: 0, limit: 200 });
	if ("refusal" in answer) throw new Error(answer.refusal.message);
	return (JSON.parse(answer.json) as { events: { name: string; data: unknown; of?: number; seq: number }[] }).events;
}

test("[P-12] [X-2] a refusal is a problem of its own code, 422, and the key is free for another try", async () => {
	expect((await post("move", "a1", "key-1")).status).toBe(201);
	const refused = await post("move", "a1", "key-2");
	expect([refused.status, refused.headers.get("Content-Type")]).toEqual([422, "application/problem+json"]);
	expect(await refused.json()).toMatchObject({
		title: "Unprocessable Content",
		status: 422,
		code: "app.taken",
		detail: "Somebody sits there.",
	});
	expect((await post("move", "a2", "key-2")).status).toBe(201);
	expect((await post("move", "a2", "key-2")).status).toBe(200);
});

test("a rule that throws is 500 `internal`; the log says where, and nothing of what was said", async () => {
	const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
	const refused = await post("broken", "secret", "key-1");
	expect([refused.status, (await refused.json<{ code: string }>()).code]).toEqual([500, "internal"]);
	expect(await history()).toEqual([]);
	expect(log).toHaveBeenCalledTimes(1);
	expect(String(log.mock.calls[0])).toMatch(/^A rule failed at an event, which was refused\. Error +at /);
	expect(String(log.mock.calls)).not.toMatch(/words|secret/);
});

test("G7 a deadline comes once though the object is gone before it is due, and dice are not thrown twice", async () => {
	expect((await post("move", "a1", "key-1")).status).toBe(201);
	await evictDurableObject(room());
	expect((await post("move", "a2", "key-2")).status).toBe(201);
	await evictDurableObject(room());
	const rolled = (await history()).filter(({ name }) => name === "rolled");
	expect(new Set(rolled.map(({ data }) => data)).size).toBe(2);
	vi.spyOn(Platform.prototype, "now").mockImplementation(() => Date.now() + 3_500);
	expect(await runDurableObjectAlarm(room())).toBe(true);
	await vi.waitUntil(async () => (await history()).some(({ name }) => name === "close"));
	await evictDurableObject(room());
	await runDurableObjectAlarm(room());
	expect((await history()).map(({ name, of }) => [name, of])).toEqual([
		["move", undefined],
		["rolled", 1],
		["move", undefined],
		["rolled", 3],
		["close", undefined],
	]);
	const rows = await runInDurableObject(room(), (_, { storage }) =>
		storage.sql.exec("select count(*) as n from deadlines").one(),
	);
	expect(rows.n).toBe(0);
});
