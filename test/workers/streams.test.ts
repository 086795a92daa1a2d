/** A room as a stream, and speaking for its session by `POST`, at the Worker's door. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mint, SECRET } from "../mint.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { type Call, doorWith, enter, problemOf } from "./door.ts";
import { body } from "./requests.ts";

afterEach(reset);

const KEY = "an-operators-long-key";
const PAGE = "https://app.example";
const VARS = { TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY, ALLOWED_ORIGINS: PAGE, PUBLISH_PER_SECOND: "0" };
const open = doorWith(VARS);

const STREAM = { Accept: "text/event-stream" };

async function follow(path: string, headers: Record<string, string> = {}, call: Call = open): Promise<StreamReader> {
	const reader = new StreamReader(await call(path, { headers: { ...STREAM, ...headers } }));
	await reader.hears("caught-up");
	return reader;
}

function say(room: string, session: string, frame: unknown, headers: Record<string, string> = {}, call: Call = open) {
	return call(`/rooms/${room}/sessions/${session}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: typeof frame === "string" ? frame : JSON.stringify(frame),
	});
}

const publish = (id: string, data: unknown = id) => ({ type: "publish", id, name: "chat", data });

const sockets = (room: string) =>
	runInDurableObject(
		env.ROOMS.getByName(room),
		(_, state) => state.getWebSockets().filter((s) => s.readyState === 1).length,
	);

const operate = (room: string, action: object) =>
	open(`/rooms/${room}/moderation`, {
		method: "POST",
		headers: { Authorization: `Bearer ${KEY}` },
		body: JSON.stringify(action),
	});

describe("[X-8] a stream", () => {
	test("G2 hears what a socket hears, in the same order, and its reader is a member", async () => {
		const ann = await enter(open, "/rooms/a?name=Ann", { "Sec-WebSocket-Protocol": "rotunda.v1" });
		ann.publish("m-1");
		await ann.hears("event");
		const ben = await follow("/rooms/a/events?name=Ben");
		const [presence] = (await ann.hears("presence")).slice(-1);
		expect(presence?.joined.map(({ name }) => name)).toEqual(["Ben"]);
		for (let i = 2; i <= 20; i++) ann.publish(`m-${i}`, { text: `line\nbreak ${i} \u2028 é` });
		await ben.hears("event", 20);
		await ann.hears("event", 20);
		expect(ben.all("event")).toEqual(ann.all("event"));
		expect(ben.parts.every(({ event, data }) => event === JSON.parse(data).type)).toBe(true);
		await ben.leave();
	});

	test("is refused as a join is, in a problem that its page can read", async () => {
		const closed = doorWith({ ...VARS, ACCESS: "token" });
		const answer = await closed("/rooms/a/events", { headers: { ...STREAM, Origin: PAGE } });
		expect(await problemOf(answer)).toBe("401 unauthorized");
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(PAGE);
		expect(await problemOf(await open("/rooms/-a/events", { headers: STREAM }))).toBe("400 bad_room");
		expect(await problemOf(await open("/rooms/a/events?history=201", { headers: STREAM }))).toBe("400 bad_request");
		const evil = await open("/rooms/a/events", { headers: { ...STREAM, Origin: "https://evil.example" } });
		expect(await problemOf(evil)).toBe("403 origin_refused");
		const token = await mint({ sub: "ada", rooms: ["b"] });
		const elsewhere = await open("/rooms/a/events", { headers: { ...STREAM, Authorization: `Bearer ${token}` } });
		expect(await problemOf(elsewhere)).toBe("403 forbidden");
		await operate("a", { action: "lock" });
		expect(await problemOf(await open("/rooms/a/events", { headers: STREAM }))).toBe("403 room_locked");
	});

	test("is for who names it, and nobody joins by HEAD; the rest reads the history", async () => {
		for (const headers of [{}, { Accept: "*/*" }, { Accept: "application/json" }]) {
			const answer = await open("/rooms/a/events", { headers });
			expect(answer.headers.get("Content-Type")).toBe("application/json");
			expect(answer.headers.get("Vary")).toContain("Accept");
		}
		const head = await open("/rooms/a/events", { method: "HEAD", headers: STREAM });
		expect(head.headers.get("Content-Type")).toBe("application/json");
		expect(await sockets("a")).toBe(0);
		const answer = await open("/rooms/a/events", { headers: { ...STREAM, Origin: PAGE } });
		expect(answer.headers.get("Content-Type")).toBe("text/event-stream");
		expect(answer.headers.get("Cache-Control")).toContain("no-transform");
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(PAGE);
		await new StreamReader(answer).leave();
	});

	test("is the same guest's with its key, and a token's holder's with the token", async () => {
		const ann = await follow("/rooms/a/events");
		const { resume, member } = await ann.who();
		await ann.leave();
		const again = await follow("/rooms/a/events", { "Rotunda-Resume": resume ?? "" });
		expect((await again.who()).member).toBe(member);
		await again.leave();
		const ada = await follow("/rooms/a/events", {
			Authorization: `Bearer ${await mint({ sub: "ada", rooms: ["*"] })}`,
		});
		expect((await ada.who()).member).toBe("ada");
		await ada.leave();
	});
});

