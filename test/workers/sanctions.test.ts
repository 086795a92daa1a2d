/** Bans and mutes at every door of the room: socket and HTTP, reading, writing and moderating (G10). */

import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RoomObject } from "../../src/durable/room-object.ts";
import { TICKET_HEADER, type Ticket, writeTicket } from "../../src/durable/ticket.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, doorWith, enter, knock, outcomeOf, problemOf } from "./door.ts";
import { Guest } from "./guest.ts";
import { TICKET } from "./tickets.ts";

beforeEach(bringUpArchive);
afterEach(reset);

const KEY = "an-operator-key";
const call = doorWith({ TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY });
const PATH = "/rooms/team-a";
const stub = () => env.ROOMS.getByName("team-a");

const send = (path: string, body: object, token: string, id = "k") =>
	call(PATH + path, {
		method: "POST",
		body: JSON.stringify(body),
		headers: { Authorization: `Bearer ${token}`, "Idempotency-Key": id },
	});
const operate = async (body: object): Promise<void> => {
	expect(await problemOf(await send("/moderation", body, KEY))).toBe("204");
};

test("G10 a banned member is out: its sessions, its way back, its posts", async () => {
	const token = await mint();
	const ada = await enter(call, PATH, bearing(token));
	await operate({ action: "ban", member: "ada" });
	await ada.until(() => ada.closed !== null);
	expect(ada.closed?.code).toBe(4501);
	const knocks = await Promise.all([1, 2, 3].map(() => knock(call, PATH, bearing(token))));
	for (const each of knocks) expect(await outcomeOf(each)).toBe("403 banned");
	expect(await outcomeOf(await knock(call, PATH, { ...bearing(token), Origin: "https://rotunda.test" }))).toBe(
		"4501 banned",
	);
	expect(await problemOf(await send("/events", { name: "chat", data: 1 }, token))).toBe("403 banned");
	await evictDurableObject(stub(), { webSockets: "hibernate" });
	expect(await outcomeOf(await knock(call, PATH, bearing(token)))).toBe("403 banned");
});

test("G10 a banned member reads nothing over HTTP either", async () => {
	const token = await mint();
	await (await enter(call, PATH, bearing(token))).hears("caught-up");
	await operate({ action: "ban", member: "ada" });
	const headers = { Authorization: `Bearer ${token}` };
	for (const path of [PATH, `${PATH}/events`, `${PATH}/members`, "/archive/search?q=x&room=team-a"]) {
		expect(await problemOf(await call(path, { headers })), path).toBe("403 banned");
	}
});

test("G10 a locked room is read over HTTP by nobody who could not join it, by any route", async () => {
	const [inside, outside] = [await mint(), await mint({ sub: "bob", can: ["read"] })];
	await (await enter(call, PATH, bearing(inside))).hears("caught-up");
	await operate({ action: "lock" });
	const reads = [
		PATH,
		`${PATH}/events`,
		`${PATH}/events?after=0`,
		`${PATH}/members`,
		"/archive/search?q=x&room=team-a",
	];
	for (const path of reads) {
		for (const [token, outcome] of [
			[outside, "403 room_locked"],
			[inside, "200"],
			[KEY, "200"],
		] as const) {
			const headers = { Authorization: `Bearer ${token}` };
			expect(await problemOf(await call(path, { headers })), path).toBe(outcome);
			const { status } = await call(path, { method: "HEAD", headers });
			expect(`${status}`, `HEAD ${path}`).toBe(outcome.slice(0, 3));
		}
	}
});

test("G10 a banned or muted moderator does not lift its own sanction, nor moderates, over HTTP", async () => {
	const token = await mint();
	await enter(call, PATH, bearing(token));
	await operate({ action: "mute", member: "ada" });
	for (const action of [{ action: "unmute", member: "ada" }, { action: "lock" }, { action: "ban", member: "bob" }]) {
		expect(await problemOf(await send("/moderation", action, token)), action.action).toBe("403 forbidden");
	}
	await operate({ action: "ban", member: "ada" });
	for (const action of [{ action: "unban", member: "ada" }, { action: "unlock" }]) {
		expect(await problemOf(await send("/moderation", action, token)), action.action).toBe("403 banned");
	}
	expect(await outcomeOf(await knock(call, PATH, bearing(token)))).toBe("403 banned");
});

test("G10 a muted member publishes nothing over HTTP", async () => {
	const token = await mint();
	await enter(call, PATH, bearing(token));
	await operate({ action: "mute", member: "ada" });
	expect(await problemOf(await send("/events", { name: "chat", data: 1 }, token))).toBe("403 forbidden");
});

