/** Who signals, shows itself, comes and goes. */
import { PRESENCE_BYTES_MAX, PRESENCE_PER_SECOND, SIGNAL_BYTES_MAX } from "../../../../src/protocol/limits.ts";
import { ATTACKER_ADDRESS, type Attacker, keyOf, memberOf, type Stage } from "../stage.ts";
import { emptyObjects, frameOfMany, LARGE, SIGNAL_PER_SECOND } from "./words.ts";

const SIGNAL = "s".repeat(SIGNAL_BYTES_MAX - 2);
const STATE = "p".repeat(PRESENCE_BYTES_MAX - 2);
const JOINS_PER_SECOND = 200;
const SHOWN_MEMBERS = 200;
const signal = (data: unknown, to?: string) => ({ type: "signal", name: "s", data, to });

/** So many guests of one network, each at the full rate. */
function signalling(guests: number, message: unknown): Attacker["attack"] {
	return async (stage) => {
		const lines = await stage.guests(guests, { address: ATTACKER_ADDRESS });
		await stage.every(SIGNAL_PER_SECOND, () => {
			for (const line of lines) void line.send(message);
		});
	};
}

/** Members who each show as much as they may. */
async function showing(stage: Stage): Promise<void> {
	for (const line of await stage.guests(SHOWN_MEMBERS)) await line.send({ type: "presence", state: STATE });
}

const storedEvents = (count: number) => (stage: Stage) =>
	stage.prepare({ events: { count, bytes: 30_000, from: "someone", ageMs: 600_000 } });

/** The longest names that there are: letters that are each put together of many code points, in 256 bytes. */
const NAMES = ["👨‍👩‍👧‍👦".repeat(10), "e\u0301\u0302\u0303\u0323".repeat(20), "ﷺ".repeat(64), "ก็".repeat(42)];

export const GOERS: readonly Attacker[] = [
	{
		name: "joins with long names",
		does: "50 joins a second by guests of one network with names of up to 256 bytes of marks and joined emoji, who leave at once",
		isWithinRates: true,
		attack: (stage) =>
			stage.every(50, async (n) => {
				const name = encodeURIComponent(NAMES[n % NAMES.length] ?? "");
				const line = await stage.guest({ query: `?name=${name}` });
				line.leave();
			}),
	},
	{
		name: "signal small",
		does: "20 guests of one network send 100 small signals a second each, to 200 others",
		isWithinRates: true,
		audience: 180,
		attack: signalling(20, signal(0)),
	},
	{
		name: "signal large",
		does: "five guests send 100 signals of 4 KiB a second each, to 200 others",
		isWithinRates: true,
		audience: 180,
		attack: signalling(5, signal(SIGNAL)),
	},
	{
		name: "signal private",
		does: "20 guests send 100 signals of 4 KiB a second each to one member of ten sessions that do not read",
		isWithinRates: true,
		attack: async (stage) => {
			const key = keyOf(2);
			const sessions = await stage.guests(10, { key, address: stage.newAddress() });
			for (const line of sessions) line.stop();
			await signalling(20, signal(SIGNAL, memberOf(key)))(stage);
		},
	},
	{
		name: "signal flood",
		does: "frames of 100 signals without end",
		isWithinRates: false,
		attack: async (stage) => {
			const line = await stage.guest();
			const frame = frameOfMany(() => signal(0));
			await stage.flood(() => line.sendBytes(frame));
		},
	},
	{
		name: "presence large",
		does: "20 guests change 2 KiB of presence ten times a second each, before 200 others",
		isWithinRates: true,
		audience: 180,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			await stage.every(PRESENCE_PER_SECOND, (n) => {
				for (const line of lines) void line.send({ type: "presence", state: n + STATE.slice(10) });
			});
		},
	},
	{
		name: "presence objects",
		does: "20 guests send presences of 64 KiB of empty objects ten times a second each, which are too large",
		isWithinRates: true,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			const text = `{"type":"presence","state":${emptyObjects(100)}}`;
			await stage.every(PRESENCE_PER_SECOND, () => {
				for (const line of lines) void line.send(text);
			});
		},
	},
	{
		name: "joins, 200 shown",
		does: "200 joins at once, every second up to 1,000, into a room whose shown members have 2 KiB of presence each",
		isWithinRates: true,
		arrange: showing,
		attack: (stage) =>
			stage.every(1, (n) => {
				for (let i = 0; i < JOINS_PER_SECOND && n < 5; i++) stage.knock({ address: stage.newAddress() });
			}),
	},
	{
		name: "joins and leaves",
		does: "200 guests a second of one network come and go at once",
		isWithinRates: true,
		attack: (stage) =>
			stage.every(JOINS_PER_SECOND, async () => {
				const line = await stage.guest();
				line.leave();
			}),
	},
	{
		name: "joins with bad tokens",
		does: "32 joins at a time with tokens that nobody signed",
		isWithinRates: true,
		attack: (stage) =>
			stage.requests(async () => {
				const line = await stage.guest({ token: `e30.${"x".repeat(4_000)}.x` });
				line.leave();
			}),
	},
	{
		name: "joins with history",
		does: "100 joins a second that want the latest 200 events, of 30 KB each",
		isWithinRates: true,
		prepare: storedEvents(200),
		attack: (stage) => stage.every(100, () => stage.knock({ address: stage.newAddress(), query: "?history=200" })),
	},
	{
		name: "joins that resume",
		does: "20 sockets resume from the beginning of 2,000 events of 30 KB, leave when they have them, and do it again",
		isWithinRates: true,
		prepare: storedEvents(2_000),
		attack: (stage) =>
			stage.requests(async () => {
				const line = await stage.guest({ address: stage.newAddress(), query: "?since=prepared.0" });
				line.leave();
			}, 20),
	},
	{
		name: "joins that do not read",
		does: "100 sockets a second, up to 500, resume from the beginning of 2,000 events of 30 KB and read nothing",
		isWithinRates: true,
		prepare: storedEvents(2_000),
		attack: (stage) =>
			stage.every(100, (n) => {
				if (n < 500) stage.knock({ address: stage.newAddress(), query: "?since=prepared.0" }).stop();
			}),
	},
	{
		name: "members that do not read",
		does: "100 members read nothing while a guest publishes 50 events of 32 KB a second",
		isWithinRates: true,
		arrange: async (stage) => {
			for (const line of await stage.guests(100)) line.stop();
		},
		attack: async (stage) => {
			const line = await stage.guest();
			await stage.every(50, (n) => line.send({ type: "publish", id: `n${n}`, name: "note", data: LARGE }));
		},
	},
	{
		name: "sockets half open",
		does: "500 connections that ask for half an upgrade and wait",
		isWithinRates: true,
		attack: (stage) => stage.every(500, (n) => (n < 500 ? stage.halfOpen() : undefined)),
	},
];
