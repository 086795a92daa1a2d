/** G6: what a room makes of its sockets' buffers, with buffers and a clock of the test's own. */
import { describe, expect, test } from "vitest";
import { Backlog } from "../../src/durable/backlog.ts";
import { FlowWatch } from "../../src/durable/flow-watch.ts";
import type { Clock, Machine } from "../../src/durable/surroundings.ts";
import {
	BEHIND_MS_MAX,
	BUFFER_PAUSE_BYTES,
	BUFFER_RESUME_BYTES,
	BUFFERED_BYTES_MAX,
	QUIET_MS,
	STUCK_MS_MAX,
} from "../../src/protocol/limits.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The sockets of a room, as far as a backlog asks: what each holds, and whether it still does. */
class Basin {
	readonly paused = new Set<string>();
	readonly sockets = new Map<string, { bufferedAmount: number; readyState: number }>();
	now = 1_700_000_000_000;
	readonly backlog = new Backlog(this.now);

	/** So many sessions whose sockets hold so much. */
	fill(name: string, count: number, bytes: number): string[] {
		const names = Array.from({ length: count }, (_, n) => `${name}${n + 1}`);
		for (const each of names) this.sockets.set(each, { bufferedAmount: bytes, readyState: WebSocket.OPEN });
		return names;
	}

	hold(session: string, bytes: number): void {
		this.#socket(session).bufferedAmount = bytes;
	}

	/** A turn sends to everyone who is not paused. */
	send(): void {
		for (const session of this.sockets.keys()) {
			if (!this.paused.has(session)) this.backlog.willSend(session, this.#socket(session));
		}
	}

	/** What is seen; those who are full are paused by it, and those who have drained no longer are. */
	look(): { full: string[]; drained: string[]; stuck: string[] } {
		const flow = this.backlog.look(
			this.paused,
			(session) => this.sockets.get(session) as unknown as WebSocket,
			this.now,
		);
		const { full, drained, stuck } = flow ?? { full: [], drained: [], stuck: [] };
		for (const session of full) this.paused.add(session);
		for (const session of drained) this.paused.delete(session);
		return { full: [...full], drained: [...drained], stuck: [...stuck] };
	}

	/** Everyone is looked at, when nothing was sent for a while. */
	lookAtAll(): void {
		this.backlog.lookAtAll(this.sockets as unknown as Map<string, WebSocket>, this.paused, this.now);
	}

	/** The room closes it; its socket holds what it held until it answers. */
	close(session: string): { bufferedAmount: number; readyState: number } {
		const socket = this.#socket(session);
		this.sockets.delete(session);
		this.paused.delete(session);
		this.backlog.forget(session);
		socket.readyState = WebSocket.CLOSING;
		this.backlog.closed(socket);
		return socket;
	}

	#socket(session: string): WebSocket & { bufferedAmount: number; readyState: number } {
		const socket = this.sockets.get(session);
		if (socket === undefined) throw new Error(`There is no session ${session}.`);
		return socket as WebSocket & { bufferedAmount: number; readyState: number };
	}
}

const NOTHING = { full: [], drained: [], stuck: [] };

test("G6: a socket that holds over 1 MiB when more is to be sent is full, and told once", () => {
	const basin = new Basin();
	basin.fill("bob", 1, BUFFER_PAUSE_BYTES);
	basin.send();
	expect(basin.look()).toEqual(NOTHING);
	basin.hold("bob1", BUFFER_PAUSE_BYTES + 1);
	expect(basin.look()).toEqual(NOTHING);
	basin.send();
	expect(basin.look()).toEqual({ ...NOTHING, full: ["bob1"] });
	expect(basin.look()).toEqual(NOTHING);
	expect(basin.backlog.isWaiting).toBe(true);
});

test("G6: it has drained below 256 KiB, and then nothing is waited for", () => {
	const basin = new Basin();
	basin.fill("bob", 1, 2 * MIB);
	basin.send();
	basin.look();
	basin.hold("bob1", BUFFER_RESUME_BYTES);
	expect(basin.look()).toEqual(NOTHING);
	basin.hold("bob1", BUFFER_RESUME_BYTES - 1);
	expect(basin.look()).toEqual({ ...NOTHING, drained: ["bob1"] });
	basin.look();
	expect(basin.backlog.isWaiting).toBe(false);
});