describe("[X-9] a cursor", () => {
	test("G4 G11 stands on events, on the last part of a state and on caught-up alone; Last-Event-ID goes on after it, and wins over `since`", async () => {
		const ann = await follow("/rooms/a/events");
		const { session, resume = "" } = await ann.who();
		await say("a", session, [publish("m-1"), publish("m-2"), { type: "signal", name: "typing", data: 1 }], {
			"Rotunda-Resume": resume,
		});
		await ann.hears("event", 2);
		await ann.leave();
		const named = ann.parts.filter(({ id }) => id !== null).map(({ event }) => event);
		expect(named).toEqual(["caught-up", "event", "event"]);
		const [, first] = ann.parts.filter(({ id }) => id !== null);
		const ids = ann.parts.flatMap(({ id }) => id ?? []);
		expect(ids.map((id) => id.replace(/^[A-Za-z0-9_-]+/, "e"))).toEqual(["e.0.0", "e.1.0", "e.2.0"]);
		const ben = await follow(`/rooms/a/events?since=${ids[0]}`, { "Last-Event-ID": first?.id ?? "" });
		expect(ben.all("welcome")[0]?.continuity).toBe("resumed");
		expect(ben.all("event").map(({ seq }) => seq)).toEqual([2]);
		await ben.leave();
		const cat = await follow("/rooms/a/events", { "Last-Event-ID": "nonsense" });
		expect(cat.all("welcome")[0]).toMatchObject({ continuity: "reset", reason: "malformed" });
		await cat.leave();
	});
});

test("G11 [X-9] a stream's reader that comes back with what it saw last is told what changed of the state", async () => {
	const ann = await follow("/rooms/a/events");
	const { session, resume = "" } = await ann.who();
	const set = (id: string, key: string, value: unknown) =>
		say("a", session, [{ type: "set", id, key, value }], { "Rotunda-Resume": resume });
	await set("s-1", "topic", "tea");
	await ann.hears("state");
	const seen = ann.parts.filter(({ id }) => id !== null).at(-1);
	expect([seen?.event, seen?.id?.replace(/^[A-Za-z0-9_-]+/, "e")]).toEqual(["state", "e.0.1"]);
	await set("s-2", "place", "here");
	await ann.hears("state", 2);
	const ben = await follow("/rooms/a/events", { "Last-Event-ID": seen?.id ?? "" });
	expect(ben.all("state")).toEqual([{ type: "state", version: 2, entries: [{ key: "place", value: "here" }] }]);
	for (const reader of [ann, ben]) await reader.leave();
	const none = await follow("/rooms/a/events?state=none");
	expect(none.all("state")).toEqual([]);
	await none.leave();
});

describe("[X-10] the last message", () => {
	test("is a socket's close, and then the stream is over", async () => {
		const ann = await follow("/rooms/a/events");
		const { member } = await ann.who();
		await operate("a", { action: "ban", member });
		await ann.until(() => ann.isOver);
		expect(ann.closed?.code).toBe(4501);
		expect(ann.parts.at(-1)?.event).toBe("close");
	});
});

describe("[X-11] a stream's reader", () => {
	test("that leaves takes its session with it", async () => {
		const watcher = await enter(open, "/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1" });
		const ann = await follow("/rooms/a/events");
		expect(await sockets("a")).toBe(2);
		await ann.leave();
		// It is noticed when something is written.
		watcher.publish("m-1");
		await watcher.hears("event");
		await expect.poll(() => sockets("a")).toBe(1);
	});

	test("G6 that takes nothing is held for 1 MiB, and then both are closed", async () => {
		const answer = await open("/rooms/a/events", { headers: STREAM });
		expect(answer.status).toBe(200);
		const ann = await enter(open, "/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1" });
		expect(await sockets("a")).toBe(2);
		const text = "x".repeat(30_000);
		for (let i = 0; i < 30; i++) ann.publish(`m-${i}`, { text });
		await ann.hears("event", 30);
		expect(await sockets("a")).toBe(2);
		for (let i = 30; i < 45; i++) ann.publish(`m-${i}`, { text });
		await ann.hears("event", 45);
		await expect.poll(() => sockets("a")).toBe(1);
		const rest = new StreamReader(answer);
		await rest.until(() => rest.isOver);
	});
});

