/**
 * Every room that a version of this code has ever stored is opened: each fixture is put into an object's SQLite as it
 * stands, and the room that wakes on it goes on where it was.
 */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { VERSION } from "../../../src/durable/schema.ts";
import { RANGE_PAUSE_MS } from "../../../src/protocol/job-limits.ts";
import type { Event, ServerMessage } from "../../../src/protocol/messages.ts";
import type { Guest } from "../guest.ts";
import { rooms } from "./fixtures.ts";
import type { Hand } from "./frozen.ts";
import { BANNED, HERE, holdRoom, jobs, type Told, tell } from "./scene.ts";
import { come, doorSays, OPERATOR, stub } from "./visit.ts";

afterEach(() => {
	vi.restoreAllMocks();
	return reset();
});

interface Page {
	epoch: string;
	head: number;
	events: Event[];
}

const wholeOf = ({ pages }: Told): Page => JSON.parse(pages[0]?.json ?? "") as Page;

async function page(): Promise<Page> {
	const answer = await stub().events({ after: 0, limit: 200 });
	if ("refusal" in answer) throw new Error(answer.refusal.message);
	return JSON.parse(answer.json) as Page;
}

/** Jobs by their numbers: until lists had cursors, ranges in flight came before them. */
function newestFirst({ jobs: text, ...told }: Told): unknown {
	const { jobs } = JSON.parse(text) as { jobs: { job: string }[] };
	const numberOf = ({ job }: { job: string }): number => Number(job.split("-").at(-1));
	return { ...told, jobs: jobs.toSorted((a, b) => numberOf(b) - numberOf(a)) };
}

/** Says it; gives what of that type answers to the id. */
async function answer(who: Guest, message: { id: string; [field: string]: unknown }): Promise<ServerMessage> {
	const before = who.heard.length;
	who.say(message);
	const find = () => who.heard.slice(before).find((each) => "id" in each && each.id === message.id);
	await who.until(() => find() !== undefined);
	return find() as ServerMessage;
}

const publish = (id: string, data: unknown, name = "chat") => ({ type: "publish", id, name, data });

