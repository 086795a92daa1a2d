/** G8 at the door: whatever a request holds, it is served or refused with a stable code, and nothing of the inside shows. */
import { reset } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ErrorCode, statusOf } from "../../src/protocol/codes.ts";
import { runs } from "../runs.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { doorWith, knock, outcomeOf } from "./door.ts";
import { call, Guest, join, ORIGIN } from "./guest.ts";
import { body, header, query, roomName } from "./requests.ts";

beforeEach(bringUpArchive);
afterEach(reset);

const KEY = "an-operator-key";
const INTERNALS =
	/\bat .*\(|node_modules|\/src\/|\.ts:\d|SQLITE|D1_|workerd|TypeError|SyntaxError|URIError|undefined|\[object/;

/** Served, or refused by the caller's fault: a problem with its code, and no sentence that leaks. */
async function checkAnswer(response: Response): Promise<void> {
	const text = await response.text();
	const type = response.headers.get("Content-Type") ?? "";
	if (response.ok) {
		if (response.status !== 204) expect(type).toMatch(/^(application\/json|text\/html)/);
		return;
	}
	expect([response.status, text.slice(0, 500)], "no fault of the server's").not.toEqual([500, expect.anything()]);
	expect(type).toBe("application/problem+json");
	const { code, status, detail } = JSON.parse(text) as {
		code: ErrorCode;
		status: number;
		detail: string;
	};
	expect(statusOf(code)).toBe(response.status);
	expect([400, 401, 403, 404, 405, 409, 410, 412, 413, 422, 426, 429]).toContain(status);
	expect(detail).toMatch(/^[^\n]+\.$/);
	expect(detail).not.toMatch(INTERNALS);
}

/** From nowhere that counts: limits of the door are another test's. */
const local = doorWith({ OPERATOR_KEY: KEY }, "http://localhost:8787");
const path = fc.constantFrom(
	"",
	"/events",
	"/members",
	"/moderation",
	"/jobs",
	"/jobs/x-1",
	"/jobs/x-1/replay",
	"/state",
	"/state/k",
	"/state/%2e%2e",
	"/state/%ff",
	"/none",
);

test("G8 property: any address, method and header is answered", async () => {
	const method = fc.constantFrom("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH");
	const headers = fc.dictionary(
		fc.constantFrom(
			"Authorization",
			"If-Match",
			"If-None-Match",
			"Origin",
			"Accept",
			"Upgrade",
			"Cookie",
			"CF-Connecting-IP",
			"X-Forwarded-For",
		),
		header,
	);
	await fc.assert(
		fc.asyncProperty(method, roomName, path, query, headers, async (verb, room, rest, asked, marks) => {
			const response = await local(`/rooms/${room}${rest}?${asked}`, { method: verb, headers: marks });
			if (response.webSocket === null && verb !== "HEAD") await checkAnswer(response);
			else new Guest(response.webSocket ?? new WebSocketPair()[0]).socket.close();
		}),
		runs(30),
	);
});

test("G8 property: operators' addresses take any query", async () => {
	const where = fc.constantFrom(
		"/rooms",
		"/archive/search",
		"/rooms/lobby/jobs",
		"/rooms/lobby/events",
		"/rooms/lobby/jobs/",
	);
	await fc.assert(
		fc.asyncProperty(where, query, async (address, asked) => {
			await checkAnswer(await local(`${address}?${asked}`, { headers: { Authorization: `Bearer ${KEY}` } }));
		}),
		runs(30),
	);
});

test("G8 property: any body is an event or a problem, any key too, and who is in the room hears of the former alone", async () => {
	const ann = await join("/rooms/lobby");
	let published = 0;
	await fc.assert(
		fc.asyncProperty(body, header, async (sent, key) => {
			const response = await local("/rooms/lobby/events", {
				method: "POST",
				body: sent,
				headers: { "Idempotency-Key": key, Authorization: `Bearer ${KEY}` },
			});
			if (response.status === 201) published++;
			await checkAnswer(response);
		}),
		runs(30),
	);
	ann.publish("last");
	await ann.until(() => ann.seqs.length > published);
	expect(ann.seqs).toEqual(Array.from({ length: published + 1 }, (_, index) => index + 1));
});

test("G8 property: any body is an entry or a problem, under any condition and key", async () => {
	const key = fc.oneof(fc.constantFrom("k", "a%20b", "room.k", "%ff", "%00"), fc.string().map(encodeURIComponent));
	await fc.assert(
		fc.asyncProperty(body, key, header, async (sent, name, tag) => {
			const headers = { "If-Match": tag, "Idempotency-Key": tag, Authorization: `Bearer ${KEY}` };
			const verb = tag.length % 3 === 0 ? "DELETE" : "PUT";
			const init = verb === "PUT" ? { body: sent } : {};
			await checkAnswer(await local(`/rooms/lobby/state/${name || "k"}`, { method: verb, headers, ...init }));
		}),
		runs(30),
	);
});

test("G8 property: any body is a moderation or a problem", async () => {
	await fc.assert(
		fc.asyncProperty(body, async (sent) => {
			const headers = { Authorization: `Bearer ${KEY}` };
			await checkAnswer(await local("/rooms/lobby/moderation", { method: "POST", body: sent, headers }));
		}),
		runs(30),
	);
});

/** What a join may come with. */
const protocols = fc.oneof(
	fc.constantFrom(
		"rotunda.v1",
		"rotunda.v1, resume.0123456789abcdef",
		"rotunda.v1,rotunda.v1",
		", rotunda.v1",
		"foo",
		"",
	),
	header,
	header.map((each) => `rotunda.v1, resume.${each}`),
	header.map((each) => `rotunda.v1, bearer.${each}`),
);

test("G8 G10 property: any join is let in as a guest or refused with a code, to programs and to pages", async () => {
	await fc.assert(
		fc.asyncProperty(roomName, query, protocols, fc.boolean(), async (room, asked, offered, isPage) => {
			const headers = { "Sec-WebSocket-Protocol": offered, ...(isPage ? { Origin: "http://localhost:8787" } : {}) };
			const knocked = await knock(local, `/rooms/${room}?${asked}`, headers);
			if (!(knocked instanceof Guest)) return checkAnswer(knocked);
			const outcome = await outcomeOf(knocked);
			expect(outcome).toMatch(/^(in|4003 unauthorized|4504 (bad_request|bad_room|forbidden))$/);
			const [first] = knocked.heard;
			if (first?.type === "error") expect(first.message).not.toMatch(INTERNALS);
			if (first?.type !== "welcome") return;
			expect(first.me.id).toMatch(/^guest:[0-9a-f]{32}$/);
			expect(first.me.can).not.toContain("moderate");
			expect(first.me.name).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{1,64}$/u);
			// What cannot be resumed is said so, and never an error.
			if (first.continuity === "reset") expect(["epoch", "trimmed", "ahead", "malformed"]).toContain(first.reason);
		}),
		runs(30),
	);
});

test("G8 the public face itself answers the worst of these", async () => {
	for (const [address, init] of [
		["/rooms/%", {}],
		["/rooms/%E0%A4%A/events", {}],
		["/rooms/a/jobs/%", {}],
		["/rooms/a?since=%ff", { headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": "," } }],
		["/rooms/a", { headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": ",", Origin: ORIGIN } }],
		["/archive/search?q=%00&room=a", {}],
		["/rooms/a/events", { method: "POST", body: "[".repeat(60_000), headers: { "Idempotency-Key": "k" } }],
	] as [string, RequestInit][]) {
		const response = await call(address, init);
		if (response.webSocket === null) await checkAnswer(response);
		else expect(await outcomeOf(new Guest(response.webSocket))).toBe("4504 bad_request");
	}
});
