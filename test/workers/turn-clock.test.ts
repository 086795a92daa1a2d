/** When a room turns: one message costs no delay, a burst is one turn, and the window has a bound. */
import { expect, test } from "vitest";
import { TurnClock, windowMs } from "../../src/durable/turn-clock.ts";
import { TURN_WINDOW_MS_MAX } from "../../src/protocol/limits.ts";

/** A room that only counts what each turn took, and who says when it has taken so much. */
function counting(audience: number) {
	let inbox = 0;
	const turns: number[] = [];
	const waiting: { total: number; resolve: () => void }[] = [];
	const clock = new TurnClock(
		() => {
			turns.push(inbox);
			inbox = 0;
			const taken = turns.reduce((sum, count) => sum + count, 0);
			for (const { total, resolve } of waiting) if (taken >= total) resolve();
		},
		() => inbox,
		() => audience,
	);
	const arrive = (count: number): void => {
		for (let i = 0; i < count; i++) {
			inbox++;
			clock.strike();
		}
	};
	const taken = (total: number) => new Promise<void>((resolve) => waiting.push({ total, resolve }));
	return { turns, arrive, taken };
}

const macrotasks = async (count: number): Promise<void> => {
	for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
};

test("messages that come singly are each handled at once", async () => {
	const room = counting(1000);
	for (let n = 1; n <= 3; n++) {
		room.arrive(1);
		expect(room.turns).toHaveLength(n);
		await macrotasks(3);
	}
});

test("a burst is the message that found the room idle, and one turn for all the others", async () => {
	const room = counting(100);
	const all = room.taken(16);
	room.arrive(16);
	await all;
	expect(room.turns).toEqual([1, 15]);
});

test("after a burst the next one is gathered whole: nobody gets a frame for its first message alone", async () => {
	const room = counting(100);
	const first = room.taken(16);
	room.arrive(16);
	await first;
	await macrotasks(5);
	const second = room.taken(32);
	room.arrive(16);
	await second;
	expect(room.turns).toEqual([1, 15, 16]);
});

test("the window grows with the audience, and no room waits longer than its bound", () => {
	expect(windowMs(1)).toBe(0);
	expect(windowMs(100)).toBe(0);
	expect(windowMs(1000)).toBeGreaterThan(0);
	for (let audience = 1; audience <= 40_000; audience += 7) {
		expect(windowMs(audience + 7)).toBeGreaterThanOrEqual(windowMs(audience));
		expect(windowMs(audience)).toBeLessThanOrEqual(TURN_WINDOW_MS_MAX);
	}
});