test("G6: one that was not once found empty for 5 s is full at 256 KiB; one that was, or was caught up, at 1 MiB", () => {
	const basin = new Basin();
	basin.fill("gone", 1, 1);
	basin.fill("quick", 1, 1);
	basin.send();
	basin.look();
	basin.send();
	basin.look();
	basin.now += BEHIND_MS_MAX;
	basin.hold("gone1", BUFFER_RESUME_BYTES);
	basin.hold("quick1", BUFFER_RESUME_BYTES);
	basin.send();
	expect(basin.look()).toEqual(NOTHING);
	basin.now += 1;
	basin.look();
	basin.hold("quick1", 0);
	basin.send();
	expect(basin.look()).toEqual({ ...NOTHING, full: ["gone1"] });
	basin.hold("quick1", BUFFER_RESUME_BYTES);
	basin.send();
	expect(basin.look()).toEqual(NOTHING);
	// It has taken some after all, and has its five seconds again.
	basin.hold("gone1", BUFFER_RESUME_BYTES - 1);
	expect(basin.look()).toEqual({ ...NOTHING, drained: ["gone1"] });
	basin.hold("gone1", BUFFER_RESUME_BYTES);
	basin.send();
	expect(basin.look()).toEqual(NOTHING);
	basin.now += BEHIND_MS_MAX + 1;
	basin.look();
	basin.send();
	expect(basin.look().full).toContain("gone1");
});

test("G6: a paused socket is stuck when it has taken nothing for more than 60 s; a byte begins the minute anew", () => {
	const basin = new Basin();
	basin.fill("bob", 1, 2 * MIB);
	basin.send();
	basin.look();
	basin.look();
	basin.now += STUCK_MS_MAX;
	expect(basin.look()).toEqual(NOTHING);
	basin.hold("bob1", 2 * MIB - 1);
	basin.now += 1;
	expect(basin.look()).toEqual(NOTHING);
	// What it is told in private makes it hold more, and is no sign of life.
	basin.hold("bob1", 2 * MIB + 100);
	basin.now += STUCK_MS_MAX;
	expect(basin.look()).toEqual(NOTHING);
	basin.now += 1;
	expect(basin.look()).toEqual({ ...NOTHING, stuck: ["bob1"] });
	basin.close("bob1");
	expect(basin.look()).toEqual(NOTHING);
});

/** A step back of an hour in mid life; a clock that was ten years ahead, and is right again. */
describe.each([3_600_000, 3_650 * 86_400_000])("a clock that is set back by %d ms", (ms) => {
	test("G6: a paused socket is stuck within its minute all the same", () => {
		const basin = new Basin();
		basin.fill("bob", 1, 2 * MIB);
		basin.send();
		basin.look();
		basin.look();
		basin.now -= ms;
		expect(basin.look()).toEqual(NOTHING);
		basin.now += STUCK_MS_MAX;
		expect(basin.look()).toEqual(NOTHING);
		basin.now += 1;
		expect(basin.look()).toEqual({ ...NOTHING, stuck: ["bob1"] });
	});

	test("G6: so is one that is not paused, and is sent nothing", () => {
		const basin = new Basin();
		basin.fill("bob", 1, 100 * KIB);
		basin.lookAtAll();
		basin.now -= ms;
		basin.lookAtAll();
		basin.now += STUCK_MS_MAX;
		expect(basin.look()).toEqual(NOTHING);
		basin.now += 1;
		expect(basin.look()).toEqual({ ...NOTHING, stuck: ["bob1"] });
	});

	test("G6: one that is never once found empty is full within its five seconds", () => {
		const basin = new Basin();
		basin.fill("gone", 1, BUFFER_RESUME_BYTES);
		basin.send();
		basin.look();
		basin.now -= ms;
		basin.look();
		basin.now += BEHIND_MS_MAX + 1;
		basin.look();
		basin.send();
		expect(basin.look()).toEqual({ ...NOTHING, full: ["gone1"] });
	});

	test("G6 G7: a room that is quiet does not stay awake for closed sockets until the clock has caught up", () => {
		const basin = new Basin();
		const aborts: string[] = [];
		const around = {
			now: () => basin.now,
			after: () => {},
			report: () => {},
			abort: (why: string) => aborts.push(why),
		};
		const host = { flowed: () => {}, looked: () => {}, paused: () => basin.paused, isBusy: () => false };
		const watched = { backlog: basin.backlog, seats: new Map(), host };
		const watch = new FlowWatch(around as unknown as Clock & Machine, watched);
		basin.fill("slow", 1, 100 * KIB);
		watch.heard(basin.now);
		basin.close("slow1");
		basin.now -= ms;
		watch.look();
		basin.now += QUIET_MS;
		watch.look();
		expect(aborts).toEqual([]);
		basin.now += 1;
		watch.look();
		expect(aborts).toHaveLength(1);
	});
});

