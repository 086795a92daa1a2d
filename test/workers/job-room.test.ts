/** The room's body and its jobs: what it hands to the queue, and what carries on after it slept. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bringUpArchive } from "./archive-tables.ts";
import { call, join, ORIGIN } from "./guest.ts";

beforeEach(bringUpArchive);
afterEach(() => {
	vi.unstubAllGlobals();
	return reset();
});

const stubOf = (room: string) => env.ROOMS.getByName(room);

interface View {
	job: string;
	name: string;
	state: string;
	error?: { code: string };
}

async function jobs(room: string): Promise<View[]> {
	const answer = await stubOf(room).jobs(null, 50);
	return "json" in answer
		? (JSON.parse(answer.json) as { jobs: View[] }).jobs.filter(({ name }) => name === "unfurl")
		: [];
}

/** Every page is the same one; gives the addresses that were fetched. */
function web(): string[] {
	const fetched: string[] = [];
	vi.stubGlobal("fetch", async (url: URL | string) => {
		fetched.push(String(url));
		return new Response("<title>A page</title>", { headers: { "Content-Type": "text/html" } });
	});
	return fetched;
}

test("G5 a link in a chat goes out through the real queue, and its card comes to everyone once", async () => {
	web();
	const ann = await join("/rooms/lobby");
	const bob = await join("/rooms/lobby");
	ann.publish("p1", { text: "see http://a.example/x" });
	await bob.hears("event", 2);
	const events = bob.heard.filter((message) => message.type === "event");
	expect(events).toMatchObject([
		{ name: "chat", seq: 1 },
		{ name: "room.job", seq: 2, data: { name: "unfurl", of: 1, result: { title: "A page", host: "a.example" } } },
	]);
	expect(ann.heard.filter((message) => message.type === "event")).toEqual(events);
});

test("G8 the server's own pages are not fetched, also where nobody is in the room", async () => {
	const fetched = web();
	const posted = await call("/rooms/lobby/events", {
		method: "POST",
		headers: { "Idempotency-Key": "the-key-of-guests" },
		body: JSON.stringify({ name: "chat", data: { text: `${ORIGIN}/rooms/other/events` } }),
	});
	expect(posted.status).toBe(201);
	await vi.waitFor(async () => expect((await jobs("lobby"))[0]?.state).toMatch(/done|failed/), 5_000);
	expect(fetched).toEqual([]);
	expect(await jobs("lobby")).toMatchObject([{ state: "failed", error: { code: "refused_address" } }]);
});

test("G5 woken with a job that was never handed over, the room hands it over", async () => {
	web();
	const ann = await join("/rooms/lobby");
	ann.say({ type: "job", id: "j1", name: "unfurl", data: { url: "http://a.example/" } });
	await ann.hears("event");
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => {
		storage.sql.exec("update jobs set state = 'waiting' where kind = 'unfurl'");
	});
	await evictDurableObject(stubOf("lobby"), { webSockets: "close" });
	await stubOf("lobby").summary();
	await vi.waitFor(async () => expect(await jobs("lobby")).toMatchObject([{ state: "done" }]), 4_000);
});

test("G5 waking recomputes the alarm: a job whose alarm was lost with a crash is sent again all the same", async () => {
	vi.stubGlobal("fetch", () => new Promise(() => {}));
	const ann = await join("/rooms/lobby");
	ann.say({ type: "job", id: "j1", name: "unfurl", data: { url: "http://a.example/" } });
	await ann.hears("job");
	await vi.waitFor(async () => expect(await jobs("lobby")).toMatchObject([{ state: "sent" }]));
	// The alarm fires, its input waits for the turn, and the process dies: the platform counts it as delivered.
	await runInDurableObject(stubOf("lobby"), (_, { storage }) => storage.deleteAlarm());
	await evictDurableObject(stubOf("lobby"), { webSockets: "close" });
	await stubOf("lobby").summary();
	await runInDurableObject(stubOf("lobby"), async (_, { storage }) => expect(await storage.getAlarm()).not.toBeNull());
});
