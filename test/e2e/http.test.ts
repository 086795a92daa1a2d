/** The HTTP face of a room, through `wrangler dev`. */
import { beforeAll, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { documentedFetch, type Fetch } from "./documented.ts";

const url = inject("server");
/** Every answer is held against the OpenAPI document. */
let fetch: Fetch;
beforeAll(async () => {
	fetch = await documentedFetch(url);
});

const post = (room: string, key: string | null, body: unknown, headers: Record<string, string> = {}) =>
	fetch(`${url}/rooms/${room}/events`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...(key === null ? {} : { "Idempotency-Key": key }), ...headers },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});

test("G3: a publish over HTTP is idempotent, and those in the room hear it", async () => {
	const ada = await BareClient.join(`${url}/rooms/posts`);
	const first = await post("posts", "the-first-key-of-a-guest", { name: "chat", data: { text: "hi" } });
	expect([first.status, await first.json()]).toEqual([201, { epoch: ada.welcome.epoch, seq: 1 }]);
	expect(await ada.hears("event")).toMatchObject({ seq: 1, data: { text: "hi" } });
	const again = await post("posts", "the-first-key-of-a-guest", { name: "chat", data: { text: "hi" } });
	expect([again.status, await again.json()]).toEqual([200, { epoch: ada.welcome.epoch, seq: 1 }]);
	const other = await post("posts", "the-first-key-of-a-guest", { name: "chat", data: { text: "other" } });
	expect([other.status, await other.json()]).toMatchObject([422, { code: "id_reused" }]);
	const late = await post("posts", "the-second-key-of-a-guest", { name: "chat", data: 1, expect: 0 });
	expect([late.status, await late.json()]).toMatchObject([409, { code: "conflict", head: 1 }]);
});

test("G8: bad requests are problems with a stable code", async () => {
	const cases: [Promise<Response>, number, string][] = [
		[post("bad", null, { name: "chat", data: 1 }), 400, "bad_request"],
		[post("bad", "the-only-key-of-a-guest", "{"), 400, "malformed"],
		[post("bad", "the-only-key-of-a-guest", { name: "chat" }), 400, "invalid"],
		[post("bad", "the-only-key-of-a-guest", { name: "room.x", data: 1 }), 400, "reserved_name"],
		[post("bad", "the-only-key-of-a-guest", { name: "chat", data: "x".repeat(40_000) }), 413, "too_large"],
		[post("bad", "the-only-key-of-a-guest", { name: "chat", data: "x".repeat(90_000) }), 413, "too_large"],
		[
			post("bad", "the-only-key-of-a-guest", { name: "chat", data: 1 }, { Origin: "https://evil.example" }),
			403,
			"origin_refused",
		],
		[
			post("bad", "the-only-key-of-a-guest", { name: "chat", data: 1 }, { Authorization: "Bearer x" }),
			401,
			"unauthorized",
		],
		[fetch(`${url}/rooms/-`), 400, "bad_room"],
		[fetch(`${url}/rooms/bad/events?limit=0`), 400, "bad_request"],
		[fetch(`${url}/rooms/bad/events?after=1&before=2`), 400, "bad_request"],
		[fetch(`${url}/rooms/bad/events?epoch=other`), 410, "trimmed"],
		[fetch(`${url}/rooms/bad`, { method: "PUT" }), 405, "method_not_allowed"],
		[fetch(`${url}/rooms/bad/members`, { method: "POST" }), 405, "method_not_allowed"],
		[fetch(`${url}/nowhere`), 404, "not_found"],
	];
	for (const [asked, status, code] of cases) {
		const answer = await asked;
		expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
		expect([answer.status, await answer.json()]).toMatchObject([status, { status, code, type: "about:blank" }]);
	}
	const summary = await fetch(`${url}/rooms/bad`);
	expect(await summary.json()).toEqual({ room: "bad", epoch: "", head: 0, floor: 1, count: 0 });
});

test("history reads ascend, in both directions, and say whether there is more", async () => {
	for (let i = 1; i <= 5; i++) await post("pages", `the-key-of-number-${i}`, { name: "n", data: i });
	const read = async (query: string) => {
		const page = (await (await fetch(`${url}/rooms/pages/events${query}`)).json()) as {
			events: { seq: number }[];
			more: boolean;
		};
		return [page.events.map((event) => event.seq), page.more];
	};
	expect(await read("?after=0&limit=2")).toEqual([[1, 2], true]);
	expect(await read("?after=3&limit=2")).toEqual([[4, 5], false]);
	expect(await read("?before=4&limit=2")).toEqual([[2, 3], true]);
	expect(await read("?before=3")).toEqual([[1, 2], false]);
	expect(await read("?limit=1")).toEqual([[5], true]);
});

test("members are listed", async () => {
	const ada = await BareClient.join(`${url}/rooms/members?name=Ada`);
	ada.send({ type: "presence", state: { mood: "good" } });
	await ada.hears("presence");
	const answer = await fetch(`${url}/rooms/members/members`);
	expect(await answer.json()).toEqual({
		room: "members",
		count: 1,
		members: [{ id: ada.welcome.me.id, name: "Ada", state: { mood: "good" } }],
	});
});

test("what HTTP's standards ask for passes the platform as it is: to tools that know nothing of rooms", async () => {
	const ask = (path: string, init: RequestInit = {}) => fetch(url + path, init);
	const options = await globalThis.fetch(`${url}/rooms/plain`, { method: "OPTIONS" });
	expect([options.status, options.headers.get("Allow")]).toEqual([204, "GET, HEAD, DELETE, OPTIONS"]);
	const other = await ask("/rooms/plain/moderation");
	expect([other.status, other.headers.get("Allow")]).toEqual([405, "POST, OPTIONS"]);
	const unproven = await ask("/rooms/plain", { headers: { Authorization: "Bearer x" } });
	expect([unproven.status, unproven.headers.get("WWW-Authenticate")]).toEqual([401, 'Bearer realm="rotunda"']);
	const head = await globalThis.fetch(`${url}/rooms/plain`, { method: "HEAD" });
	expect([head.status, head.headers.get("Content-Type"), await head.text()]).toEqual([200, "application/json", ""]);
	const packed = await post("plain", "the-only-key-of-a-guest", new Uint8Array(0), { "Content-Encoding": "gzip" });
	expect([packed.status, packed.headers.get("Accept-Encoding")]).toEqual([415, "identity"]);
	const page = (headers: Record<string, string>) =>
		globalThis.fetch(`${url}/rooms/plain`, { headers: { Accept: "text/html", ...headers } });
	const first = await page({});
	expect([first.status, first.headers.get("Content-Type")]).toEqual([200, "text/html; charset=utf-8"]);
	await first.text();
	const again = await page({ "If-None-Match": first.headers.get("ETag") ?? "" });
	expect([again.status, await again.text()]).toEqual([304, ""]);
	const json = await page({ Accept: "text/html;q=0, */*" });
	expect(await json.json()).toMatchObject({ room: "plain" });
});