describe("[X-12] a POST to a session", () => {
	test("G3 is a frame of its own: 202, and each answer comes by the stream", async () => {
		const ann = await follow("/rooms/a/events");
		const { session, resume = "" } = await ann.who();
		const key = { "Rotunda-Resume": resume };
		expect((await say("a", session, publish("m-1"), key)).status).toBe(202);
		expect((await say("a", session, publish("m-1"), key)).status).toBe(202);
		expect((await say("a", session, [publish("m-2"), { type: "history", id: "h-1" }], key)).status).toBe(202);
		const [ack] = await ann.hears("ack");
		expect(ack).toMatchObject({ id: "m-1", seq: 1 });
		const [page] = await ann.hears("history");
		expect(page?.events.map(({ id }) => id)).toEqual(["m-1", "m-2"]);
		expect((await say("a", session, "not json", key)).status).toBe(202);
		expect((await ann.hears("error"))[0]?.code).toBe("malformed");
		await ann.leave();
	});

	test("speaks for a socket's session just as well, with the grants of that session", async () => {
		const reader = await mint({ sub: "ada", rooms: ["*"], can: ["read"] });
		const writer = await mint({ sub: "ada", rooms: ["*"], can: ["read", "publish"] });
		const ada = await enter(open, "/rooms/a", { "Sec-WebSocket-Protocol": `rotunda.v1, bearer.${reader}` });
		const session = ada.all("welcome")[0]?.me.session ?? "";
		const answer = await say("a", session, publish("m-1"), { Authorization: `Bearer ${writer}` });
		expect(answer.status).toBe(202);
		expect((await ada.hears("error"))[0]).toMatchObject({ id: "m-1", code: "forbidden" });
	});

	test("G10 of anybody else is 404, whether there is such a session or not, and asking again and again is refused", async () => {
		const ann = await follow("/rooms/a/events");
		const { session } = await ann.who();
		const ben = await follow("/rooms/a/events");
		const { resume: other = "" } = await ben.who();
		const token = { Authorization: `Bearer ${await mint({ sub: "ada", rooms: ["*"] })}` };
		const callers: Record<string, string>[] = [
			{},
			{ "Rotunda-Resume": other },
			{ "Rotunda-Resume": "short" },
			token,
			{ Authorization: `Bearer ${KEY}` },
		];
		for (const headers of callers) {
			expect(await problemOf(await say("a", session, publish("m-1"), headers))).toBe("404 not_found");
			expect(await problemOf(await say("a", "none", publish("m-1"), headers))).toBe("404 not_found");
		}
		const outcomes = await Promise.all(
			Array.from({ length: 30 }, async () => problemOf(await say("a", session, publish("m-1"), token))),
		);
		expect(outcomes).toContain("429 rate_limited");
		// Anyone can make up keys: those of one address are counted together.
		const madeUp = await Promise.all(
			Array.from({ length: 300 }, async (_, i) => {
				const headers = { "Rotunda-Resume": `made-up-key-${i}-made-up`, "CF-Connecting-IP": "203.0.113.9" };
				return problemOf(await say("a", session, publish("m-1"), headers));
			}),
		);
		expect(madeUp).toContain("429 rate_limited");
		expect(ann.all("event")).toEqual([]);
		await Promise.all([ann.leave(), ben.leave()]);
	});

	test("is JSON, within a frame's bounds, in UTF-8, and from a page that may", async () => {
		const ann = await follow("/rooms/a/events");
		const { session, resume = "" } = await ann.who();
		const key = { "Rotunda-Resume": resume };
		const post = async (frame: string, headers: Record<string, string>) =>
			problemOf(await say("a", session, frame, headers));
		expect(await post("{}", { ...key, "Content-Type": "text/plain" })).toBe("415 malformed");
		expect(await post("{}", { ...key, "Content-Encoding": "gzip" })).toBe("415 malformed");
		expect(await post(JSON.stringify("x".repeat(70_000)), key)).toBe("413 too_large");
		expect(await post("{}", { ...key, Origin: "https://evil.example" })).toBe("403 origin_refused");
		const page = await say("a", session, publish("m-1"), { ...key, Origin: PAGE });
		expect(page.status).toBe(202);
		expect(page.headers.get("Access-Control-Allow-Origin")).toBe(PAGE);
		await ann.leave();
	});

	test("G8 is told of anything that a frame may hold, and of nothing else", async () => {
		const ann = await follow("/rooms/a/events");
		const { session, resume = "" } = await ann.who();
		const faults = vi.spyOn(console, "error");
		let count = 0;
		await fc.assert(
			fc.asyncProperty(body, async (frame) => {
				count++;
				const answer = await open(`/rooms/a/sessions/${session}`, {
					method: "POST",
					headers: { "Content-Type": "application/json", "Rotunda-Resume": resume },
					body: frame,
				});
				expect([202, 400, 404, 413]).toContain(answer.status);
			}),
			{ numRuns: 15 },
		);
		expect(count).toBeGreaterThan(10);
		expect(faults).not.toHaveBeenCalled();
		await ann.leave();
	});

	test("of a session that was closed is 404", async () => {
		const ann = await follow("/rooms/a/events");
		const { session, resume = "", member } = await ann.who();
		await operate("a", { action: "remove", member });
		await ann.until(() => ann.isOver);
		expect(await problemOf(await say("a", session, publish("m-1"), { "Rotunda-Resume": resume }))).toBe(
			"404 not_found",
		);
	});
});
