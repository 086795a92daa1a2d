/** The state over HTTP and by socket, on the real object: versions as entity tags, preconditions, pages, and who may. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import { createRoomServer } from "../../src/server.ts";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, enter } from "./door.ts";

const KEY = "an-operator-key-of-32-characters";
const call = doorWith({ OPERATOR_KEY: KEY, TOKEN_SECRET: SECRET, ALLOWED_ORIGINS: "https://app.example" });
afterEach(reset);

const as = async (member: string, can = ["read", "publish"]) => ({
	Authorization: `Bearer ${await mint({ sub: member, can, rooms: ["*"] })}`,
});
const OPERATORS = { Authorization: `Bearer ${KEY}` };

type Headers = Record<string, string>;
const path = (key: string, room = "lobby") => `/rooms/${room}/state/${encodeURIComponent(key)}`;
const put = (key: string, value: unknown, headers: Headers = {}) =>
	call(path(key), {
		method: "PUT",
		body: JSON.stringify(value),
		headers: { "Content-Type": "application/json", ...headers },
	});
const get = (key: string, headers: Headers = {}) => call(path(key), { headers });
const drop = (key: string, headers: Headers = {}) => call(path(key), { method: "DELETE", headers });

describe("[X-13] an entry over HTTP", () => {
	test("is put, read by its tag, and dropped", async () => {
		const ada = await as("ada");
		const made = await put("topic/a b", { text: "tea" }, ada);
		expect([made.status, made.headers.get("ETag")]).toEqual([201, '"1"']);
		const { epoch, version } = await made.json<{ epoch: string; version: number }>();
		expect([version, epoch.length > 0]).toEqual([1, true]);
		expect((await put("topic/a b", { text: "cake" }, ada)).status).toBe(200);
		const read = await get("topic/a b", ada);
		expect([read.status, read.headers.get("ETag"), read.headers.get("Content-Type")]).toEqual([
			200,
			'"2"',
			"application/json",
		]);
		expect(await read.json()).toEqual({ text: "cake" });
		for (const tag of ['"2"', 'W/"2"', '"1", "2"', "*"]) {
			const known = await get("topic/a b", { ...ada, "If-None-Match": tag });
			expect([known.status, known.headers.get("ETag"), await known.text()], tag).toEqual([304, '"2"', ""]);
		}
		expect((await get("topic/a b", { ...ada, "If-None-Match": '"1"' })).status).toBe(200);
		// A slash in a key may stand as it is.
		expect((await call("/rooms/lobby/state/topic/a%20b", { headers: ada })).status).toBe(200);
		expect((await drop("topic/a b", ada)).status).toBe(204);
		expect((await drop("topic/a b", ada)).status).toBe(204);
		expect((await get("topic/a b", ada)).status).toBe(404);
	});

	test("G11 [V-5] a precondition that fails is 412 with the entry as it is, and leaves no trace", async () => {
		const ada = await as("ada");
		await put("a", 1, ada);
		await put("a", 2, ada);
		const failed = async (answer: Response) => {
			expect(answer.status).toBe(412);
			expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
			const { code, key, version, value } = await answer.json<Record<string, unknown>>();
			return [code, key, version, value];
		};
		for (const headers of [{ "If-Match": '"1"' }, { "If-Match": 'W/"2"' }, { "If-None-Match": "*" }] as Headers[]) {
			expect(await failed(await put("a", 3, { ...ada, ...headers }))).toEqual(["precondition_failed", "a", 2, 2]);
		}
		expect(await failed(await drop("a", { ...ada, "If-Match": '"7"' }))).toEqual(["precondition_failed", "a", 2, 2]);
		for (const tag of ['"1"', "*"]) {
			expect(await failed(await put("none", 3, { ...ada, "If-Match": tag }))).toEqual([
				"precondition_failed",
				"none",
				0,
				null,
			]);
		}
		expect((await put("a", 3, { ...ada, "If-Match": '"9", "2"' })).status).toBe(200);
		expect((await put("a", 4, { ...ada, "If-Match": "*" })).status).toBe(200);
		expect((await put("b", 1, { ...ada, "If-None-Match": "*" })).status).toBe(201);
		expect((await drop("a", { ...ada, "If-Match": '"4"' })).status).toBe(204);
		for (const headers of [
			{ "If-Match": "4" },
			{ "If-None-Match": '"1"' },
			{ "If-Match": '"1"', "If-None-Match": "*" },
		] as Headers[]) {
			expect((await put("b", 3, { ...ada, ...headers })).status).toBe(400);
		}
	});

	test("G3 a PUT with an `Idempotency-Key` lands once, and without one each time", async () => {
		const ada = await as("ada");
		const key = { ...ada, "Idempotency-Key": '"k1"' };
		expect((await put("a", 1, key)).status).toBe(201);
		await put("a", 2, ada);
		const again = await put("a", 1, key);
		expect([again.status, await again.json()]).toMatchObject([200, { version: 1 }]);
		expect((await put("a", 5, key)).status).toBe(422);
		expect(await (await get("a", ada)).json()).toBe(2);
	});

	test.each([
		["%E0%A4", 400],
		["..", 405],
		["a%00b", 400],
		["k".repeat(257), 400],
		["room.own", 400],
	])("the key %s is refused with %i", async (key, status) => {
		const answer = await call(`/rooms/lobby/state/${key}`, { method: "PUT", body: "1", headers: await as("ada") });
		expect(answer.status).toBe(status);
	});

	test("G10 who may not read reads nothing, and who may not publish sets nothing", async () => {
		const [reader, mute] = [await as("ada", ["read"]), await as("bob", ["publish"])];
		expect((await put("a", 1, reader)).status).toBe(403);
		expect((await drop("a", reader)).status).toBe(403);
		expect((await get("a", mute)).status).toBe(403);
		expect((await call("/rooms/lobby/state", { headers: mute })).status).toBe(403);
		expect((await put("a", 1, OPERATORS)).status).toBe(201);
		expect((await call("/rooms/lobby/state", { headers: reader })).status).toBe(200);
	});

	test("a page of another origin is told the tag, and may send conditions", async () => {
		const origin = { Origin: "https://app.example" };
		const preflight = await call(path("a"), {
			method: "OPTIONS",
			headers: { ...origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match" },
		});
		expect(preflight.headers.get("Access-Control-Allow-Methods")).toContain("PUT");
		expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("If-Match");
		const answer = await put("a", 1, { ...(await as("ada")), ...origin });
		expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("ETag");
		const other = await call(path("a"), { method: "POST", headers: await as("ada") });
		expect([other.status, other.headers.get("Allow")]).toEqual([405, "GET, HEAD, PUT, DELETE, OPTIONS"]);
	});
});

describe("[X-13] the list", () => {
	interface Page {
		version: number;
		entries: { key: string; value: unknown; version: number; at: number; from: string }[];
		more: boolean;
	}
	const page = async (query: string): Promise<Page> => {
		const answer = await call(`/rooms/lobby/state?${query}`, { headers: OPERATORS });
		expect(answer.status).toBe(200);
		return answer.json<Page>();
	};

	test("is read to its end, by prefix, in the order of keys, at most 128 KiB at a time", async () => {
		const names = ["vote/bob", "vote/ada", "vote", "zoo", "a", "votes", "é"];
		for (const name of names) await put(name, name, OPERATORS);
		for (const n of [1, 2, 3, 4, 5, 6]) await put(`large/${n}`, "x".repeat(30_000), OPERATORS);
		const all: string[] = [];
		for (let after = ""; ; ) {
			const { entries, more } = await page(`limit=4&after=${encodeURIComponent(after)}`);
			all.push(...entries.map(({ key }) => key));
			after = all.at(-1) ?? "";
			if (!more) break;
		}
		expect(all).toEqual([
			"a",
			...[1, 2, 3, 4, 5, 6].map((n) => `large/${n}`),
			"vote",
			"vote/ada",
			"vote/bob",
			"votes",
			"zoo",
			"é",
		]);
		const votes = await page("prefix=vote/");
		expect(votes).toMatchObject({ version: 13, more: false });
		expect(votes.entries).toEqual([
			{ key: "vote/ada", value: "vote/ada", version: 2, at: expect.any(Number), from: OPERATOR },
			{ key: "vote/bob", value: "vote/bob", version: 1, at: expect.any(Number), from: OPERATOR },
		]);
		expect((await page("prefix=vote")).entries.map(({ key }) => key)).toEqual([
			"vote",
			"vote/ada",
			"vote/bob",
			"votes",
		]);
		expect((await page("prefix=vote&after=vote/ada")).entries.map(({ key }) => key)).toEqual(["vote/bob", "votes"]);
		const large = await page("prefix=large&limit=200");
		expect([large.entries.length, large.more]).toEqual([4, true]);
		expect((await call("/rooms/lobby/state?limit=0", { headers: OPERATORS })).status).toBe(400);
	});

	test("of a room in which nothing is stored is empty, and makes none", async () => {
		const answer = await call("/rooms/nowhere/state", { headers: OPERATORS });
		expect(await answer.json()).toEqual({ epoch: "", version: 0, entries: [], more: false });
		expect((await call("/rooms/nowhere/state/a", { headers: OPERATORS })).status).toBe(404);
	});
});

test("G11 G7 what is set by socket is told live, survives sleep and eviction, and comes to whoever resumes", async () => {
	const ada = await enter(
		call,
		"/rooms/lobby",
		bearing(await mint({ sub: "ada", rooms: ["*"], can: ["read", "publish"] })),
	);
	ada.say([
		{ type: "set", id: "s1", key: "n", add: 2 },
		{ type: "set", id: "s2", key: "gone", value: [1] },
		{ type: "set", id: "s3", key: "topic", value: { a: "é" } },
	]);
	await ada.until(() => ada.heard.filter(({ type }) => type === "ack").length === 3);
	const welcome = ada.heard.find((each) => each.type === "welcome");
	expect(welcome).toMatchObject({ version: 0 });
	await evictDurableObject(env.ROOMS.getByName("lobby"), { webSockets: "hibernate" });
	ada.say([
		{ type: "set", id: "s4", key: "gone", value: null, expect: 2 },
		{ type: "set", id: "s1", key: "n", add: 2 },
		{ type: "set", id: "s5", key: "n", add: 1 },
	]);
	await ada.until(() => ada.heard.some((each) => each.type === "ack" && each.id === "s5"));
	const entries = [
		{ key: "topic", value: { a: "é" }, version: 3 },
		{ key: "gone", value: null, version: 4 },
		{ key: "n", value: 3 },
	];
	const epoch = welcome?.type === "welcome" ? welcome.epoch : "";
	const back = async (query: string) => {
		const guest = await enter(
			call,
			`/rooms/lobby?${query}`,
			bearing(await mint({ sub: "bob", rooms: ["*"], can: ["read"] })),
		);
		await guest.until(() => guest.heard.some(({ type }) => type === "caught-up"));
		return guest.heard.filter(({ type }) => type === "state");
	};
	expect(await back(`since=${epoch}.0.2`)).toEqual([{ type: "state", version: 5, entries }]);
	expect(await back("history=0")).toEqual([
		{ type: "state", version: 5, entries: [entries[0], entries[2]], full: true },
	]);
	expect(await back("state=none")).toEqual([]);
	const odd = await call("/rooms/lobby?state=some", {
		headers: { Upgrade: "websocket", ...bearing(await mint({ rooms: ["*"] })) },
	});
	expect(odd.status).toBe(400);
});

test("G8 [V-11] what its member alone sees is 404 to others, and in no list of theirs", async () => {
	const server = createRoomServer(
		defineApp({
			events: {},
			state: { "secret/{member}": { write: "own", see: "own" }, "*": { write: "members", value: v.number() } },
		}),
	);
	const visitor = (member: string) => ({ member, name: member, can: ["read", "publish"] as const, address: null });
	await runInDurableObject(env.ROOMS.getByName("secrets"), async (_, ctx) => {
		const room = new server.RoomObject(ctx, env);
		const set = (member: string, key: string, value: unknown, expect?: number) =>
			room.put(visitor(member), { id: crypto.randomUUID(), key, value, expect }, null, "localhost");
		expect(await set("ada", "secret/ada", "canary")).toMatchObject({ outcome: "landed" });
		expect(await set("bob", "secret/ada", "mine")).toMatchObject({ refusal: { code: "forbidden" } });
		expect(await set("bob", "shared", "text")).toMatchObject({ refusal: { code: "invalid" } });
		expect(await set("bob", "shared", 1)).toMatchObject({ outcome: "landed" });
		const seen = async (member: string) =>
			JSON.stringify([await room.state({}, visitor(member)), await room.entry("secret/ada", visitor(member))]);
		expect(await seen("bob")).not.toContain("canary");
		expect(await seen("bob")).toContain("not_found");
		for (const member of ["ada", OPERATOR]) expect(await seen(member)).toContain("canary");
	});
});
