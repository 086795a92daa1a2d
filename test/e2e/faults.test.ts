/** Sleep, throws and the kill of the whole server: what a member can observe of them, which is nothing but a reconnect. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinRoom, type Room } from "../../src/client/index.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { BareClient } from "./bare-client.ts";
import { type DevServer, devServer, until } from "./dev-server.ts";

const PROBE = fileURLToPath(new URL("probe/wrangler.toml", import.meta.url));
const ASLEEP_MS = 12_000;

describe("a room in the real runtime", () => {
	let server: DevServer;
	beforeAll(async () => {
		server = await devServer({ config: PROBE });
	});
	afterAll(() => server.dispose());

	const probe = async (room: string, ask: string): Promise<number> =>
		(await (await fetch(`${server.url}/probe/${room}/${ask}`)).json()) as number;

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

	test("G1, G4: a throw after the commit drops everyone, and all have everything when they are back", async () => {
		const rooms = Array.from({ length: 3 }, () => joinRoom(`${server.url}/rooms/dropped`));
		const heard = rooms.map(listen);
		await Promise.all(rooms.map(live));
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

	test("1,000 GETs on new room names write no row", async () => {
		const names = Array.from({ length: 1000 }, (_, i) => `never-${i}`);
		for (let i = 0; i < names.length; i += 50) {
			await Promise.all(
				names.slice(i, i + 50).flatMap((name, n) => {
					const path = ["", "/events", "/members"][n % 3];
					return fetch(`${server.url}/rooms/${name}${path}`).then((answer) => answer.json());
				}),
			);
		}
		for (const name of names.filter((_, i) => i % 50 < 3)) expect(await probe(name, "rows")).toBe(0);
	});
});

describe("the whole server is killed in the middle of a burst", () => {
	const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
	const PUBLISHERS = 10;
	const EACH = 30;

	test(`G1–G4: ${ROUNDS} times in a row, nothing seen is lost and nothing published is doubled`, async () => {
		const server = await devServer({ vars: { PUBLISH_PER_SECOND: "0" } });
		try {
			const url = `${server.url}/rooms/killed`;
			const rooms = Array.from({ length: PUBLISHERS }, (_, i) => joinRoom(`${url}?p=${i}`));
			const heard = rooms.map(listen);
			await Promise.all(rooms.map(live));
			for (let round = 1; round <= ROUNDS; round++) {
				const before = heard[0]?.length ?? 0;
				const published = rooms.flatMap((room, p) =>
					Array.from({ length: EACH }, (_, i) => room.publish("chat", `${round}-${p}-${i}`)),
				);
				await until(() => (heard[0]?.length ?? 0) > before + round, "the burst has begun");
				await server.kill();
				await server.start();
				// Every publish is answered in the end, and everyone hears everything.
				const seqs = (await Promise.all(published)).map(({ seq }) => seq);
				expect(new Set(seqs).size).toBe(PUBLISHERS * EACH);
				const total = round * PUBLISHERS * EACH;
				await until(() => heard.every((events) => events.length >= total), "everyone has heard everything");
			}
			const kept = await history(url);
			expect(kept.map((event) => event.seq)).toEqual(
				Array.from({ length: ROUNDS * PUBLISHERS * EACH }, (_, i) => i + 1),
			);
			expect(new Set(kept.map((event) => event.data)).size).toBe(kept.length);
			for (const events of heard) expect(events).toEqual(kept);
			for (const room of rooms) room.leave();
		} finally {
			await server.dispose();
		}
	});
});

function listen(room: Room): Event[] {
	const events: Event[] = [];
	room.on("event", (event) => events.push(event));
	return events;
}

function live(room: Room): Promise<void> {
	return until(() => room.state.kind === "live", "live");
}

async function history(url: string): Promise<Event[]> {
	const events: Event[] = [];
	for (;;) {
		const answer = await fetch(`${url}/events?after=${events.length}&limit=200`);
		const page = (await answer.json()) as { events: Event[]; more: boolean };
		events.push(...page.events);
		if (!page.more) return events;
	}
}