describe.each(rooms())("a room stored by %s", (_, { tables, told }) => {
	const old = wholeOf(told);
	let hand: Hand;

	beforeEach(async () => {
		hand = holdRoom(told.now);
		await runInDurableObject(stub(), (_, { storage }) => {
			storage.transactionSync(() => storage.sql.exec(tables));
		});
		await evictDurableObject(stub());
	});

	const version = (): Promise<number> =>
		runInDurableObject(stub(), (_, { storage }) =>
			Number(storage.sql.exec("select version from schema").one().version),
		);

	test("G7 it tells what it told: history byte for byte, jobs, members, and those who have just left", async () => {
		expect(newestFirst(await tell(told.now))).toEqual(newestFirst(told));
	});

	test("it is of the newest version when it was opened and written to once", async () => {
		await stub().post(OPERATOR, { id: "new", name: "price", data: 1 }, null, "rotunda.test");
		expect(await version()).toBe(VERSION);
		expect((await page()).events.slice(0, old.head)).toEqual(old.events);
	});

	test("G4 one who comes with a cursor gets exactly what it missed", async () => {
		const ann = await come("ann", { since: `${old.epoch}.7` });
		expect(ann.heard[0]).toMatchObject({ type: "welcome", continuity: "resumed", epoch: old.epoch, head: old.head });
		expect(ann.heard.filter(({ type }) => type === "event")).toEqual(old.events.filter(({ seq }) => seq > 7));
	});

	test("G3 every publish that it knew is known, also after new ones, and a new one lands once", async () => {
		const ann = await come("ann");
		const known = { "ann p1": 1, "ann p2": 7, "ann p3": 11, "ann p4": 12, "bob p1": 2, "bob o1": 9, "bob h1": 10 };
		for (const [key, seq] of [...Object.entries(known), ...Object.entries(known)]) {
			const [member, id] = key.split(" ") as [string, string];
			const { name, data } = old.events[seq - 1] as Event;
			const who = { ...OPERATOR, member, can: ["publish"] as const };
			expect(await stub().post(who, { id, name, data }, null, "rotunda.test"), key).toMatchObject({ seq });
			ann.publish(`new-${key}`, key);
			await ann.until(() => ann.heard.some((each) => each.type === "event" && each.id === `new-${key}`));
		}
		expect(await answer(ann, publish("p1", { text: "Hello" }))).toEqual({ type: "ack", id: "p1", seq: 1 });
		expect(await answer(ann, publish("p1", "other words"))).toMatchObject({ type: "error", code: "id_reused" });
		expect((await page()).head).toBe(old.head + 7);
	});

	test("G10 a ban still refuses, by its id and its address; the lock keeps newcomers out; a mute mutes till its time", async () => {
		expect(await doorSays(BANNED.member, { address: "192.0.2.1" })).toBe("banned");
		expect(await doorSays("guest:33333333333333333333333333333333", { address: BANNED.address })).toBe("banned");
		expect(await doorSays("zoe", { can: ["read"] })).toBe("room_locked");
		expect(await doorSays(HERE.member, { address: HERE.address, can: ["read"] })).toBe("in");
		const bob = await come("bob");
		expect(await answer(bob, publish("new", 1))).toMatchObject({ type: "error", code: "forbidden" });
		hand.now += 3_600_000;
		expect(await answer(bob, publish("later", 1))).toMatchObject({ type: "event", from: "bob" });
	});

	test("G5 what is owed is told to whom it concerns, and a held publish is held still, until it is cleared", async () => {
		const [ann, bob] = [await come("ann"), await come("bob")];
		const outcomes = (who: Guest) => who.heard.filter(({ type }) => type === "job");
		expect(outcomes(ann)).toMatchObject([{ id: "j1", name: "sum", state: "done", result: 4 }]);
		expect(outcomes(bob)).toMatchObject([
			{ id: "o1", name: "bill", state: "failed", error: { code: "exhausted" } },
			{ id: "h2", name: "check", state: "failed", error: { code: "rejected", message: "It is rude." } },
		]);
		const held = await answer(ann, publish("h1", "one that waits", "held"));
		expect(held).toMatchObject({ type: "job", name: "check", state: "held" });
		const job = held.type === "job" ? held.job : "";
		expect(await stub().takeJob(old.epoch, job, 1)).toMatchObject({ kind: "check", input: '"one that waits"' });
		await stub().settleJob(old.epoch, job, 1, { state: "done", result: { verdict: "clear" } });
		expect((await page()).events.at(-1)).toMatchObject({ from: "ann", id: "h1", data: "one that waits" });
	});

	test("G5 a job that waited is handed over, one that failed is tried again, and the archive's range goes on", async () => {
		const ranges = async () => (await jobs()).filter(({ name }) => name === "archive");
		const [range] = await ranges();
		expect(range).toMatchObject({ from: 1, to: old.head, state: "sent" });
		const task = await stub().takeJob(old.epoch, range?.job ?? "", 1);
		expect(task?.range).toMatchObject({ from: 1, to: old.head, wiped: ["e100000000000000"], erased: ["eve"] });
		expect(JSON.parse(task?.range?.events ?? "")).toEqual(old.events);
		await stub().settleJob(old.epoch, range?.job ?? "", 1, { state: "done", result: null });
		hand.now += RANGE_PAUSE_MS;
		await stub().post(OPERATOR, { id: "new", name: "price", data: 1 }, null, "rotunda.test");
		expect(await ranges()).toMatchObject([{ from: old.head + 1, to: old.head + 1 }]);
		expect(await stub().takeJob(old.epoch, (await ranges())[0]?.job ?? "", 1)).toMatchObject({
			range: { wiped: [], erased: [] },
		});
		const failed = (await jobs()).find(({ name, state }) => name === "webhook" && state === "failed")?.job ?? "";
		expect(await stub().replayJob(failed)).toEqual({ outcome: "done" });
		const waiting = (await jobs()).find(({ name }) => name === "sum")?.job ?? "";
		await vi.waitFor(() =>
			expect(hand.letters.map(({ job }) => job)).toEqual(expect.arrayContaining([failed, waiting])),
		);
	});

	test("what is redacted, and who is erased, leaves no word: not those that an earlier version stored either", async () => {
		const ann = await come("ann");
		ann.say({ type: "moderate", id: "m", action: "redact", seq: 1 });
		await ann.until(() => ann.heard.some((each) => each.type === "event" && each.seq === old.head + 1));
		expect((await page()).events[0]).toMatchObject({ seq: 1, data: null, redacted: true });
		expect(await stub().moderate(OPERATOR, { action: "erase", member: "bob" })).toEqual({ outcome: "done" });
		const words = (await page()).events.filter((each) => each.from === "bob" && each.redacted !== true);
		expect(words).toEqual([]);
	});

	test("a wipe takes all of it, and what comes then is a new history in which no old id is known", async () => {
		expect(await stub().wipe()).toEqual({ outcome: "done" });
		expect(await page()).toMatchObject({ head: 0, events: [] });
		expect((await page()).epoch).not.toBe(old.epoch);
		const posted = await stub().post(OPERATOR, { id: "quote-1", name: "price", data: 1 }, null, "rotunda.test");
		expect(posted).toMatchObject({ seq: 1 });
		expect(await version()).toBe(VERSION);
	});
});
