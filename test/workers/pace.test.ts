/** G6 G8: what comes faster than any client has reason to send gives way to everyone else's, and is not refused for it. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { Pace } from "../../src/durable/pace.ts";
import type { RoomObject } from "../../src/durable/room-object.ts";
import {
	FRAME_BYTES_MAX,
	FRAMES_AT_ONCE_MAX,
	FRAMES_BEYOND_MAX,
	MALFORMED_PER_MINUTE_MAX,
} from "../../src/protocol/limits.ts";
import { join } from "./guest.ts";

afterEach(() => {
	vi.restoreAllMocks();
	return reset();
});

function counting() {
	const seen = { hurries: 0, ways: 0 };
	const pace = new Pace({ hurry: () => seen.hurries++ }, { giveWay: () => seen.ways++ });
	return { pace, seen };
}

const times = (count: number, work: (n: number) => void): void => {
	for (let n = 0; n < count; n++) work(n);
};

test("as many frames as a client has in flight are nobody's concern, whoever else sends", () => {
	const { pace, seen } = counting();
	times(1_000, (n) => times(FRAMES_AT_ONCE_MAX, () => pace.heard(`s${n}`, 100)));
	expect(seen).toEqual({ hurries: 0, ways: 0 });
});

test("beyond them the room gives way, again and again until the turn, and the turn waits for no more of it", () => {
	const { pace, seen } = counting();
	times(FRAMES_AT_ONCE_MAX + 10 * FRAMES_BEYOND_MAX, () => pace.heard("s1", 100));
	expect(seen).toEqual({ hurries: 10, ways: 10 });
	pace.turned();
	times(FRAMES_AT_ONCE_MAX, () => pace.heard("s1", 100));
	expect(seen.ways).toBe(10);
});

test("many who flood count together: not each of them holds everyone up by itself", () => {
	const { pace, seen } = counting();
	times(100, (n) => times(FRAMES_AT_ONCE_MAX, () => pace.heard(`s${n}`, 100)));
	times(FRAMES_BEYOND_MAX, (n) => pace.heard(`s${n}`, 100));
	expect(seen.ways).toBe(1);
});

test("one that was closed has no frames for free", () => {
	const { pace, seen } = counting();
	times(FRAMES_BEYOND_MAX, () => pace.ignored());
	expect(seen.ways).toBe(1);
});

test("a few frames as large as they may be count as many small ones", () => {
	const { pace, seen } = counting();
	times(3, () => pace.heard("s1", FRAME_BYTES_MAX));
	expect(seen.ways).toBe(0);
	times(5, () => pace.heard("s1", FRAME_BYTES_MAX));
	expect(seen.ways).toBe(5);
});

test("a flood of frames that hold nothing closes nobody, and what is said behind it is heard", async () => {
	const ann = await join("/rooms/lobby");
	const bob = await join("/rooms/lobby");
	for (let n = 0; n < 500; n++) ann.socket.send("[]");
	ann.publish("behind");
	await bob.hears("event");
	expect(ann.closed).toBeNull();
});

test("a socket that goes on though it was closed waits for everything else that is due", async () => {
	await join("/rooms/lobby");
	const seen = await runInDurableObject(env.ROOMS.getByName("lobby"), async (room: RoomObject, state) => {
		const [socket] = state.getWebSockets();
		if (socket === undefined) throw new Error("The guest's socket is missing.");
		times(MALFORMED_PER_MINUTE_MAX, () => room.webSocketMessage(socket, "no JSON"));
		await vi.waitUntil(() => socket.readyState !== WebSocket.OPEN);
		const blocked = vi.spyOn(state, "blockConcurrencyWhile");
		times(FRAMES_BEYOND_MAX - 1, () => room.webSocketMessage(socket, "[]"));
		const before = blocked.mock.calls.length;
		times(100 * FRAMES_BEYOND_MAX, () => room.webSocketMessage(socket, "[]"));
		// It gives way once, and not again until it has.
		return [before, blocked.mock.calls.length];
	});
	expect(seen).toEqual([0, 1]);
});
