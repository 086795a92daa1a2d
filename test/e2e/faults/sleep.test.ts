/** Sleep and throws in the room's object, planted by the probe: what a member can observe of them, which is nothing but a reconnect. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinRoom, type Room } from "../../../src/client/index.ts";
import type { Event } from "../../../src/protocol/messages.ts";
import { BareClient } from "../../support/bare-client.ts";
import { type Runtime, runtime } from "../../support/runtime.ts";
import { StreamReader } from "../../support/stream-reader.ts";
import { until } from "../../support/until.ts";

const ASLEEP_MS = 12_000;

let server: Runtime;
beforeAll(async () => {
	server = await runtime();
});
afterAll(() => server.dispose());

const probe = async (room: string, ask: string): Promise<number> =>
	(await (await fetch(`${server.url}/probe/${room}/${ask}`)).json()) as number;

// Each in a room of its own: what the others do does not keep one awake.
describe.concurrent("a room in the real runtime", () => {
	test("G7: after 12 s of silence the object has lost its memory, and the next message reaches everyone in order", async () => {
		const url = `${server.url}/rooms/sleepy`;
		const [ada, ben] = await Promise.all([BareClient.join(url), BareClient.join(url)]);
		ada.publish("1");
		await ben.hears("event");
		const wakes = await probe("sleepy", "wakes");
		await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
		ben.publish("2");
		ada.publish("3");
		await Promise.all([ada.hears("event", 3), ben.hears("event", 3)]);
		expect([ada.seqs, ben.seqs]).toEqual([
			[1, 2, 3],
			[1, 2, 3],
		]);
		expect(ada.events).toEqual(ben.events);
		expect(await probe("sleepy", "wakes")).toBe(wakes + 1);
		expect(ada.all("presence").every((message) => !("left" in message) || message.left.length === 0)).toBe(true);
	});

	test("G7: ten idle streams keep no room awake, and when it wakes each hears of it", async () => {
		const streams = await Promise.all(
			Array.from({ length: 10 }, async () => {
				const headers = { Accept: "text/event-stream" };
				const reader = new StreamReader(await fetch(`${server.url}/rooms/streams/events`, { headers }));
				await reader.hears("caught-up");
				return reader;
			}),
		);
		const wakes = await probe("streams", "wakes");
		// The Worker pings for each of them meanwhile.
		await Promise.all(streams.map((stream) => stream.until(() => stream.comments >= 2)));
		expect(await probe("streams", "wakes")).toBe(wakes + 1);
		const ada = await BareClient.join(`${server.url}/rooms/streams`);
		ada.publish("1");
		await Promise.all(streams.map((stream) => stream.hears("event")));
		await Promise.all(streams.map((stream) => stream.leave()));
	});

	test("G1: of 100 publishes of one turn a poisoned one is refused `internal`, 99 land, no hole", async () => {
		const client = await BareClient.join(`${server.url}/rooms/poisoned`);
		client.publish("first");
		await client.hears("event");
		await probe("poisoned", "poison/arsenic");
		client.send(
			...Array.from({ length: 100 }, (_, i) => ({
				type: "publish",
				id: `p-${i}`,
				name: "chat",
				data: i === 41 ? "arsenic" : i,
			})),
		);
		await client.hears("event", 100);
		expect(client.seqs).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
		expect(client.all("error")).toMatchObject([{ id: "p-41", code: "internal" }]);
		expect(client.events.map((event) => event.id)).not.toContain("p-41");
	});

	test("GETs on new room names write no row", async () => {
		const names = Array.from({ length: 60 }, (_, i) => `never-${i}`);
		const read = (name: string, n: number): Promise<unknown> =>
			fetch(`${server.url}/rooms/${name}${["", "/events", "/members"][n % 3]}`).then((answer) => answer.json());
		await Promise.all(names.map(read));
		for (const name of names) expect(await probe(name, "rows")).toBe(0);
	});
});

// Alone: what the probe plants meets the next send, whosever it is.
test("G1, G4: a throw after the commit drops everyone, and all have everything when they are back", async () => {
	const rooms = Array.from({ length: 3 }, () => joinRoom(`${server.url}/rooms/dropped`));
	const heard = rooms.map(listen);
	await until(() => rooms.every(({ state }) => state.kind === "live"), "all are live");
	const drops: string[] = [];
	for (const room of rooms) room.on("state", (state) => drops.push(state.kind));
	await probe("dropped", "fail-next-send");
	const published = await Promise.all(rooms.map((room, i) => room.publish("chat", i)));
	await until(() => heard.every((events) => events.length === 3), "everyone has all three");
	expect(drops.filter((kind) => kind === "waiting").length).toBeGreaterThanOrEqual(3);
	for (const events of heard) expect(events).toEqual(heard[0]);
	expect(published.map(({ seq }) => seq).sort()).toEqual([1, 2, 3]);
	for (const room of rooms) room.leave();
});

function listen(room: Room): Event[] {
	const events: Event[] = [];
	room.on("event", (event) => events.push(event));
	return events;
}
