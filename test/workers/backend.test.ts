/** `rotunda/backend`: what one's own server does with rooms, by `fetch` alone. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	type Backend,
	BackendError,
	type BackendOptions,
	backend,
	mintToken,
	verifyWebhook,
} from "../../src/backend/index.ts";
import { SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, type Call, doorWith, enter, knock, leave, outcomeOf } from "./door.ts";
import { ORIGIN } from "./guest.ts";

const KEY = "an-operator-key-of-32-characters";
const call = doorWith({ OPERATOR_KEY: KEY, TOKEN_SECRET: SECRET });
beforeEach(bringUpArchive);
afterEach(reset);

/** A backend whose requests `through` lets pass. */
function connected(options: Partial<BackendOptions> = {}, through: Call = call): Backend {
	const fetch = (url: string, init?: RequestInit) => through(url.slice(ORIGIN.length), init);
	return backend(ORIGIN, { key: KEY, fetch, ...options });
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
	const found: T[] = [];
	for await (const each of list) found.push(each);
	return found;
}

/** Answers that are lost: the first so many. */
function losing(answers: number): Call {
	let lost = 0;
	return async (path, init) => {
		const answer = await call(path, init);
		if (lost++ < answers) throw new TypeError("the network is gone");
		return answer;
	};
}

describe("publishing", () => {
	test("G3 an answer that is lost is asked for again under the same key: the event is there once", async () => {
		const room = connected({}, losing(2)).room("lobby");
		expect(await room.publish("chat", { text: "hi" })).toEqual({ epoch: expect.any(String), seq: 1, isRepeat: true });
		expect((await room.events()).events).toHaveLength(1);
	});

	test("G3 a key of one's own holds across calls", async () => {
		const room = connected().room("lobby");
		const first = await room.publish("chat", { text: "hi" }, { id: "order-7" });
		expect(first).toMatchObject({ seq: 1, isRepeat: false });
		expect(await room.publish("chat", { text: "hi" }, { id: "order-7" })).toEqual({ ...first, isRepeat: true });
	});

	test.each(["", undefined])(
		"without a key (%j) nobody is asked, and the sentence says which there are",
		async (key) => {
			let asked = 0;
			const through: Call = (path, init) => {
				asked++;
				return call(path, init);
			};
			const room = connected({ key: key as string }, through).room("lobby");
			await expect(room.publish("chat")).rejects.toMatchObject({
				code: "unauthorized",
				message: expect.stringMatching(/OPERATOR_KEY/),
			});
			expect(asked).toBe(0);
		},
	);

	test("what is said without data is null", async () => {
		const room = connected().room("lobby");
		await room.publish("closed");
		expect((await room.events()).events).toMatchObject([{ name: "closed", data: null }]);
	});

	test("a refusal is an error with its stable code, and is not tried again", async () => {
		let asked = 0;
		const room = connected({}, (path, init) => {
			asked++;
			return call(path, init);
		}).room("lobby");
		await expect(room.publish("room.mine", 1)).rejects.toMatchObject({ code: "reserved_name", status: 400 });
		await expect(room.publish("chat", { text: "a" }, { expect: 7 })).rejects.toMatchObject({ code: "conflict" });
		expect(asked).toBe(2);
	});

	test("who answers in no words of ours is said to be the wrong address, and who never answers to be unreachable", async () => {
		const page: Call = async () => new Response("<html>", { status: 404 });
		await expect(connected({}, page).room("lobby").summary()).rejects.toThrow(/see whether the URL is right/);
		const nobody: Call = () => Promise.reject(new TypeError("refused"));
		const alone = connected({ retryForMs: 0 }, nobody).room("lobby").summary();
		await expect(alone).rejects.toMatchObject({ code: "unreachable", status: 0 });
	});

	test("what is ended is not tried again", async () => {
		const over = new AbortController();
		const nobody: Call = async () => {
			over.abort();
			throw new TypeError("refused");
		};
		await expect(connected({ signal: over.signal }, nobody).room("lobby").summary()).rejects.toThrow(/abort/i);
	});
});

