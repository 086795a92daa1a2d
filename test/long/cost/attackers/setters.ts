/** Who sets entries, and reads the state. */
import { DEFAULTS } from "../../../../src/protocol/limits.ts";
import type { Line } from "../line.ts";
import { ATTACKER_ADDRESS, type Attacker, type Stage } from "../stage.ts";
import { emptyObjects, frameOfMany, LARGE, PUBLISH_PER_SECOND } from "./words.ts";

const MEMBERS = 8;
/** Entries of 32 KB that one member may hold: an eighth of the state, short of its last. */
const LARGE_OF_MEMBER = Math.floor(DEFAULTS.STATE_MAX_BYTES / MEMBERS / (LARGE.length + 64)) - 1;
/** Small entries that one member may hold. */
const SMALL_OF_MEMBER = DEFAULTS.STATE_MAX_ENTRIES / MEMBERS;

const set = (id: string, key: string, value: unknown) => ({ type: "set", id, key, value });
const add = (id: string, key: string) => ({ type: "set", id, key, add: 1 });

/** A state that is as full as eight members can make it, of the largest entries. */
async function fullOfLarge(stage: Stage): Promise<void> {
	for (const [owner, line] of (await stage.guests(MEMBERS)).entries()) {
		for (let n = 0; n < LARGE_OF_MEMBER; n++) await line.send(set(`l${n}`, `large/${owner}/${n}`, LARGE));
	}
}

/** One that is full of the smallest entries. */
async function fullOfSmall(stage: Stage): Promise<void> {
	const lines = await stage.guests(MEMBERS);
	const sets = (line: Line, owner: number) => async (n: number) => {
		if (n < SMALL_OF_MEMBER) await line.send(set(`s${n}`, `small/${owner}/${n}`, n));
	};
	const all = lines.map(sets);
	let n = 0;
	while (n < SMALL_OF_MEMBER && !stage.isOver) {
		for (const one of all) await one(n);
		n++;
		if (n % PUBLISH_PER_SECOND === 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
	}
}

const writing = (message: (n: number) => unknown) => async (stage: Stage) => {
	const line = await stage.guest();
	await stage.every(PUBLISH_PER_SECOND, (n) => line.send(message(n)));
};

const put = (stage: Stage, key: string, body: string, headers: Record<string, string> = {}) =>
	stage.http(`/rooms/room/state/${key}`, {
		method: "PUT",
		headers: { "Content-Type": "application/json", ...headers },
		body,
	});

export const SETTERS: readonly Attacker[] = [
	{
		name: "sets large",
		does: "five guests set an entry of 32 KB each, 50 times a second, before 200 others",
		isWithinRates: true,
		audience: 180,
		attack: async (stage) => {
			const lines = await stage.guests(5, { address: ATTACKER_ADDRESS });
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const [i, line] of lines.entries()) void line.send(set(`n${n}`, `large/${i}`, `${n}${LARGE.slice(9)}`));
			});
		},
	},
	{
		name: "sets of new keys",
		does: "20 guests of one network set 50 new entries a second each, until they hold all that they may",
		isWithinRates: true,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const [i, line] of lines.entries()) void line.send(set(`n${n}`, `new/${i}/${n}`, n));
			});
		},
	},
	{
		name: "sets and drops",
		does: "a guest sets and drops an entry of 32 KB, 50 times a second",
		isWithinRates: true,
		attack: writing((n) => set(`n${n}`, `key/${n >> 1}`, n % 2 === 0 ? LARGE : null)),
	},
	{
		name: "sets repeated",
		does: "frames of 100 repeats of one set of 32 KB, one a second",
		isWithinRates: true,
		attack: async (stage) => {
			const line = await stage.guest();
			await line.send(set("same", "same", LARGE));
			const frame = frameOfMany(() => set("same", "same", "x".repeat(500)));
			await stage.every(1, () => line.sendBytes(frame));
		},
	},
	{
		name: "sets flood",
		does: "frames of 100 sets of one key without end",
		isWithinRates: false,
		attack: async (stage) => {
			const line = await stage.guest();
			let n = 0;
			await stage.flood(() => line.sendBytes(frameOfMany(() => set(`n${n++}`, "same", n))));
		},
	},
	{
		name: "sets of objects",
		does: "a guest sets 32 KB of empty objects, 50 times a second",
		isWithinRates: true,
		attack: async (stage) => {
			const value: unknown = JSON.parse(emptyObjects(0, DEFAULTS.EVENT_MAX_BYTES - 100));
			await writing((n) => set(`n${n}`, "objects", [n, value]))(stage);
		},
	},
	{
		name: "sets that conflict",
		does: "a guest expects another version of an entry of 32 KB, 50 times a second, and is told the entry",
		isWithinRates: true,
		attack: async (stage) => {
			await (await stage.guest()).send(set("first", "large", LARGE));
			await writing((n) => ({ ...set(`n${n}`, "large", n), expect: 1e9 }))(stage);
		},
	},
	{
		name: "adds",
		does: "20 guests of one network add to one entry, 50 times a second each",
		isWithinRates: true,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const [i, line] of lines.entries()) void line.send(add(`n${i}.${n}`, "sum"));
			});
		},
	},
	{
		name: "joins with state",
		does: "20 joins a second into a room whose state is full of entries of 32 KB",
		isWithinRates: true,
		arrange: fullOfLarge,
		attack: (stage) => stage.every(20, () => stage.knock({ address: stage.newAddress() })),
	},
	{
		name: "joins with state, that do not read",
		does: "20 sockets a second join a room whose state is full of entries of 32 KB, and read nothing",
		isWithinRates: true,
		arrange: fullOfLarge,
		attack: (stage) => stage.every(20, () => stage.knock({ address: stage.newAddress() }).stop()),
	},
	{
		name: "joins with state of small entries",
		does: "50 joins a second into a room whose state has as many entries as it may",
		isWithinRates: true,
		arrange: fullOfSmall,
		attack: (stage) => stage.every(50, () => stage.knock({ address: stage.newAddress() })),
	},
	{
		name: "HTTP state",
		does: "32 requests at a time for pages of a state that is full of entries of 32 KB",
		isWithinRates: true,
		arrange: fullOfLarge,
		attack: (stage) => stage.requests(() => stage.http("/rooms/room/state?limit=200")),
	},
	{
		name: "HTTP state of small entries",
		does: "32 requests at a time for pages at the end of a state that has as many entries as it may",
		isWithinRates: true,
		arrange: fullOfSmall,
		attack: (stage) => stage.requests(() => stage.http("/rooms/room/state?prefix=small/7/&limit=200")),
	},
	{
		name: "HTTP state conflict",
		does: "32 PUTs at a time of 32 KB that expect another version of an entry of 32 KB",
		isWithinRates: true,
		attack: async (stage) => {
			await (await stage.guest()).send(set("first", "large", LARGE));
			const body = JSON.stringify(LARGE);
			await stage.requests((n) =>
				put(stage, "large", body, { "If-Match": '"999999"', "Idempotency-Key": `conflict-of-number-${n}` }),
			);
		},
	},
	{
		name: "HTTP state repeated",
		does: "32 repeats at a time of one PUT of 32 KB, by its Idempotency-Key",
		isWithinRates: true,
		attack: async (stage) => {
			const body = JSON.stringify(LARGE);
			await stage.requests(() => put(stage, "large", body, { "Idempotency-Key": "the-same-again-1" }));
		},
	},
];
