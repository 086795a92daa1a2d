/** The Worker's door: what is refused, how it says so, and the events over HTTP. */
import { reset } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { call, Guest, join, joinAs, ORIGIN } from "./guest.ts";

afterEach(reset);

const upgrade = (headers: Record<string, string> = {}) => ({ headers: { Upgrade: "websocket", ...headers } });

function post(room: string, key: string | null, body: string): Promise<Response> {
	return call(`/rooms/${room}/events`, {
		method: "POST",
		body,
		headers: key === null ? {} : { "Idempotency-Key": key },
	});
}

test.each([
	["/rooms/a%20b", {}, 400, "bad_room"],
	["/rooms/-a", {}, 400, "bad_room"],
	["/rooms/-a", upgrade(), 400, "bad_room"],
	["/rooms/a?history=201", upgrade(), 400, "bad_request"],
	["/rooms/a?name=", upgrade(), 400, "bad_request"],
	[`/rooms/a?name=${"n".repeat(65)}`, upgrade(), 400, "bad_request"],
	["/rooms/a", upgrade({ "Sec-WebSocket-Protocol": "resume.0123456789abcdef" }), 400, "bad_request"],
	["/rooms/a", upgrade({ "Sec-WebSocket-Protocol": "rotunda.v1, resume.short" }), 400, "bad_request"],
	["/rooms/a", upgrade({ "Sec-WebSocket-Protocol": "rotunda.v1, bearer.x.y.z" }), 401, "unauthorized"],
	["/rooms/a", upgrade({ Origin: "https://evil.example" }), 403, "origin_refused"],
	["/rooms/a", upgrade({ Origin: "null" }), 403, "origin_refused"],
	["/rooms/a", { headers: { Upgrade: "h2c" } }, 426, "upgrade_required"],
	["/rooms/a", { method: "PUT" }, 405, "method_not_allowed"],
	["/rooms/a/events", { method: "DELETE" }, 405, "method_not_allowed"],
	["/rooms/a/events?limit=0", {}, 400, "bad_request"],
	["/rooms/a/events?limit=201", {}, 400, "bad_request"],
	["/rooms/a/events?after=x", {}, 400, "bad_request"],
	["/rooms/a/events?after=1&before=2", {}, 400, "bad_request"],
	["/rooms/a/nothing", {}, 404, "not_found"],
])("G8 %s with %j is a problem %d %s", async (path, init, status, code) => {
	const response = await call(path, init);
	expect(response.headers.get("Content-Type")).toBe("application/problem+json");
	expect(await response.json()).toMatchObject({
		status,
		code,
		title: expect.any(String),
		detail: expect.stringMatching(/\.$/),
	});
	expect(response.status).toBe(status);
});

test.each([
	["/rooms/-a", {}, "bad_room", 4504],
	["/rooms/a?history=201", {}, "bad_request", 4504],
	["/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1, bearer.x.y.z" }, "unauthorized", 4003],
])("a refused join of a page, %s %j, is told by a socket: %s, close %d", async (path, headers, code, closeCode) => {
	const page = await joinAs(path, { Origin: ORIGIN, ...headers });
	await page.until(() => page.closed !== null);
	expect(page.heard).toMatchObject([{ type: "error", code }]);
	expect(page.closed?.code).toBe(closeCode);
});

test("[J-5] the reply to a join names rotunda.v1 alone, and only where it was offered", async () => {
	const offered = await call("/rooms/a", upgrade({ "Sec-WebSocket-Protocol": "resume.0123456789abcdef, rotunda.v1" }));
	expect(offered.headers.get("Sec-WebSocket-Protocol")).toBe("rotunda.v1");
	new Guest(offered.webSocket as WebSocket).socket.close();
	const bare = await call("/rooms/a", upgrade());
	expect(bare.headers.get("Sec-WebSocket-Protocol")).toBeNull();
	new Guest(bare.webSocket as WebSocket).socket.close();
});

test("G3 [X-3] an event over HTTP is 201, its repeat 200 with the same place, and members hear it once", async () => {
	const ann = await join("/rooms/a");
	const body = '{"name":"chat","data":{"a":1}}';
	const first = await post("a", "the-first-key-of-all", body);
	const again = await post("a", "the-first-key-of-all", body);
	expect([first.status, again.status]).toEqual([201, 200]);
	expect(await first.json()).toEqual(await again.json());
	expect(await ann.hears("event")).toMatchObject([{ seq: 1, id: "the-first-key-of-all", data: { a: 1 } }]);
	const page = await (await call("/rooms/a/events")).json();
	expect(page).toMatchObject({ floor: 1, head: 1, more: false, events: [{ seq: 1, id: "the-first-key-of-all" }] });
	expect(await (await call("/rooms/a")).json()).toMatchObject({ room: "a", head: 1, floor: 1, count: 1 });
	expect(await (await call("/rooms/a/members")).json()).toMatchObject({ count: 1 });
});

test.each([
	["no key", null, '{"name":"chat","data":1}', 400, "bad_request"],
	["a key of 65 characters", "k".repeat(65), '{"name":"chat","data":1}', 400, "bad_request"],
	["no JSON", "the-key-of-guests", "hello", 400, "malformed"],
	["a lone surrogate", "the-key-of-guests", '{"name":"chat","data":"\\ud800"}', 400, "malformed"],
	["no data", "the-key-of-guests", '{"name":"chat"}', 400, "invalid"],
	["data 33 deep", "the-key-of-guests", `{"name":"chat","data":${"[".repeat(33)}${"]".repeat(33)}}`, 400, "invalid"],
	["a name of the room's own", "the-key-of-guests", '{"name":"room.job","data":1}', 400, "reserved_name"],
	["data over the bound", "the-key-of-guests", `{"name":"chat","data":"${"x".repeat(32_768)}"}`, 413, "too_large"],
	["a body over 64 KiB", "the-key-of-guests", `{"name":"chat","data":"${"x".repeat(70_000)}"}`, 413, "too_large"],
	["an `expect` that is missed", "the-key-of-guests", '{"name":"chat","data":1,"expect":5}', 409, "conflict"],
])("G8 a post with %s is a problem, and leaves no trace", async (_, key, body, status, code) => {
	const response = await post("a", key, body);
	expect([response.status, await response.json()]).toMatchObject([status, { code }]);
	expect(await (await call("/rooms/a")).json()).toMatchObject({ head: 0 });
});

test("[X-4] a history that is no longer kept is 410 `trimmed`", async () => {
	await post("a", "the-first-key-of-all", '{"name":"chat","data":1}');
	const response = await call("/rooms/a/events?epoch=other");
	expect([response.status, await response.json()]).toMatchObject([410, { code: "trimmed" }]);
});