describe("the state", () => {
	test("G3 a set whose answer is lost is asked for again under the same key: it lands once", async () => {
		const { state } = connected({}, losing(2)).room("lobby");
		expect(await state.set("topic", { text: "tea" })).toEqual({ epoch: expect.any(String), version: 1 });
		// What it expected was so when it landed.
		const { state: again } = connected({}, losing(2)).room("lobby");
		expect(await again.set("topic", "coffee", { expect: 1 })).toMatchObject({ version: 2 });
		expect(await again.get("topic")).toEqual({ value: "coffee", version: 2 });
		expect(await again.get("nothing")).toBe(null);
	});

	test("[X-13] what is not as expected is refused with the entry as it is, and is not tried again", async () => {
		let calls = 0;
		const { state } = connected({}, (path, init) => {
			calls++;
			return call(path, init);
		}).room("lobby");
		await state.set("vote/a b", 1, { expect: 0 });
		calls = 0;
		const refusal = { code: "precondition_failed", status: 412, entry: { key: "vote/a b", value: 1, version: 1 } };
		await expect(state.set("vote/a b", 2, { expect: 0 })).rejects.toMatchObject(refusal);
		await expect(state.drop("vote/a b", { expect: 7 })).rejects.toMatchObject(refusal);
		expect(calls).toBe(2);
		await state.drop("vote/a b", { expect: 1 });
		await state.drop("vote/a b");
		expect(await state.get("vote/a b")).toBe(null);
		const none = { code: "precondition_failed", entry: { key: "vote/a b", value: null, version: 0 } };
		await expect(state.set("vote/a b", 2, { expect: 1 })).rejects.toMatchObject(none);
	});

	test("a function makes the next value of the last, and is asked anew where another was first", async () => {
		const { state } = connected().room("lobby");
		const more = (value: unknown): unknown => Number(value ?? 0) + 1;
		await Promise.all(Array.from({ length: 8 }, () => state.set("count", more)));
		expect(await state.get("count")).toMatchObject({ value: 8 });
		await state.set("count", () => null);
		expect(await state.get("count")).toBe(null);
	});

	test("all of it, or what begins so, page after page in the order of the keys", async () => {
		const { state } = connected().room("lobby");
		const keys = Array.from({ length: 120 }, (_, i) => `shape/${String(i).padStart(3, "0")}`);
		await Promise.all([...keys, "topic"].map((key) => state.set(key, key)));
		expect((await all(state.entries({ prefix: "shape/" }))).map(({ key }) => key)).toEqual(keys);
		expect(await all(state.entries({ prefix: "t" }))).toMatchObject([
			{ key: "topic", value: "topic", from: "room:operator" },
		]);
		expect(await all(state.entries())).toHaveLength(121);
		expect(await all(state.entries({ prefix: "none" }))).toEqual([]);
	});

	test("one's own id sets once across calls, and with another value is refused", async () => {
		const { state } = connected().room("lobby");
		const first = await state.set("topic", "tea", { id: "topic-of-order-7" });
		await state.set("topic", "coffee");
		expect(await state.set("topic", "tea", { id: "topic-of-order-7" })).toEqual(first);
		expect(await state.get("topic")).toMatchObject({ value: "coffee" });
		await expect(state.set("topic", "water", { id: "topic-of-order-7" })).rejects.toMatchObject({ code: "id_reused" });
	});
});

describe("reading", () => {
	test("members are read to their end, whatever a page holds", async () => {
		const guests = await Promise.all(["ada", "bob"].map((name) => enter(call, `/rooms/lobby?name=${name}`)));
		const room = connected().room("lobby");
		expect((await all(room.members())).map(({ name }) => name).sort()).toEqual(["ada", "bob"]);
		expect(await room.summary()).toMatchObject({ room: "lobby", count: 2 });
		await Promise.all(guests.map(leave));
	});

	test("a page of the history, and of one that is another", async () => {
		const room = connected().room("lobby");
		for (const text of ["a", "b", "c"]) await room.publish("chat", { text });
		expect(await room.events({ after: 1, limit: 1 })).toMatchObject({ events: [{ seq: 2 }], more: true });
		await expect(room.events({ epoch: "0000000000000000" })).rejects.toMatchObject({ code: "trimmed", status: 410 });
	});

	test("jobs, the directory and dead letters are lists too", async () => {
		const server = connected();
		expect(await all(server.room("lobby").jobs({ state: "failed" }))).toEqual([]);
		expect(await all(server.rooms())).toEqual([]);
		expect(await all(server.deadLetters())).toEqual([]);
		expect(await all(server.search("nothing", "lobby"))).toEqual([]);
		await expect(server.room("lobby").job("none")).rejects.toMatchObject({ code: "not_found" });
	});
});

