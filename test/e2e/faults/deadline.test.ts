/** A rule's deadline, when the process in which it was set is gone before it comes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BareClient } from "../../support/bare-client.ts";
import { type Runtime, runtime } from "../../support/runtime.ts";

const RINGS_MS = 3_000;
const KILLED_AT_MS = 2_000;
const BACK_AT_MS = 5_000;

let server: Runtime;
beforeAll(async () => {
	server = await runtime({}, { probe: "timer" });
});
afterAll(() => server.dispose());

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("G5 a deadline set for 3 s comes once, though the process is killed at 2 s and is back at 5 s", async () => {
	const room = `${server.url}/rooms/kitchen`;
	const ada = await BareClient.join(room);
	const setAt = performance.now();
	ada.publish("set", null, "set");
	const { at } = await ada.hears("event");
	await after(setAt + KILLED_AT_MS - performance.now());
	await server.child.kill();
	await after(setAt + BACK_AT_MS - performance.now());
	await server.restart();
	await server.child.answers(server.port);
	const bob = await BareClient.join(`${room}?history=50`);
	await bob.hears("event", 2);
	// As long again as it was to wait, and something is said after that.
	await after(RINGS_MS + 1_000);
	bob.publish("again", null, "set");
	await bob.hears("event", 3);
	const told = bob.all("event").map(({ name, at: then }) => ({ name, ms: then - at }));
	expect(told.map(({ name }) => name)).toEqual(["set", "ring", "set"]);
	expect(told[1]?.ms, "not before its time").toBeGreaterThanOrEqual(RINGS_MS);
});
