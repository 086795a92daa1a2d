/** What comes of held publishes and of jobs, at the client: the promise, and the receipt. */
import { beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import { Outgoing } from "../../src/client/outgoing.ts";
import type { Port } from "../../src/client/port.ts";
import type { JobRequest, Publish, Received } from "../../src/protocol/messages.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import { limitsOf } from "../../src/room/welcome.ts";

let now: number;
let sent: (Publish | JobRequest | Received)[][];
let told: string[];
let connection: Connection;

beforeEach(() => {
	now = 1_000_000;
	sent = [];
	told = [];
	const port: Port = {
		now: () => now,
		date: () => now,
		unsentBytes: () => 0,
		random: () => 0.999,
		newId: newMessageId,
		canRenewToken: () => false,
		open: () => {},
		send: (text) => sent.push(JSON.parse(text)),
		soon: (run) => run(),
		close: () => {},
		wakeAt: () => {},
		changed: () => {},
		message: (message) => told.push(message.type === "job" ? `${message.type} ${message.state}` : message.type),
	};
	connection = new Connection(port, null, Outgoing);
	connection.start();
	joins();
});

function hears(...messages: object[]): void {
	connection.heard(JSON.stringify(messages));
}

/** A welcome, what is owed to the member, and the end of the replay. */
function joins(...owed: object[]): void {
	connection.opened();
	const welcome = {
		...{ type: "welcome", protocol: 1, features: [], room: "r", epoch: "e", head: 0, floor: 1, continuity: "fresh" },
		me: { id: "ada", name: "Ada", session: "s-1", can: ["read", "publish", "job"] },
		...{ members: [], count: 1, limits: limitsOf(readSettings({})) },
	};
	hears(welcome, { type: "caught-up", head: 0 }, ...owed);
}

function reconnects(...owed: object[]): void {
	connection.closed(1006, "");
	connection.back();
	joins(...owed);
}

const publish = (id: string): Publish => ({ type: "publish", id, name: "chat", data: null });
const unfurl = (id: string): JobRequest => ({ type: "job", id, name: "unfurl", data: {} });
const notice = (id: string, job: string, state: string, more: object = {}): object => ({
	...{ type: "job", id, job, name: "check", state },
	...more,
});
const event = (seq: number, id: string): object => ({
	...{ type: "event", seq, at: 1, from: "ada", author: "Ada", id, name: "chat", data: null },
});
const refusal = { error: { code: "rejected", message: "Not that word." } };

/** Whether a promise is settled yet, and how. */
async function standing(promise: Promise<unknown>): Promise<string> {
	const settled = promise.then(
		() => "resolved",
		() => "rejected",
	);
	return Promise.race([settled, new Promise<string>((resolve) => setTimeout(() => resolve("pending"), 0))]);
}

function receipts(): string[][] {
	return sent.flat().flatMap((message) => (message.type === "received" ? [message.jobs] : []));
}

function asks(): string[] {
	return sent.flat().flatMap((message) => (message.type === "received" ? [] : [message.id]));
}

describe("a held publish", () => {
	test("stays pending while it is held, and is resolved by its own event", async () => {
		const answer = connection.ask(publish("1"));
		hears(notice("1", "e-1", "held"));
		expect(await standing(answer)).toBe("pending");
		hears(event(1, "1"));
		expect(await answer).toEqual({ seq: 1 });
		expect(told).toContain("job held");
		expect(receipts()).toEqual([]);
	});

	test("is rejected with the reason, and the outcome is received", async () => {
		const answer = connection.ask(publish("1"));
		hears(notice("1", "e-1", "held"));
		hears(notice("1", "e-1", "failed", refusal));
		await expect(answer).rejects.toMatchObject({ name: "RoomError", code: "rejected", message: "Not that word." });
		expect(receipts()).toEqual([["e-1"]]);
	});

	test("held in one frame with its refusal is rejected all the same", async () => {
		const answer = connection.ask(publish("1"));
		hears(notice("1", "e-1", "held"), notice("1", "e-1", "failed", refusal));
		await expect(answer).rejects.toMatchObject({ code: "rejected" });
	});

	test("is asked for again after a reconnect and stays pending; a refusal that was owed settles it", async () => {
		const answer = connection.ask(publish("1"));
		hears(notice("1", "e-1", "held"));
		sent = [];
		reconnects();
		expect(asks()).toEqual(["1"]);
		hears(notice("1", "e-1", "held"));
		expect(await standing(answer)).toBe("pending");
		reconnects(notice("1", "e-1", "failed", refusal));
		await expect(answer).rejects.toMatchObject({ code: "rejected" });
	});

	test("that was refused while the word of its holding was lost is rejected by the answer to its repeat", async () => {
		const answer = connection.ask(publish("1"));
		reconnects(notice("1", "e-1", "failed", refusal));
		expect(await standing(answer)).toBe("pending");
		hears({ type: "error", id: "1", code: "rejected", message: "Not that word." });
		await expect(answer).rejects.toMatchObject({ code: "rejected", message: "Not that word." });
		expect(receipts()).toEqual([["e-1"]]);
	});

	test("is not settled by the outcome of another job of its event", async () => {
		const answer = connection.ask(publish("1"));
		hears(notice("1", "e-2", "failed", refusal), notice("1", "e-3", "done", { result: 7 }));
		expect(await standing(answer)).toBe("pending");
		hears(event(1, "1"));
		expect(await answer).toEqual({ seq: 1 });
		expect(receipts()).toEqual([["e-2", "e-3"]]);
	});

	test("keeps nothing else from being sent, however many are held", async () => {
		const answers = Array.from({ length: 100 }, (_, i) => connection.ask(publish(`held-${i}`)));
		const next = connection.ask(publish("next"));
		expect(asks()).not.toContain("next");
		hears(...answers.map((_, i) => notice(`held-${i}`, `e-${i}`, "held")));
		expect(asks()).toContain("next");
		hears(event(1, "next"));
		expect(await next).toEqual({ seq: 1 });
		for (const answer of answers) answer.catch(() => {});
		connection.leave();
	});

	test("an id that waits for its answer is not taken twice", async () => {
		const answer = connection.ask(publish("1"));
		await expect(connection.ask(publish("1"))).rejects.toMatchObject({ code: "id_reused" });
		hears(event(1, "1"));
		expect(await answer).toEqual({ seq: 1 });
	});
});

describe("a job that was asked for", () => {
	test("resolves to its result, and is received", async () => {
		const answer = connection.ask(unfurl("1"));
		hears(notice("1", "e-1", "accepted"));
		expect(await standing(answer)).toBe("pending");
		expect(receipts()).toEqual([]);
		hears(notice("1", "e-1", "done", { result: { title: "T" } }));
		expect(await answer).toEqual({ title: "T" });
		expect(receipts()).toEqual([["e-1"]]);
	});

	test("rejects with its error's own code and message", async () => {
		const answer = connection.ask(unfurl("1"));
		hears(notice("1", "e-1", "failed", { error: { code: "no_page", message: "The page answered 404." } }));
		await expect(answer).rejects.toMatchObject({ code: "no_page", message: "The page answered 404." });
	});
});

describe("G5: outcomes", () => {
	test("[K-3] that answer nothing asked here are told to the page and received, one receipt for a frame", () => {
		reconnects(notice("old", "e-1", "done", { result: 1 }), notice("older", "e-2", "failed", refusal));
		expect(told.slice(-2)).toEqual(["job done", "job failed"]);
		expect(receipts()).toEqual([["e-1", "e-2"]]);
	});

	test("heard again are received again: the receipt before may have been lost", () => {
		hears(notice("1", "e-1", "done"));
		hears(notice("1", "e-1", "done"));
		expect(receipts()).toEqual([["e-1"], ["e-1"]]);
	});

	test("more than a receipt holds are received in several", () => {
		hears(...Array.from({ length: 201 }, (_, i) => notice(`${i}`, `e-${i}`, "done")));
		expect(receipts().map(({ length }) => length)).toEqual([100, 100, 1]);
		expect(sent.filter((frame) => frame.some(({ type }) => type === "received"))).toHaveLength(1);
	});

	test("are not received by one who left while hearing them", () => {
		connection.leave();
		hears(notice("1", "e-1", "done"));
		expect(receipts()).toEqual([]);
	});
});