test("the minute begins anew with each pause", () => {
	const basin = new Basin();
	basin.fill("bob", 1, 2 * MIB);
	for (const _ of [1, 2, 3]) {
		basin.hold("bob1", 2 * MIB);
		basin.send();
		basin.look();
		basin.look();
		basin.now += STUCK_MS_MAX;
		basin.hold("bob1", 0);
		expect(basin.look()).toEqual({ ...NOTHING, drained: ["bob1"] });
		basin.look();
	}
});

test("G6: where many are behind at once each is full sooner, and drained only when it holds nothing; those who keep up are left alone", () => {
	const basin = new Basin();
	const slow = basin.fill("slow", 50, 200 * KIB);
	basin.fill("quick", 50, 20 * KIB);
	basin.fill("idle", 50, 0);
	basin.send();
	expect(basin.look()).toEqual({ ...NOTHING, full: slow });
	for (const session of slow.slice(0, 5)) basin.hold(session, 1);
	expect(basin.look()).toEqual(NOTHING);
	for (const session of slow.slice(0, 5)) basin.hold(session, 0);
	expect(basin.look()).toEqual({ ...NOTHING, drained: slow.slice(0, 5) });
	// Fewer are behind by now: the rest need not wait for the last byte.
	for (const session of slow.slice(5)) basin.hold(session, 100 * KIB);
	expect([...basin.look().drained, ...basin.look().drained].sort()).toEqual(slow.slice(5).sort());
});

test("G6: beyond 32 MiB in all the furthest behind go, and no more of them than must", () => {
	const basin = new Basin();
	basin.fill("slow", 30, 1 * MIB);
	basin.fill("slower", 1, 2 * MIB);
	basin.fill("slowest", 1, 3 * MIB);
	basin.send();
	expect(basin.look().stuck).toEqual(["slowest1"]);
});

test("G6: nobody is sent away for what has been taken meanwhile", () => {
	const basin = new Basin();
	const quick = basin.fill("quick", 100, 400 * KIB);
	basin.send();
	for (const session of quick) basin.hold(session, 0);
	expect(basin.look().stuck).toEqual([]);
	expect(new Set(basin.look().drained)).toEqual(new Set(quick));
});

test("G6: closed sockets that hold their buffers count until they are gone, and alone they choke the room", () => {
	const basin = new Basin();
	const slow = basin.fill("slow", 33, 1 * MIB);
	const closing = slow.slice(0, 30).map((session) => basin.close(session));
	basin.send();
	expect(basin.look().stuck).toEqual(["slow31"]);
	expect(basin.backlog.isChoked(0)).toBe(false);
	closing.push(...["slow31", "slow32", "slow33"].map((session) => basin.close(session)));
	expect(basin.backlog.isChoked(0)).toBe(true);
	// One has answered, one has read on.
	Object.assign(closing[0] as object, { readyState: WebSocket.CLOSED });
	Object.assign(closing[1] as object, { bufferedAmount: 0 });
	expect(basin.backlog.isChoked(0)).toBe(false);
	expect(31 * MIB).toBeLessThan(BUFFERED_BYTES_MAX);
	expect(basin.backlog.isWaiting).toBe(true);
	for (const socket of closing) Object.assign(socket, { readyState: WebSocket.CLOSED });
	expect(basin.backlog.isChoked(QUIET_MS + 1)).toBe(false);
	expect(basin.backlog.isWaiting).toBe(false);
});

test("G6 G7: a quiet room does not stay awake for closed sockets that hold anything", () => {
	const basin = new Basin();
	basin.fill("slow", 1, 100 * KIB);
	basin.close("slow1");
	expect(basin.backlog.isChoked(QUIET_MS)).toBe(false);
	expect(basin.backlog.isChoked(QUIET_MS + 1)).toBe(true);
});

test("a closed socket that held nothing is not waited for", () => {
	const basin = new Basin();
	basin.fill("ann", 1, 0);
	basin.close("ann1");
	expect(basin.backlog.isWaiting).toBe(false);
});
