/** Rooms behind a proxy that lets no WebSocket through: the built client in Node, and what people have at hand. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Entry, joinRoom, type Room } from "../../src/client/index.ts";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { Child } from "../support/child.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { until } from "../support/until.ts";

/** A proxy that passes requests on, and refuses upgrades or lets them hang. */
class Gateway {
	readonly #target: URL;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	constructor(target: string, hangs: boolean) {
		this.#target = new URL(target);
		this.#server = createServer((asked, answer) => this.#pass(asked, answer));
		this.#server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
		});
		this.#server.on("upgrade", (_, socket) => {
			socket.on("error", () => {});
			if (!hangs) socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
		});
	}

	#pass(asked: IncomingMessage, answer: ServerResponse): void {
		const { hostname, port } = this.#target;
		const { method, url: path, headers } = asked;
		const passed = request({ hostname, port, method, path, headers }, (answered) => {
			answer.writeHead(answered.statusCode ?? 502, answered.headers);
			// Each piece as it comes.
			answered.on("data", (piece) => answer.write(piece));
			answered.on("end", () => answer.end());
			answered.on("error", () => answer.destroy());
		});
		passed.on("error", () => answer.destroy());
		answer.on("close", () => passed.destroy());
		asked.pipe(passed);
	}

	async listens(): Promise<string> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
	}

	/** Cuts whatever is under way. */
	cut(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	close(): void {
		this.#server.close();
		this.cut();
	}
}

let server: BuiltServer;
const gateways: Gateway[] = [];
const rooms: Room[] = [];

beforeAll(async () => {
	server = await builtServer({ PUBLISH_PER_SECOND: "0" });
	// What a page has built, and loads where it needs it, is put together here at its first use: that is no part of it.
	await Promise.all(["outgoing", "stream", "why-refused"].map((part) => import(`../../src/client/${part}.ts`)));
	// Nor what a server does once, when it is first asked.
	await (await BareClient.join(`${server.url}/rooms/first`)).close();
});
afterAll(async () => {
	for (const room of rooms) room.leave();
	for (const gateway of gateways) gateway.close();
	await server.dispose();
});

/** A test's own, and where it is reached: what one cuts is nobody else's. */
async function behind(kind: "refuses" | "hangs"): Promise<{ gateway: Gateway; url: string }> {
	const gateway = new Gateway(server.url, kind === "hangs");
	gateways.push(gateway);
	return { gateway, url: await gateway.listens() };
}

function joins(url: string): { room: Room; events: { seq: number; data: unknown }[] } {
	const room = joinRoom(url);
	const events: { seq: number; data: unknown }[] = [];
	room.on("event", ({ seq, data }) => events.push({ seq, data }));
	rooms.push(room);
	return { room, events };
}

/** Two windows behind such a proxy talk within so many ms. */
async function talk(kind: "refuses" | "hangs", ms: number): Promise<void> {
	const url = `${(await behind(kind)).url}/rooms/talk-${kind}`;
	const begun = Date.now();
	const [ann, ben] = [joins(url), joins(url)];
	const said = [ann.room.publish("chat", { text: "a" }), ben.room.publish("chat", { text: "b" })];
	await Promise.all(said);
	await until(() => ann.events.length === 2 && ben.events.length === 2, "both have heard both");
	expect(Date.now() - begun).toBeLessThan(ms);
	expect(ann.events).toEqual(ben.events);
}

test("behind a proxy that refuses upgrades two windows talk within 4 s", () => talk("refuses", 4_000));

test("G2 G3 G4 over streams that are cut again and again, each hears each event once and in order, its own too", async () => {
	const { gateway, url: via } = await behind("refuses");
	const url = `${via}/rooms/rules`;
	const direct = await BareClient.join(`${server.url}/rooms/rules`);
	const [ann, ben] = [joins(url), joins(url)];
	await until(() => ann.room.state.kind === "live" && ben.room.state.kind === "live", "both are live");
	const answers: Promise<{ seq: number }>[] = [];
	for (let round = 0; round < 4; round++) {
		for (let i = 0; i < 10; i++) {
			answers.push(ann.room.publish("chat", { text: `ann ${round}.${i}` }));
			answers.push(ben.room.publish("chat", { text: `ben ${round}.${i}` }));
		}
		if (round < 3) gateway.cut();
		await Promise.all(answers);
	}
	const seqs = Array.from({ length: 80 }, (_, i) => i + 1);
	await until(() => [ann, ben].every(({ events }) => events.length >= 80), "both have heard all");
	expect(ann.events.map(({ seq }) => seq)).toEqual(seqs);
	expect(ben.events).toEqual(ann.events);
	await direct.waits(() => direct.seqs.length >= 80, "a socket has heard all");
	expect(direct.seqs).toEqual(seqs);
	expect(new Set((await Promise.all(answers)).map(({ seq }) => seq)).size).toBe(80);
	// Its member is the same guest each time.
	expect(new Set(direct.events.map(({ from }) => from)).size).toBe(2);
});

