/** The room's entries by raw sockets: what is held across cuts, what a change and a resume cost, and what races come to. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinRoom } from "../../src/client/index.ts";
import { Random } from "../simulation/random.ts";
import { BareClient } from "../support/bare-client.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { until } from "../support/until.ts";

let server: BuiltServer;
beforeAll(async () => {
	// One member may fill an eighth of the state.
	server = await builtServer({
		PUBLISH_PER_SECOND: "0",
		ROOM_PUBLISH_PER_SECOND: "100000",
		STATE_MAX_ENTRIES: "32768",
		STATE_MAX_BYTES: "33554432",
		OPERATOR_KEY: "an-operator-key",
	});
});
afterAll(() => server.dispose());

interface Held {
	version: number | undefined;
	/** By key; what was dropped too, with a value that is null. */
	entries: Map<string, { value: unknown; version: number }>;
}

/** A member by raw sockets, one after the other: sets again what was not answered, and holds what it is told. */
class Setter {
	readonly #url: string;
	readonly #unanswered = new Map<string, object>();
	#client: BareClient | null = null;
	#read = 0;
	#resume: string | undefined;
	#epoch = "";
	held: Held = { version: undefined, entries: new Map() };
	/** Of entries, that were told. */
	told = 0;

	constructor(url: string) {
		this.#url = url;
	}

	/** Comes in, at what it held at some time, and says again what was not answered. */
	async join(at: Held = this.held): Promise<void> {
		this.held = { ...at, entries: new Map(at.entries) };
		this.#read = 0;
		const since = at.version === undefined ? "" : `?since=${this.#epoch}.0.${at.version}`;
		const protocols = this.#resume === undefined ? [] : ["rotunda.v1", `resume.${this.#resume}`];
		this.#client = await BareClient.join(this.#url + since, protocols);
		this.look();
		this.#say([...this.#unanswered.values()]);
	}

	/** Its socket breaks; nothing of what it has not looked at yet was heard. */
	cut(): void {
		this.#client?.socket.close();
		this.#client = null;
	}

	get client(): BareClient {
		if (this.#client === null) throw new Error("It is not in.");
		return this.#client;
	}

	set(...sets: { id: string; key: string; value?: unknown; add?: number }[]): void {
		const messages = sets.map((each) => ({ type: "set", ...each }));
		for (const each of messages) this.#unanswered.set(each.id, each);
		this.#say(messages);
	}

	#say(messages: object[]): void {
		for (let i = 0; i < messages.length; i += 100) this.client.send(...messages.slice(i, i + 100));
	}

