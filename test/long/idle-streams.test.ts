/**
 * G7 in real time: a room whose members only follow it by streams, and that sleeps all the while but for its sweeps.
 * `IDLE_MINUTES=30 npx vitest run --project e2e test/long/idle-streams.test.ts` says how long.
 */
import { expect, test } from "vitest";
import { STREAM_PING_MS } from "../../src/protocol/limits.ts";
import { runtime } from "../support/runtime.ts";
import { StreamReader } from "../support/stream-reader.ts";

const MINUTES = Number(process.env.IDLE_MINUTES);
const STREAMS = 10;
/** A sweep wakes the room; one that stays awake is not woken. Where nobody falls silent there are this far apart at most. */
const SWEEP_MS_MAX = 120_000;

test(`G7: for ${MINUTES} minutes ten idle streams let their room sleep, and none is closed`, {
	timeout: (MINUTES + 2) * 60_000,
}, async () => {
	const server = await runtime();
	try {
		const headers = { Accept: "text/event-stream" };
		const url = `${server.url}/rooms/idle/events`;
		const streams = await Promise.all(
			Array.from({ length: STREAMS }, async () => new StreamReader(await fetch(url, { headers }))),
		);
		await Promise.all(streams.map((stream) => stream.hears("caught-up")));
		const wakes = async (): Promise<number> => (await (await fetch(`${server.url}/probe/idle/woken`)).json()) as number;
		const before = await wakes();
		await new Promise((resolve) => setTimeout(resolve, MINUTES * 60_000));
		const woken = (await wakes()) - before;
		console.log(`In ${MINUTES} minutes the room slept and was woken ${woken} times.`);
		expect(woken).toBeGreaterThanOrEqual(Math.floor((MINUTES * 60_000) / SWEEP_MS_MAX));
		expect(woken).toBeLessThanOrEqual(2 * MINUTES + 1);
		for (const stream of streams) {
			expect(stream.isOver).toBe(false);
			expect(stream.comments).toBeGreaterThanOrEqual(
				Math.floor((MINUTES * 60_000) / STREAM_PING_MS) - 6 * MINUTES * 0.2,
			);
		}
		await Promise.all(streams.map((stream) => stream.leave()));
	} finally {
		await server.dispose();
	}
});