test("G11 sets over streams that are cut again and again land once, and all hold what a socket holds", async () => {
	const { gateway, url: via } = await behind("refuses");
	const url = `${server.url}/rooms/entries`;
	const [ann, ben] = [joins(`${via}/rooms/entries`), joins(`${via}/rooms/entries`)];
	const { room: direct } = joins(url);
	const all = [ann.room, ben.room, direct];
	await until(() => all.every(({ state }) => state.kind === "live"), "all are live");
	const [keys, rounds] = [10, 4];
	for (let round = 0; round < rounds; round++) {
		const answers: Promise<unknown>[] = [ann.room.set("topic", `round ${round}`), ben.room.set(`gone/${round}`, round)];
		for (let i = 0; i < keys; i++) answers.push(ann.room.add(`sum/${i}`, 1), ben.room.add(`sum/${i}`, 1));
		if (round < rounds - 1) gateway.cut();
		await Promise.all(answers);
		const dropped = ben.room.drop(`gone/${round}`);
		if (round < rounds - 1) gateway.cut();
		await dropped;
	}
	const late = joins(`${via}/rooms/entries`);
	const stored = await (await fetch(`${url}/state`)).json();
	// Each of these is one change of the state, were it sent once or again: topic, gone, its drop, and the sums.
	expect(stored.version).toBe(rounds * (3 + 2 * keys));
	const told = stored.entries.map(({ key, value, version }: Entry) => ({ key, value, version }));
	expect(told.map(({ key, value }: Entry) => [key, value])).toEqual([
		...Array.from({ length: keys }, (_, i) => [`sum/${i}`, 2 * rounds]),
		["topic", `round ${rounds - 1}`],
	]);
	for (const room of [...all, late.room]) await expect.poll(() => room.entries(), { timeout: 60_000 }).toEqual(told);
});

test("[X-11] G6 a reader that stalls is closed, and the others notice nothing", async () => {
	const stalled = await fetch(`${server.url}/rooms/stalled/events`, { headers: { Accept: "text/event-stream" } });
	const ann = await BareClient.join(`${server.url}/rooms/stalled`);
	await ann.waits(() => ann.welcome.count === 2, "both are here");
	const text = "x".repeat(30_000);
	// Sockets on the way hold some megabytes; what is beyond is the Worker's.
	for (let i = 0; i < 700; i++) {
		ann.publish(`m-${i}`, { text });
		if (i % 50 === 49) await ann.waits(() => ann.seqs.length >= i - 10, "it is heard");
	}
	await ann.waits(() => ann.all("presence").some(({ left }) => left.length > 0), "the stalled one is gone");
	const reader = new StreamReader(stalled);
	await reader.until(() => reader.isOver);
	expect(reader.closed).toBeNull();
});

// What these take is waiting, for a deadline of the client's, a comment or a grace: side by side they wait but once.
describe.concurrent("as time passes", () => {
	test("behind a proxy that lets upgrades hang two windows talk within 20 s", () => talk("hangs", 20_000));

	test("G9 one who leaves is gone when that is noticed, and the grace is over", async () => {
		const watcher = await BareClient.join(`${server.url}/rooms/gone`);
		const { url } = await behind("refuses");
		const { room } = joins(`${url}/rooms/gone`);
		await until(() => room.me !== null, "it is in");
		const guest = room.me?.id ?? "";
		room.leave();
		const isGone = (): boolean => watcher.all("presence").some(({ left }) => left.includes(guest));
		// A comment every 10 s finds that nobody reads, one hop after the other, and then there is the grace.
		await until(isGone, "it is gone");
	});

	test("[X-8] `curl -N` shows a room live, with comments that keep it so", async () => {
		const curl = new Child("curl", ["-sN", "-H", "Accept: text/event-stream", `${server.url}/rooms/curl/events`]);
		const said = (): string => curl.said.join("");
		try {
			await until(() => said().includes("event: caught-up"), "curl is in");
			const ann = await BareClient.join(`${server.url}/rooms/curl`);
			ann.publish("m-1", { text: "hello curl" });
			await until(() => said().includes("hello curl"), "curl has heard it");
			expect(said()).toMatch(/\nid: [A-Za-z0-9_-]+\.1\.0\nevent: event\ndata: \{"type":"event","seq":1,/);
			await until(() => /^:$/m.test(said()), "a comment has come");
		} finally {
			await curl.kill();
		}
	});

	test.skipIf(whyNoBrowser() !== null)(
		"[X-9] `EventSource` alone follows an open room, and takes it up where it was cut off",
		async () => {
			const { gateway, url } = await behind("refuses");
			const browser = await launch();
			try {
				const page = await browser.newPage();
				await page.goto(`${url}/`);
				await page.evaluate(() => {
					const heard: unknown[] = [];
					Object.assign(globalThis, { heard });
					const source = new EventSource("/rooms/source/events");
					for (const type of ["welcome", "event", "caught-up"]) {
						source.addEventListener(type, ({ data }) => void heard.push(JSON.parse(data)));
					}
				});
				type Heard = { type: string; seq?: number; continuity?: string };
				const heard = (): Promise<Heard[]> => page.evaluate(() => (globalThis as unknown as { heard: Heard[] }).heard);
				const count = async (type: string): Promise<number> =>
					(await heard()).filter((each) => each.type === type).length;
				await until(async () => (await count("caught-up")) === 1, "it is in");
				const ann = await BareClient.join(`${server.url}/rooms/source`);
				ann.publish("m-1", { text: "1" });
				await until(async () => (await count("event")) === 1, "it has heard one");
				gateway.cut();
				ann.publish("m-2", { text: "2" });
				await until(async () => (await count("caught-up")) === 2, "it is back");
				ann.publish("m-3", { text: "3" });
				await until(async () => (await count("event")) === 3, "it has heard all");
				const all = await heard();
				expect(all.filter(({ type }) => type === "event").map(({ seq }) => seq)).toEqual([1, 2, 3]);
				expect(all.filter(({ type }) => type === "welcome").map(({ continuity }) => continuity)).toEqual([
					"fresh",
					"resumed",
				]);
			} finally {
				await browser.close();
			}
		},
	);
});