	/** Takes in what has come. */
	look(): void {
		const { heard } = this.client;
		for (; this.#read < heard.length; this.#read++) {
			const message = heard[this.#read];
			if (message?.type === "error") throw new Error(message.message);
			if (message?.type === "ack") this.#unanswered.delete(message.id);
			if (message?.type === "welcome") [this.#epoch, this.#resume] = [message.epoch, message.resume ?? this.#resume];
			if (message?.type === "caught-up") this.held.version ??= this.client.welcome.version;
			if (message?.type !== "state") continue;
			if (message.full === true) this.held.entries.clear();
			for (const { key, value, version = message.version } of message.entries) {
				this.told++;
				expect(version, `G11: ${key} never goes back`).toBeGreaterThanOrEqual(this.held.entries.get(key)?.version ?? 0);
				this.held.entries.set(key, { value, version });
			}
			if (message.more !== true) this.held.version = message.version;
		}
	}

	async hears(isSo: () => boolean): Promise<void> {
		const isNow = (): boolean => {
			this.look();
			return isSo();
		};
		await this.client.waits(isNow, "what is to be told of the state");
	}

	settled(unansweredMax = 0): Promise<void> {
		return this.hears(() => this.#unanswered.size <= unansweredMax);
	}

	/** What is there, by key. */
	get now(): Record<string, unknown> {
		const there = [...this.held.entries].filter(([, { value }]) => value !== null);
		return Object.fromEntries(there.sort(([a], [b]) => (a < b ? -1 : 1)));
	}
}

interface Page {
	version: number;
	entries: { key: string; value: unknown; version: number }[];
	more: boolean;
}

/** The same by HTTP, page by page. */
async function byHttp(url: string): Promise<Record<string, unknown>> {
	const found: Record<string, unknown> = {};
	for (let after = "", more = true; more; ) {
		const page = (await (await fetch(`${url}/state?limit=7&after=${encodeURIComponent(after)}`)).json()) as Page;
		for (const { key, value, version } of page.entries) found[key] = { value, version };
		after = page.entries.at(-1)?.key ?? "";
		more = page.more;
	}
	return found;
}

async function joined(url: string): Promise<Setter> {
	const setter = new Setter(url);
	await setter.join();
	return setter;
}

test("G11 1,000 sets from each of two on ten keys, one of them cut and resumed at random versions: all hold the same, and nothing goes back", async () => {
	const url = `${server.url}/rooms/cuts`;
	const seed = Number(process.env.SEED ?? Date.now());
	const random = new Random(seed);
	const [ada, bob] = [await joined(url), await joined(url)];
	const page = joinRoom(url);
	// What the cut one held at some time, and begins again at.
	let before: Held[] = [];
	for (let round = 0, id = 0; round < 50; round++) {
		for (const each of [ada, bob]) {
			const sets = Array.from({ length: 20 }, () => {
				const [key, value] = [`key/${random.below(8)}`, random.once(5) ? null : random.below(1_000)];
				const counter = `sum/${random.below(2)}`;
				return random.once(4) ? { id: `s${++id}`, key: counter, add: 1 } : { id: `s${++id}`, key, value };
			});
			each.set(...sets);
		}
		await Promise.all([ada.settled(random.below(20)), bob.settled(random.below(20))]);
		before = [...before.slice(-4), { ...bob.held, entries: new Map(bob.held.entries) }];
		if (!random.once(3)) continue;
		bob.cut();
		await bob.join(random.pick(before));
		before = [];
	}
	await Promise.all([ada.settled(), bob.settled()]);
	const late = await joined(url);
	ada.client.send({ type: "set", id: "last", key: "key/0", value: "last" });
	const isLast = ({ held }: Setter): boolean => held.entries.get("key/0")?.value === "last";
	for (const each of [ada, bob, late]) await each.hears(() => isLast(each));
	await until(() => page.get("key/0") === "last", "the client has it too");
	const truth = await byHttp(url);
	const byClient = Object.fromEntries(page.entries().map(({ key, value, version }) => [key, { value, version }]));
	for (const each of [ada.now, bob.now, late.now, byClient]) expect(each, `SEED=${seed}`).toEqual(truth);
	page.leave();
});

test("[V-8] of 4,000 entries (1 MiB) a change costs each member at most 250 bytes, and a resume after ten sends ten", async () => {
	const url = `${server.url}/rooms/large`;
	const [ada, bob] = [await joined(url), await joined(url)];
	const key = (i: number): string => `shape/${String(i).padStart(4, "0")}`;
	for (let i = 0; i < 4_000; i += 100) {
		ada.set(...Array.from({ length: 100 }, (_, j) => ({ id: `s${i + j}`, key: key(i + j), value: "x".repeat(250) })));
		await ada.settled(300);
	}
	await ada.settled();
	await bob.hears(() => bob.held.entries.size === 4_000);
	const { frames } = bob.client;
	const count = frames.length;
	ada.set({ id: "one", key: key(7), value: "y".repeat(100) });
	await bob.client.waits(() => frames.length > count, "the change is told");
	const news = frames.slice(count).filter((frame) => frame !== "pong");
	expect(news).toHaveLength(1);
	expect(Buffer.byteLength(news[0] ?? "")).toBeLessThanOrEqual(250);
	bob.look();
	bob.cut();
	ada.set(...Array.from({ length: 10 }, (_, i) => ({ id: `t${i}`, key: key(i * 100), value: i })));
	await ada.settled();
	const told = bob.told;
	await bob.join();
	expect(bob.told - told).toBe(10);
	expect(bob.now).toEqual(ada.now);
});

test("[V-5] of 100 who expect that there is none, one wins, and 99 are told what it is", async () => {
	const url = `${server.url}/rooms/race`;
	const all = await Promise.all(Array.from({ length: 100 }, () => BareClient.join(url)));
	all.forEach((each, i) => void each.send({ type: "set", id: "mine", key: "seat", value: i, expect: 0 }));
	await Promise.all(
		all.map((each) => each.waits(() => each.all("ack").length + each.all("error").length > 0, "an answer")),
	);
	const winners = all.flatMap((each, i) => (each.all("ack").length > 0 ? [i] : []));
	expect(winners).toHaveLength(1);
	const conflict = { code: "conflict", id: "mine", key: "seat", version: 1, value: winners[0] };
	const refusals = all.flatMap((each) => each.all("error"));
	expect(refusals).toHaveLength(99);
	for (const each of refusals) expect(each).toMatchObject(conflict);
	for (const each of all) each.socket.close();
});

test("[V-3] 1,000 additions of 1, each sent twice with the server killed in between, make 1,000", async () => {
	const url = `${server.url}/rooms/sum`;
	const all = await Promise.all(Array.from({ length: 10 }, () => joined(url)));
	const adds = (who: number) => Array.from({ length: 100 }, (_, i) => ({ id: `a${who}-${i}`, key: "sum", add: 1 }));
	all.forEach((each, who) => void each.set(...adds(who)));
	await all[0]?.settled(50);
	await server.kill();
	await server.start();
	await Promise.all(
		all.map(async (each, who) => {
			await each.join();
			// Those that were answered as well.
			each.set(...adds(who));
			await each.settled();
		}),
	);
	expect(await byHttp(url)).toEqual({ sum: { value: 1_000, version: 1_000 } });
});
