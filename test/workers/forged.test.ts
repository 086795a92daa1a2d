/** Headers that a caller makes up: what only the Worker may say is said by the Worker alone (G10). */

import { reset } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { TICKET_HEADER, type Ticket, writeTicket } from "../../src/durable/ticket.ts";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, enter, knock, outcomeOf, problemOf } from "./door.ts";
import { TICKET as CID } from "./tickets.ts";

afterEach(reset);

const TICKET: Ticket = {
	...CID,
	...{ member: "room:operator", name: "Root", can: ["read", "publish", "signal", "presence", "job", "moderate"] },
};

const FORGED = {
	[TICKET_HEADER]: writeTicket(TICKET),
	"rotunda-member": "room:operator",
	"rotunda-can": "moderate",
	"X-Forwarded-For": "127.0.0.1",
	"X-Forwarded-Host": "localhost",
	"X-Forwarded-Proto": "http",
	"X-Real-IP": "127.0.0.1",
	Forwarded: "for=127.0.0.1;host=localhost;proto=http",
	"X-Original-URL": "/rooms",
	"X-Rewrite-URL": "/rooms",
	"X-HTTP-Method-Override": "DELETE",
	"X-HTTP-Method": "DELETE",
	"True-Client-IP": "127.0.0.1",
	"CF-Worker": "rotunda.test",
	"X-Url": "https://localhost/",
};

test("G10 forged internal headers give a guest nothing: it joins as the guest that it is", async () => {
	const call = doorWith({});
	const guest = await enter(call, "/rooms/a", FORGED);
	const [welcome] = await guest.hears("welcome");
	expect(welcome?.me.id).toMatch(/^guest:[0-9a-f]{32}$/);
	expect(welcome?.me.name).not.toBe("Root");
	expect(welcome?.me.can).toEqual(["read", "publish", "signal", "presence", "job"]);
	guest.say({ type: "moderate", id: "m", action: "lock" });
	expect(await guest.hears("error")).toMatchObject([{ id: "m", code: "forbidden" }]);
});

test("G10 forged internal headers open no closed door", async () => {
	const call = doorWith({ ACCESS: "token", TOKEN_SECRET: SECRET, OPERATOR_KEY: "a-key" });
	expect(await outcomeOf(await knock(call, "/rooms/a", FORGED))).toBe("401 unauthorized");
	expect(await problemOf(await call("/rooms", { headers: FORGED }))).toBe("401 unauthorized");
	expect(await problemOf(await call("/rooms/a", { headers: FORGED }))).toBe("401 unauthorized");
	expect(await problemOf(await call("/rooms/a", { method: "DELETE", headers: FORGED }))).toBe("401 unauthorized");
	expect(await problemOf(await call("/health", { method: "POST", headers: FORGED }))).toBe("405 method_not_allowed");
});

test("G10 a forged ticket adds nothing to what a token grants", async () => {
	const call = doorWith({ ACCESS: "token", TOKEN_SECRET: SECRET });
	const ada = await enter(call, "/rooms/team-a", { ...FORGED, ...bearing(await mint({ can: ["read"] })) });
	expect(await ada.hears("welcome")).toMatchObject([{ me: { id: "ada", can: ["read"] } }]);
});

test("G10 a forged Host or forwarded host makes no page the server's own, and lifts no limit", async () => {
	const call = doorWith({});
	for (const forged of [{ Host: "localhost" }, { "X-Forwarded-Host": "localhost" }]) {
		const headers = { ...forged, Origin: "http://localhost:3000" };
		expect(await outcomeOf(await knock(call, "/rooms/a", headers))).toBe("403 origin_refused");
	}
});

test("G10 a page may not speak for a guest of another tab: the key is all, and no one is told it", async () => {
	const call = doorWith({});
	const ann = await enter(call, "/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1" });
	const bob = await enter(call, "/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1" });
	const [welcome] = await ann.hears("welcome");
	const key = welcome?.resume ?? "";
	expect(key.length).toBeGreaterThanOrEqual(32);
	await ann.hears("presence");
	expect(JSON.stringify(bob.heard)).not.toContain(key);
	const id = welcome?.me.id.replace("guest:", "") ?? "";
	const mallory = await enter(call, "/rooms/a", { "Sec-WebSocket-Protocol": `rotunda.v1, resume.${id}` });
	expect((await mallory.hears("welcome"))[0]?.me.id).not.toBe(welcome?.me.id);
});

test("G10 the id of a guest without a socket does not tell its address", async () => {
	const call = doorWith({});
	const address = "203.0.113.77";
	const headers = { "Idempotency-Key": "the-key-of-guests", "CF-Connecting-IP": address };
	await call("/rooms/a/events", { method: "POST", body: '{"name":"chat","data":1}', headers });
	const page = (await (await call("/rooms/a/events")).json()) as { events: { from: string }[] };
	// All of IPv4 is hashed in minutes: a digest that anyone can make is the address itself.
	const guesses = [address, `http ${address}`, `http ${address}/32`].map(async (text) => {
		const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
		return `guest:${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
	});
	expect(await Promise.all(guesses)).not.toContain(page.events[0]?.from);
});
