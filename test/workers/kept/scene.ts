/**
 * What happens in a room until each of its tables has a row of each kind: the room that a fixture keeps. It is played
 * on the real object, whichever version of the code that is.
 */
import { vi } from "vitest";
import { RoomObject } from "../../../src/durable/room-object.ts";
import type { Outcome } from "../../../src/protocol/outcome.ts";
import type { Guest } from "../guest.ts";
import { Frozen, Hand } from "./frozen.ts";
import { come, OPERATOR, ROOM, stub } from "./visit.ts";

const T0 = 1_800_000_000_000;

export const BANNED = { member: "guest:11111111111111111111111111111111", address: "203.0.113.9" };
export const HERE = { member: "guest:22222222222222222222222222222222", address: "198.51.100.7" };

const TEXTS = ['"', "it's", "\\", "🎈👩‍👩‍👧", "a\nb\r\tc", "\u2028", "null", "12", "ünï cödé", "漢字", "'; --"];

/** Puts the object into a hand whose clock stands at `now`. */
export function holdRoom(now = T0): Hand {
	const hand = new Hand(now);
	vi.spyOn(RoomObject, "surround").mockImplementation((...given) => new Frozen(given, hand));
	return hand;
}

const done = (result: unknown): Outcome => ({ state: "done", result });
const failed = (message: string): Outcome => ({ state: "failed", error: { code: "exhausted", message } });

class Scene {
	readonly hand = holdRoom();

	/** Says it, and waits for the answer of that type. */
	async say(who: Guest, message: object, answer: "event" | "job" | "ack" | "presence"): Promise<void> {
		this.hand.now += 1_000;
		const before = who.heard.filter(({ type }) => type === answer).length;
		who.say(message);
		await who.hears(answer, before + 1);
	}

	publish(who: Guest, id: string, data: unknown, name = "chat", answer: "event" | "job" = "event"): Promise<void> {
		return this.say(who, { type: "publish", id, name, data }, answer);
	}

	async moderate(action: object): Promise<void> {
		this.hand.now += 1_000;
		const reply = await stub().moderate(OPERATOR, action as Parameters<ReturnType<typeof stub>["moderate"]>[1]);
		if (reply.outcome === "refused") throw new Error(reply.refusal.message);
	}

	/** The newest job of a kind that is with the queue; nobody is told when it has taken one. */
	async sent(name: string): Promise<string> {
		let job: string | undefined;
		await vi.waitUntil(
			async () => {
				job = (await jobs()).find((each) => each.name === name && each.state === "sent")?.job;
				return job !== undefined;
			},
			{ interval: 1 },
		);
		return job ?? "";
	}

	async settle(name: string, outcome: Outcome): Promise<void> {
		const job = await this.sent(name);
		this.hand.now += 1_000;
		await stub().settleJob(job.split("-")[0] ?? "", job, 1, outcome);
	}
}

export async function jobs(): Promise<{ job: string; name: string; state: string; from?: number; to?: number }[]> {
	const answer = await stub().jobs(null, 50);
	if ("refusal" in answer) throw new Error(answer.refusal.message);
	return (JSON.parse(answer.json) as { jobs: { job: string; name: string; state: string }[] }).jobs;
}

/** Plays it; gives the hand in whose clock it ended. */
export async function playScene(): Promise<Hand> {
	const scene = new Scene();
	const { hand } = scene;
	// A life before this one: its removal from the archive is owed.
	await stub().post(OPERATOR, { id: "old", name: "price", data: 1 }, null, "rotunda.test");
	await stub().wipe();
	const [ann, bob, cid, eve] = [await come("ann"), await come("bob"), await come("cid"), await come("eve")];
	const banned = await come(BANNED.member, { address: BANNED.address });
	await come(HERE.member, { address: HERE.address, resume: "key" });
	await scene.say(ann, { type: "presence", state: { mood: "glad 🎈" } }, "presence");
	await say(scene, { ann, bob, eve, banned });
	await remember(scene, ann, eve);
	await work(scene, ann, bob);
	await guard(scene, ann, bob, banned);
	hand.now += 1_000;
	cid.socket.close(1000, "bye");
	await cid.until(() => cid.closed !== null);
	// One that the queue does not take waits.
	hand.takes = false;
	await scene.say(ann, { type: "job", id: "j3", name: "sum", data: [3] }, "job");
	return hand;
}

