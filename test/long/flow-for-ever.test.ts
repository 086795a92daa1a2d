/**
 * G6 in real time: members that never read again, and a room that must neither swell nor stay awake for them.
 * `FLOW_MINUTES=5 npx vitest run --project e2e test/long/flow-for-ever.test.ts` says how many pass after the last traffic.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinRoom, type Room } from "../../src/client/index.ts";
import { BUFFERED_BYTES_MAX, STUCK_MS_MAX } from "../../src/protocol/limits.ts";
import { type Runtime, runtime } from "../support/runtime.ts";
import { SlowReader } from "../support/slow-reader.ts";
import { until } from "../support/until.ts";

const MINUTES = Number(process.env.FLOW_MINUTES);

/** What such a load costs the process with the heap's own slack; without a bound it would pile up over 1 GiB. */
const GROWTH_BYTES_MAX = 128 * 1024 * 1024;
const TEXT = "x".repeat(30_000);
const PUBLISH_EVERY_MS = 100;
/** Long enough for the first to be paused, stuck and closed while the room is busy. */
const BUSY_MS = STUCK_MS_MAX + 45_000;
/** Within this after the last traffic the room sleeps. */
const ASLEEP_MS = MINUTES * 60_000 - 10_000;

/** A member as a page has it, and what it heard. */
class Reader {
	readonly room: Room;
	readonly seqs: number[] = [];
	drops = 0;

	constructor(url: string) {
		this.room = joinRoom(url);
		this.room.on("event", ({ seq }) => this.seqs.push(seq));
		this.room.on("state", ({ kind }) => {
			if (kind === "waiting") this.drops++;
		});
	}

	get isLive(): boolean {
		return this.room.state.kind === "live";
	}
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe("members that never read again", { timeout: (MINUTES + 5) * 60_000 }, () => {
	let server: Runtime;
	beforeAll(async () => {
		server = await runtime();
	});
	afterAll(() => server.dispose());

	/** Members that stopped reading when they had joined, and those who read. */
	async function fill(room: string, stuckCount: number, readerCount: number) {
		const url = `${server.url}/rooms/${room}`;
		const stuck = await Promise.all(Array.from({ length: stuckCount }, () => SlowReader.join(url)));
		const readers = Array.from({ length: readerCount }, () => new Reader(url));
		await until(() => readers.every(({ isLive }) => isLive), "all are live");
		for (const each of stuck) each.stop();
		return { url, stuck, readers };
	}

	/** Without a call to the object. */
	const woken = async (room: string): Promise<number> =>
		(await (await fetch(`${server.url}/probe/${room}/woken`)).json()) as number;
	const buffered = async (room: string): Promise<number> =>
		((await (await fetch(`${server.url}/probe/${room}/buffers`)).json()) as { all: number }).all;

	test("G6 G7: 50 of 100: its memory stays within its bound, it sleeps again, and nobody else has missed anything", async ({
		annotate,
	}) => {
		const { readers, stuck } = await fill("fifty", 50, 50);
		const [ann] = readers as [Reader];
		const before = server.child.memory();
		const [buffers, memory]: [number[], number[]] = [[], []];
		const busyUntil = Date.now() + BUSY_MS;
		let published = 0;
		for (; Date.now() < busyUntil; published++) {
			await Promise.all([ann.room.publish("chat", TEXT), wait(PUBLISH_EVERY_MS)]);
			if (published % 5 === 0) buffers.push(await buffered("fifty"));
			memory.push(server.child.memory() ?? 0);
		}
		await until(() => readers.every(({ seqs }) => seqs.length >= published), "everyone has everything");
		const dropsWhileBusy = Math.max(...readers.map(({ drops }) => drops));
		const quietAt = Date.now();
		while (Date.now() < quietAt + ASLEEP_MS) {
			await wait(1000);
			memory.push(server.child.memory() ?? 0);
		}
		const dropsBefore = readers.map(({ drops }) => drops);
		const wokenBefore = await woken("fifty");
		const { seq } = await ann.room.publish("chat", "good morning");
		const isWhole = ({ seqs }: Reader): boolean => seqs.length > published;
		await until(() => readers.every(isWhole), "everyone hears the next event");
		const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
		await annotate(
			`${published} events of ${TEXT.length} bytes; held for sockets at most ${mib(Math.max(...buffers))}; resident ${mib(before ?? 0)} before, ` +
				`at most ${mib(Math.max(...memory))}, ${mib(server.child.memory() ?? 0)} at the end; drops of a reader: ${dropsWhileBusy} while busy, ` +
				`${Math.max(...dropsBefore)} in all; woken ${wokenBefore} and ${await woken("fifty")} times. ${server.child.said.join("").slice(-300)}`,
		);
		expect(await woken("fifty"), "it slept, and the event woke it").toBe(wokenBefore + 1);
		expect(
			readers.map(({ drops }) => drops),
			"and no socket was dropped by that",
		).toEqual(dropsBefore);
		expect(seq).toBe(published + 1);
		for (const { seqs } of readers) expect(seqs).toEqual(upTo(published + 1));
		expect(dropsWhileBusy, "while the room is busy the others notice nothing").toBe(0);
		expect(Math.max(...buffers)).toBeLessThan(BUFFERED_BYTES_MAX);
		if (before === null) await annotate("The memory of the process was not looked at: there is no /proc here.");
		else expect(Math.max(...memory) - before).toBeLessThan(GROWTH_BYTES_MAX);
		for (const { room } of readers) room.leave();
		for (const each of stuck) each.leave();
	});

	test("G6: one, in a room that hears its backend alone: the others are not dropped for it while events come", async () => {
		const { url, readers, stuck } = await fill("posts", 1, 5);
		const busyUntil = Date.now() + STUCK_MS_MAX + 120_000;
		let published = 0;
		for (; Date.now() < busyUntil; published++) {
			const headers = { "Idempotency-Key": `a-post-of-nobody-${published}`, "Content-Type": "application/json" };
			const body = JSON.stringify({ name: "chat", data: TEXT });
			const [answer] = await Promise.all([
				fetch(`${url}/events`, { method: "POST", headers, body }),
				wait(PUBLISH_EVERY_MS),
			]);
			expect(answer.status).toBe(201);
		}
		await until(() => readers.every(({ seqs }) => seqs.length >= published), "everyone has everything");
		for (const { seqs } of readers) expect(seqs).toEqual(upTo(published));
		expect(readers.map(({ drops }) => drops)).toEqual(readers.map(() => 0));
		for (const { room } of readers) room.leave();
		for (const each of stuck) each.leave();
	});

	test("G7: one who is left alone, with less unsent than is paused for, does not keep the room awake", async () => {
		const { readers } = await fill("alone", 1, 1);
		const [ann] = readers as [Reader];
		const bytes = async (): Promise<number> => buffered("alone");
		for (let n = 0; (await bytes()) === 0; n++) {
			if (n > 1000) throw new Error("Its socket takes everything.");
			await ann.room.publish("chat", TEXT);
		}
		ann.room.leave();
		await wait(ASLEEP_MS);
		const wokenBefore = await woken("alone");
		expect(await bytes()).toBe(0);
		expect(await woken("alone")).toBe(wokenBefore + 1);
	});
});