describe("following", () => {
	test("G2 G9 whoever has the operators' key hears what is said, goes on from a cursor, and is not among those who are here", async () => {
		const ada = await enter(call, "/rooms/lobby?name=ada");
		const room = connected().room("lobby");
		await room.publish("chat", { text: "before" });
		const over = new AbortController();
		const followed = room.follow({ history: 10, signal: over.signal });
		const heard: unknown[] = [];
		for await (const { data } of followed) {
			heard.push(data);
			if (heard.length === 1) {
				expect(await room.summary()).toMatchObject({ count: 1 });
				expect((await all(room.members())).map(({ name }) => name)).toEqual(["ada"]);
				await room.publish("chat", { text: "while" });
			} else break;
		}
		expect(heard).toEqual([{ text: "before" }, { text: "while" }]);
		await room.publish("chat", { text: "after" });
		for await (const { data } of room.follow({ since: followed.cursor ?? "" })) {
			expect(data).toEqual({ text: "after" });
			break;
		}
		const told = ada.heard.filter(({ type }) => type === "presence");
		expect(told).toEqual([]);
		over.abort();
		await leave(ada);
	});

	test("G10 a stranger's key follows nothing", async () => {
		const stranger = connected({ key: "no-key-of-anybody", retryForMs: 0 }).room("lobby");
		await expect(all(stranger.follow())).rejects.toMatchObject({ code: "unauthorized" });
	});
});

test("an operator redacts, erases and wipes; one who is none is refused", async () => {
	const room = connected().room("lobby");
	await room.publish("chat", { text: "a" });
	await room.moderate({ action: "redact", seq: 1 });
	expect((await room.events()).events[0]).toMatchObject({ data: null, redacted: true });
	await room.erase("guest:nobody");
	await room.wipe();
	expect((await room.events()).events).toEqual([]);
	const stranger = connected({ key: "no-key-of-anybody", retryForMs: 0 });
	await expect(stranger.room("lobby").wipe()).rejects.toBeInstanceOf(BackendError);
});

test("a token that a backend mints opens the rooms that it names, and no other", async () => {
	const token = await mintToken(SECRET, { member: "ada", name: "Ada", rooms: ["team-*"], can: ["read"] });
	const guest = await enter(call, "/rooms/team-a", bearing(token));
	expect(guest.heard[0]).toMatchObject({ me: { id: "ada", name: "Ada", can: ["read"] } });
	await leave(guest);
	expect(await outcomeOf(await knock(call, "/rooms/lobby", bearing(token)))).toBe("403 forbidden");
	await expect(mintToken("short", { member: "ada", rooms: ["*"] })).rejects.toThrow(/too?.*short|fewer than/);
});

test("a delivery is what was signed; another secret's is none", async () => {
	const secret = `whsec_${btoa("a secret of 32 bytes, more or less")}`;
	const data = { room: "lobby", epoch: "e1", events: [] };
	const body = JSON.stringify({ type: "room.events", timestamp: new Date().toISOString(), data });
	const at = new Date();
	const delivered = () =>
		new Request("https://mine.example/in", {
			method: "POST",
			body,
			headers: {
				"webhook-id": "e1-7",
				"webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
				"webhook-signature": new Webhook(secret).sign("e1-7", at, body),
			},
		});
	expect(await verifyWebhook(delivered(), secret)).toEqual({ id: "e1-7", ...data });
	await expect(verifyWebhook(delivered(), `whsec_${btoa("another secret of 32 bytes, or so")}`)).rejects.toThrow();
});

test("where a server is under a prefix, so are its rooms; what is no server's address is said at once", async () => {
	const asked: string[] = [];
	const fetch = async (url: string) => {
		asked.push(url);
		return Response.json({ ok: true });
	};
	await backend("https://host.example/rt/", { key: KEY, fetch }).room("a:b").summary();
	expect(asked).toEqual(["https://host.example/rt/rooms/a%3Ab"]);
	expect(() => backend("ftp://host.example", { key: KEY })).toThrow(TypeError);
	expect(env.ROOMS).toBeDefined();
});