test("G10 a banned guest comes back neither with its key, nor without it from its address, nor by HTTP", async () => {
	const home = { "CF-Connecting-IP": "203.0.113.9" };
	const far = { "CF-Connecting-IP": "198.51.100.9" };
	const offer = { "Sec-WebSocket-Protocol": "rotunda.v1" };
	const guest = await enter(call, PATH, { ...home, ...offer });
	const [welcome] = await guest.hears("welcome");
	const back = { "Sec-WebSocket-Protocol": `rotunda.v1, resume.${welcome?.resume}` };
	await operate({ action: "ban", member: welcome?.me.id, seconds: 3600 });
	for (const headers of [{ ...home, ...back }, { ...far, ...back }, { ...home, ...offer }, home]) {
		expect(await outcomeOf(await knock(call, PATH, headers))).toBe("403 banned");
	}
	const post = { method: "POST", body: '{"name":"chat","data":1}' };
	const posted = await call(`${PATH}/events`, {
		...post,
		headers: { ...home, "Idempotency-Key": "the-key-of-guests" },
	});
	expect(await problemOf(posted)).toBe("403 banned");
	expect(await outcomeOf(await knock(call, PATH, { ...far, ...offer }))).toBe("in");
	await operate({ action: "unban", member: welcome?.me.id });
	expect(await outcomeOf(await knock(call, PATH, { ...home, ...back }))).toBe("in");
});

test("no address stands in the room's storage, in words or as a digest that others could make", async () => {
	const address = "203.0.113.10";
	const guest = await enter(call, PATH, { "CF-Connecting-IP": address });
	const [welcome] = await guest.hears("welcome");
	await operate({ action: "ban", member: welcome?.me.id });
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(address)));
	const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
	await runInDurableObject(stub(), (_, { storage }) => {
		const rows = JSON.stringify(storage.sql.exec("select * from sanctions").toArray());
		expect(rows).toContain("@");
		expect(rows).not.toContain(address);
		expect(rows).not.toContain(hex.slice(0, 16));
	});
});

/** A join as the Worker hands it over, put into the room's inbox before this returns. */
function joining(room: RoomObject, ticket: Partial<Ticket> = {}): Promise<Response> {
	const headers = { Upgrade: "websocket", [TICKET_HEADER]: writeTicket({ ...TICKET, ...ticket }) };
	return room.fetch(new Request("https://room/", { headers }));
}

test("G8 one whose join meets the ban in the same turn is told why before it is closed", async () => {
	const mod = await enter(call, PATH, bearing(await mint({ sub: "mod" })));
	const cid = await runInDurableObject(stub(), async (room, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The moderator's socket is missing.");
		const say = (message: object) => room.webSocketMessage(socket, JSON.stringify(message));
		// The first finds the room idle and is a turn of its own; all others are gathered for the next.
		say({ type: "publish", id: "p1", name: "chat", data: 1 });
		say({ type: "publish", id: "p2", name: "chat", data: 1 });
		say({ type: "moderate", id: "m", action: "ban", member: "cid" });
		const guest = new Guest((await joining(room)).webSocket as WebSocket);
		await guest.until(() => guest.closed !== null);
		return { heard: guest.heard, closed: guest.closed };
	});
	expect(cid.closed?.code).toBe(4501);
	expect(cid.heard).toMatchObject([{ type: "error", code: "banned" }]);
	expect(mod.closed).toBeNull();
});

test.each([
	["in the year 55000", 1.7e15],
	["beyond all dates", 1e18],
	["beyond all numbers", 1e306],
])("G8 a token that expires %s does not bring its room down", async (_, expiresAt) => {
	const mod = await enter(call, PATH, bearing(await mint({ sub: "mod" })));
	const ada = await knock(call, PATH, bearing(await mint({ exp: expiresAt / 1000 })));
	if (ada instanceof Guest) await ada.until(() => ada.heard.length > 0 || ada.closed !== null);
	mod.publish("p1");
	await mod.until(() => mod.seqs.includes(1) || mod.closed !== null);
	expect(mod.closed).toBeNull();
});

test("a ban of a guest at a loopback or unknown address bans nobody else there", async () => {
	const offer = { "Sec-WebSocket-Protocol": "rotunda.v1" };
	for (const at of [{}, { "CF-Connecting-IP": "127.0.0.1" }, { "CF-Connecting-IP": "::1" }]) {
		const guest = await enter(call, PATH, { ...at, ...offer });
		const [welcome] = await guest.hears("welcome");
		await operate({ action: "ban", member: welcome?.me.id });
		await guest.until(() => guest.closed !== null);
		expect(await outcomeOf(await knock(call, PATH, { ...at, ...offer }))).not.toContain("banned");
	}
});
