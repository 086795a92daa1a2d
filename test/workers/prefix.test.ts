/** A server under a path of a Worker that does other things too: every address of it, its pages, and whose a request is. */
import { reset } from "cloudflare:test";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { createRoomServer } from "../../src/server.ts";
import { type Call, doorWith, enter, problemOf } from "./door.ts";
import { ORIGIN } from "./guest.ts";

afterEach(reset);

const app = defineApp({ events: { chat: { from: "members" } } });
const server = createRoomServer(app, { path: "/rt" });
const bare = createRoomServer(app);

/** Another's Worker, which the server has a corner of. */
const mounted = new Hono().mount("/rt", server.fetch).all("*", (c) => c.text("the shop"));
const routed = new Hono<{ Bindings: Cloudflare.Env }>()
	.all("/rt/*", (c) => server.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext))
	.all("*", (c) => c.text("the shop"));
const beside = {
	fetch: (request: Request, env: Cloudflare.Env, ctx: ExecutionContext) =>
		server.owns(request) ? server.fetch(request, env, ctx) : new Response("the shop"),
};

type Fetches = Parameters<typeof doorWith>[2];
const ways: [string, Fetches][] = [
	["by itself", server],
	["by Hono's mount", mounted as unknown as Fetches],
	["by Hono's routes", routed as unknown as Fetches],
	["beside another's handler, by `owns`", beside],
];

describe.each(ways)("under a path, %s", (_, way) => {
	const call: Call = doorWith({}, ORIGIN, way);

	test("one joins, publishes and reads", async () => {
		const ann = await enter(call, "/rt/rooms/lobby/");
		ann.publish("1");
		await ann.hears("event");
		const answer = await call("/rt/rooms/lobby/events");
		expect(await answer.json()).toMatchObject({ head: 1, events: [{ id: "1" }] });
		expect((await call("/rt/health")).status).toBe(200);
	});

	test("the document says where it is", async () => {
		const answer = await call("/rt/openapi.json");
		expect(await answer.json()).toMatchObject({ servers: [{ url: "/rt" }] });
	});

	test("pages load what they need from there, and from nowhere else", async () => {
		for (const path of ["/rt", "/rt/rooms/lobby"]) {
			const page = await (await call(path, { headers: { Accept: "text/html" } })).text();
			const loads = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
			expect(loads.length).toBeGreaterThan(2);
			for (const address of loads) {
				expect(address).toMatch(/^\/rt\/assets\//);
				const file = await call(address);
				expect([file.status, file.headers.get("Cache-Control")], address).toEqual([
					200,
					expect.stringMatching(/immutable/),
				]);
				await file.body?.cancel();
			}
		}
		const client = await call("/rt/client.js");
		expect(client.headers.get("Content-Type")).toMatch(/javascript/);
		expect(client.headers.get("Access-Control-Allow-Origin")).toBe("*");
		const tag = client.headers.get("ETag") ?? "";
		expect((await call("/rt/client.js", { headers: { "If-None-Match": tag } })).status).toBe(304);
	});

	test("why one was refused can be asked from any origin: its preflight is answered", async () => {
		const headers = { Origin: "https://foreign.example", "Access-Control-Request-Method": "GET" };
		const answer = await call("/rt/rooms/lobby", { method: "OPTIONS", headers });
		expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([204, "*"]);
	});

	test("what is nowhere is a problem there, and another's elsewhere", async () => {
		expect(await problemOf(await call("/rt/nothing"))).toBe("404 not_found");
		expect(await problemOf(await call("/rt/assets/nothing.js"))).toBe("404 not_found");
		if (way !== server) expect(await (await call("/rtx")).text()).toBe("the shop");
	});
});

test("a page under a path is another than that at the root, to caches too", async () => {
	const html = { headers: { Accept: "text/html" } };
	const [there, here] = await Promise.all([
		doorWith({}, ORIGIN, server)("/rt/rooms/lobby", html),
		doorWith({}, ORIGIN, bare)("/rooms/lobby", html),
	]);
	expect(there.headers.get("ETag")).not.toBe(here.headers.get("ETag"));
	await Promise.all([there.text(), here.text()]);
	const again = { headers: { Accept: "text/html", "If-None-Match": there.headers.get("ETag") ?? "" } };
	expect((await doorWith({}, ORIGIN, server)("/rt/rooms/lobby", again)).status).toBe(304);
});

describe("`owns`", () => {
	const owned = ({ owns }: typeof server, path: string) => owns({ url: ORIGIN + path });

	test.each(["/rt", "/rt/", "/rt/rooms/lobby", "/rt/client.js", "/rt/whatever?x=/"])(
		"under a path, %s is ours",
		(path) => {
			expect(owned(server, path)).toBe(true);
		},
	);
	test.each(["/", "/rooms/lobby", "/rtx/rooms/lobby", "/x/rt/rooms/lobby", "/RT/rooms/lobby"])(
		"under a path, %s is another's",
		(path) => {
			expect(owned(server, path)).toBe(false);
		},
	);
	test.each(["/rooms", "/rooms/lobby", "/rooms/lobby/events/", "/health", "/openapi.json", "/archive/search?q=x"])(
		"without one, %s is ours",
		(path) => {
			expect(owned(bare, path)).toBe(true);
		},
	);
	test.each(["/", "/roomservice", "/archive", "/assets/app.js", "/client.js"])(
		"without one, %s is another's",
		(path) => {
			expect(owned(bare, path)).toBe(false);
		},
	);
});

test("without an app there is no server, and the sentence says which file to import first", () => {
	expect(() => createRoomServer(undefined as never)).toThrow(/imports the file of the rooms first/);
});

test("a path that is none makes no server, and says what one is", () => {
	for (const path of ["rt", "/r t", "//", "/a/../b", "/.", "/rt?x", "https://x.example/rt"]) {
		expect(() => createRoomServer(app, { path }), path).toThrow(/path .* is none.*"\/rt"/);
	}
	for (const path of ["", "/", "/rt/", "/a/b.c"]) expect(() => createRoomServer(app, { path }), path).not.toThrow();
});