/** Events of several names, with ids and without, and one of each author. */
async function say(scene: Scene, { ann, bob, eve, banned }: Record<"ann" | "bob" | "eve" | "banned", Guest>) {
	await scene.publish(ann, "p1", { text: "Hello" });
	await scene.publish(bob, "p1", { texts: TEXTS, deep: [1, [2.5, { three: null }], true] }, "note");
	await scene.publish(banned, "an id with spaces", "of one that will be banned");
	await scene.publish(eve, "e1", "of one that will be erased");
	await stub().post(OPERATOR, { id: "quote-1", name: "price", data: { amount: 7 } }, null, "rotunda.test");
	await scene.publish(bob, "p2", "rude", "note");
	await scene.settle("webhook", done(null));
}

/** Entries: a value, a sum, one of a member's own, a drop, and one of a member who will be erased. */
async function remember(scene: Scene, ann: Guest, eve: Guest) {
	await scene.say(ann, { type: "set", id: "s1", key: "topic", value: { text: "Tea 🎈" } }, "ack");
	await scene.say(ann, { type: "set", id: "s2", key: "count", add: 2 }, "ack");
	await scene.say(eve, { type: "set", id: "s1", key: "word", value: "of one that will be erased" }, "ack");
	await scene.say(ann, { type: "set", id: "s3", key: "gone", value: 1 }, "ack");
	await scene.say(ann, { type: "set", id: "s4", key: "gone", value: null }, "ack");
}

/** Jobs in each of their states. */
async function work(scene: Scene, ann: Guest, bob: Guest) {
	await scene.publish(ann, "p2", "see http://a.example/");
	await scene.settle("card", done({ title: "A page" }));
	await scene.publish(bob, "o1", "tea", "order");
	await scene.settle("bill", failed("The till is broken."));
	await scene.say(bob, { type: "job", id: "j1", name: "sum", data: [1, 2] }, "job");
	await scene.settle("sum", done(3));
	await bob.until(() => bob.heard.some((each) => each.type === "job" && each.state === "done"));
	bob.say({ type: "received", jobs: [(await jobs()).find(({ name }) => name === "sum")?.job] });
	await scene.say(ann, { type: "job", id: "j1", name: "sum", data: [2, 2] }, "job");
	await scene.settle("sum", done(4));
	await scene.publish(bob, "h1", "a good one", "held", "job");
	await scene.settle("check", done({ verdict: "clear" }));
	await scene.publish(bob, "h2", "a bad one", "held", "job");
	await scene.settle("check", done({ verdict: "refuse", reason: "It is rude." }));
	await scene.publish(ann, "h1", "one that waits", "held", "job");
	await scene.sent("check");
	await scene.publish(ann, "p3", "see http://b.example/");
	await scene.sent("card");
	scene.hand.now += 2_000;
	await scene.publish(ann, "p4", "for the next range");
	await scene.settle("webhook", failed("The backend answered 500."));
}

/** What was taken back, and who is kept out. */
async function guard(scene: Scene, ann: Guest, bob: Guest, banned: Guest) {
	await scene.say(ann, { type: "moderate", id: "m1", action: "redact", seq: 6 }, "event");
	await scene.moderate({ action: "erase", member: "eve" });
	await scene.moderate({ action: "mute", member: "bob", seconds: 3600 });
	await bob.hears("access");
	await scene.moderate({ action: "ban", member: BANNED.member });
	await banned.until(() => banned.closed !== null);
	await scene.moderate({ action: "lock" });
	await scene.sent("archive");
}

/** What a room tells of itself. */
export interface Told {
	/** Unix ms. */
	now: number;
	summary: string;
	/** Pages of the history, by query. */
	pages: { query: { after?: number; before?: number; limit: number }; json: string }[];
	jobs: string;
	members: string;
}

export async function tell(now: number): Promise<Told> {
	const queries = [
		{ after: 0, limit: 200 },
		{ after: 3, limit: 4 },
		{ before: 9, limit: 5 },
	];
	const json = (answer: Awaited<ReturnType<ReturnType<typeof stub>["jobs"]>>): string => {
		if ("refusal" in answer) throw new Error(`${ROOM}: ${answer.refusal.message}`);
		return answer.json;
	};
	const pages = [];
	for (const query of queries) pages.push({ query, json: json(await stub().events(query)) });
	return {
		now,
		summary: json(await stub().summary()),
		pages,
		jobs: json(await stub().jobs(null, 50)),
		members: json(await stub().members()),
	};
}
