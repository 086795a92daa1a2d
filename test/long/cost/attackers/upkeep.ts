/** Who makes the room work on what it has stored: moderators, operators, and time itself. */
import { HISTORY_PER_SECOND, IDEMPOTENCY_MS, MODERATE_PER_SECOND } from "../../../../src/protocol/limits.ts";
import { type Attacker, keyOf, memberOf, type Stage } from "../stage.ts";
import { frameOfMany } from "./words.ts";

const MEMBER = memberOf(keyOf(1));
const DAY_MS = 24 * 3_600_000;
/** Older than the history keeps. */
const TOO_OLD_MS = 31 * DAY_MS;
const REDACTIONS = 40;
const EVENTS = 9_000;
const READERS = 100;

const storedEvents = (stage: Stage) =>
	stage.prepare({ events: { count: EVENTS, bytes: 30_000, from: MEMBER, ageMs: 600_000 } });

const erase = (stage: Stage) =>
	stage.operator("/rooms/room/moderation", {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ action: "erase", member: MEMBER }),
	});

const wipe = (stage: Stage) => stage.operator("/rooms/room", { method: "DELETE" });

const redact = (seq: number) => ({ type: "moderate", id: `r${seq}`, action: "redact", seq });

export const KEEPERS: readonly Attacker[] = [
	{
		name: "moderate redact",
		does: "40 redactions in one frame, of 9,000 events of 30 KB, and 20 more a second",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			const line = await stage.moderator();
			await line.sendBytes(frameOfMany((n) => redact(n + 1), REDACTIONS));
			await stage.every(MODERATE_PER_SECOND, (n) => line.send(redact(REDACTIONS + n + 1)));
		},
	},
	{
		name: "HTTP erase",
		does: "an operator erases a member who said all of the room's 9,000 events of 30 KB",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			await erase(stage);
			await stage.over;
		},
	},
	{
		name: "HTTP erase, 100,000 jobs",
		does: "an operator erases a member who has asked for 100,000 jobs of 300 bytes in the last week",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: { count: 100_000, member: MEMBER, bytes: 300, purpose: "asked", state: "done", isOwed: false },
			}),
		attack: async (stage) => {
			await erase(stage);
			await stage.over;
		},
	},
	{
		name: "HTTP wipe",
		does: "an operator wipes a room of 9,000 events of 30 KB",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			await wipe(stage);
			await stage.over;
		},
	},
	{
		name: "HTTP wipe, 100 read",
		does: "100 members ask for 5 pages of 128 KiB a second each while an operator wipes 9,000 events of 30 KB; they come back",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			const reading = stage.every(HISTORY_PER_SECOND, (n) => {
				for (const line of stage.members.slice(-READERS)) void line.send({ type: "history", id: `h${n}`, limit: 200 });
			});
			await stage.guests(READERS);
			await wipe(stage);
			await stage.guests(READERS);
			await reading;
		},
	},
	{
		name: "HTTP wipe repeated",
		does: "20 guests post 10 events a second each, and an operator wipes the room every second",
		isWithinRates: true,
		attack: async (stage) => {
			const addresses = Array.from({ length: 20 }, () => stage.newAddress());
			await Promise.all([
				stage.every(10, (n) => {
					for (const address of addresses)
						void stage.post(`a-long-enough-key-${n}`, { name: "note", data: n }, address);
				}),
				stage.every(1, () => wipe(stage)),
			]);
		},
	},
	{
		name: "moderate mute",
		does: "20 mutes and unmutes a second",
		isWithinRates: true,
		attack: async (stage) => {
			const line = await stage.moderator();
			await stage.every(MODERATE_PER_SECOND, (n) =>
				line.send({ type: "moderate", id: `m${n}`, action: n % 2 === 0 ? "mute" : "unmute", member: MEMBER }),
			);
		},
	},
	{
		name: "moderate forbidden",
		does: "frames of 100 moderations without end, by a guest who may not",
		isWithinRates: false,
		attack: async (stage) => {
			const line = await stage.guest();
			const frame = frameOfMany((n) => redact(n));
			await stage.flood(() => line.sendBytes(frame));
		},
	},
	{
		name: "sweep of keys",
		does: "1,000,000 idempotency keys are a day old: pass after pass of the hourly sweep",
		isWithinRates: true,
		prepare: (stage) => stage.prepare({ keys: { count: 1_000_000, ageMs: IDEMPOTENCY_MS + 60_000 } }),
		attack: (stage) => stage.flood(() => stage.ring()),
	},
	{
		name: "trim of events",
		does: "20,000 events of 32 KB are older than the history keeps: its trim",
		isWithinRates: true,
		prepare: (stage) => stage.prepare({ events: { count: 20_000, bytes: 32_000, from: "someone", ageMs: TOO_OLD_MS } }),
		attack: (stage) => stage.every(1, () => stage.ring()),
	},
];
