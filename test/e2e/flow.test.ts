/**
 * G6 on real sockets: members that stop reading, under load, and those beside them who notice nothing.
 * `FLOW_MINUTES=1 npx vitest run --project e2e test/e2e/flow.test.ts` is the whole.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUFFER_PAUSE_BYTES, BUFFERED_BYTES_MAX } from "../../src/protocol/limits.ts";
import { type Runtime, runtime } from "../support/runtime.ts";
import { SlowReader } from "../support/slow-reader.ts";
import { until } from "../support/until.ts";

/** With `FLOW_MINUTES` set nobody reads for a real half minute; else until all that matters has happened. */
const PAUSE_MS = process.env.FLOW_MINUTES === undefined ? 0 : 30_000;
/** As many as miss eight times what a room may hold for all; with `FLOW_MINUTES`, who fill it sixteen times. */
const BACK = process.env.FLOW_MINUTES === undefined ? 150 : 300;
/** Beyond what the process needs anyway: as much as the platform grants an object, not what such a load would pile up. */
const GROWTH_BYTES_MAX = 128 * 1024 * 1024;
const TEXT = "x".repeat(30_000);

let server: Runtime;
beforeAll(async () => {
	server = await runtime();
});
afterAll(() => server.dispose());

interface Buffers {
	most: number;
	all: number;
}

class Crowd {
	readonly members: SlowReader[];
	readonly #room: string;
	published = 0;
	/** The most that all sockets together were seen to hold. */
	peakBytes = 0;

	private constructor(room: string, members: SlowReader[]) {
		this.#room = room;
		this.members = members;
	}

	static async of(room: string, count: number): Promise<Crowd> {
		const url = `${server.url}/rooms/${room}`;
		return new Crowd(room, await Promise.all(Array.from({ length: count }, () => SlowReader.join(url))));
	}

	async buffers(): Promise<Buffers> {
		const buffers = (await (await fetch(`${server.url}/probe/${this.#room}/buffers`)).json()) as Buffers;
		this.peakBytes = Math.max(this.peakBytes, buffers.all);
		return buffers;
	}

	/** One publishes, an event at a time, until it is so. */
	async publishUntil(by: SlowReader, isSo: (buffers: Buffers) => boolean): Promise<void> {
		for (const from = this.published; !isSo(await this.buffers()); ) {
			if (this.published - from > 1000) throw new Error(`Published ${this.published} events in vain.`);
			await this.publish(by, 10);
		}
	}

	async publish(by: SlowReader, count: number): Promise<void> {
		for (let n = 0; n < count; n++) {
			const id = `p${++this.published}`;
			by.send(JSON.stringify({ type: "publish", id, name: "chat", data: TEXT }));
			await by.waits(() => by.events.length >= this.published, "its own event");
		}
	}

	/** All have heard everything once and in order, the same; `pauses` is how often each was paused. */
	async haveAll(members: readonly SlowReader[], pauses: number): Promise<void> {
		const seqs = Array.from({ length: this.published }, (_, n) => n + 1);
		for (const member of members) {
			await member.waits(() => member.events.length >= this.published, "everything");
			await member.waits(() => member.all("caught-up").length > pauses, "caught up");
			expect(member.seqs).toEqual(seqs);
			expect(member.all("welcome")).toHaveLength(1);
			expect(member.all("caught-up")).toHaveLength(1 + pauses);
			expect(member.all("presence").filter(({ full }) => full === true)).toHaveLength(pauses);
			expect(member.closed).toBeNull();
		}
	}

	leave(): void {
		for (const member of this.members) member.leave();
	}
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("G2 G6: a member that stops reading under load is paused, and reads on to everything, once and in order", async () => {
	const crowd = await Crowd.of("one", 10);
	const [slow, ann] = crowd.members as [SlowReader, SlowReader];
	slow.stop();
	await crowd.publishUntil(ann, ({ most }) => most > BUFFER_PAUSE_BYTES);
	// From here on nothing more is put into its buffer.
	await crowd.publish(ann, 20);
	const { most } = await crowd.buffers();
	await crowd.publish(ann, 50);
	expect(await crowd.buffers()).toEqual({ most, all: most });
	expect(most).toBeLessThan(BUFFER_PAUSE_BYTES + 10 * TEXT.length);
	await wait(PAUSE_MS);
	const missed = crowd.published - slow.events.length;
	expect(missed).toBeGreaterThan(70);
	slow.readOn();
	// The room goes on meanwhile.
	await crowd.publish(ann, 20);
	await crowd.haveAll([slow], 1);
	await crowd.haveAll(crowd.members.slice(1), 0);
	await crowd.publish(ann, 1);
	await crowd.haveAll([slow], 1);
	crowd.leave();
});

test("G6: 50 of 100 members stop reading: the room holds little for them, the others notice nothing, and all catch up", async ({
	annotate,
}) => {
	const crowd = await Crowd.of("fifty", 100);
	const [slow, rest] = [crowd.members.slice(0, 50), crowd.members.slice(50)];
	const ann = rest[0] as SlowReader;
	const before = server.child.memory();
	let peakMemory = 0;
	for (const each of slow) each.stop();
	await crowd.publishUntil(ann, ({ all }) => {
		peakMemory = Math.max(peakMemory, server.child.memory() ?? 0);
		return all > BUFFERED_BYTES_MAX / 4;
	});
	await crowd.publish(ann, 5);
	const { all } = await crowd.buffers();
	await crowd.publish(ann, 10);
	expect((await crowd.buffers()).all).toBe(all);
	await wait(PAUSE_MS);
	for (const each of slow) each.readOn();
	await crowd.haveAll(slow, 1);
	await crowd.haveAll(rest, 0);
	await until(async () => (await crowd.buffers()).all === 0, "everything was taken");
	expect(crowd.peakBytes).toBeLessThan(BUFFERED_BYTES_MAX);
	if (before === null) await annotate("The memory of the process was not looked at: there is no /proc here.");
	else expect(peakMemory - before).toBeLessThan(GROWTH_BYTES_MAX);
	crowd.leave();
});

test(`G6: ${BACK} members that come back at once to much that they missed are given it bit by bit`, async () => {
	const crowd = await Crowd.of("back", 1);
	const [ann] = crowd.members as [SlowReader];
	await crowd.publish(ann, 60);
	const since = `${ann.all("welcome")[0]?.epoch}.0`;
	const url = `${server.url}/rooms/back?since=${since}`;
	const back = Array.from({ length: BACK }, () => SlowReader.knock(url));
	await until(async () => {
		await crowd.buffers();
		return back.every((each) => each.events.length >= crowd.published);
	}, "all are back");
	for (const each of back) {
		expect(each.seqs).toEqual(ann.seqs);
		expect([each.all("welcome").length, each.all("caught-up").length]).toEqual([1, 1]);
	}
	expect(crowd.peakBytes).toBeLessThan(BUFFERED_BYTES_MAX);
	crowd.leave();
	for (const each of back) each.leave();
});
