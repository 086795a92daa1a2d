/** What no room takes, given to the real client on a real room: each call is answered, and what comes after lands. */
import { expect, inject, test } from "vitest";
import { joinRoom, type Room } from "../../src/client/index.ts";
import { BareClient } from "../support/bare-client.ts";

const url = inject("server");

const unfit = (room: Room): Promise<unknown>[] => [
	...Array.from({ length: 100 }, (_, i) => room.publish("chat", { text: "x".repeat(65_536 + i) })),
	room.publish("chat", { text: "an id that is too long" }, { id: "i".repeat(65) }),
	room.publish("chat", { text: "\ud83d" }),
	room.publish("chat", { count: 1n }),
	room.publish("chat", { text: "x".repeat(40_000) }),
	room.requestJob("unfurl", () => {}),
	room.history({ before: Number.NaN }),
];

test("a hundred publishes that no frame holds, bad ids and data that is no JSON are refused; the next lands", async () => {
	const room = joinRoom(`${url}/rooms/unfit`);
	const before = unfit(room);
	const first = room.publish("chat", { text: "first" });
	const outcomes = await Promise.allSettled(before);
	expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["rejected"]));
	expect(await first).toEqual({ seq: 1 });
	expect((await Promise.allSettled(unfit(room))).filter(({ status }) => status === "fulfilled")).toEqual([]);
	expect(await room.publish("chat", { text: "second" })).toEqual({ seq: 2 });
	room.leave();
});

test("what the client holds to be the largest event is what the room takes", async () => {
	const watcher = await BareClient.join(`${url}/rooms/largest`);
	const room = joinRoom(`${url}/rooms/largest`);
	const { eventBytes } = watcher.welcome.limits;
	const largest = { text: `x${"é".repeat((eventBytes - '{"text":"x"}'.length) / 2)}` };
	expect(new TextEncoder().encode(JSON.stringify(largest)).length).toBe(eventBytes);
	expect(await room.publish("chat", largest)).toEqual({ seq: 1 });
	expect((await watcher.hears("event")).data).toEqual(largest);
	await expect(room.publish("chat", { text: `${largest.text}x` })).rejects.toMatchObject({ code: "too_large" });
	room.leave();
	await watcher.close();
});
