/** Who reads: pages, summaries, members, the archive. */
import { HISTORY_PER_SECOND } from "../../../../src/protocol/limits.ts";
import { textFrame } from "../line.ts";
import { ATTACKER_ADDRESS, type Attacker, type Stage } from "../stage.ts";
import { frameOfMany, LARGE } from "./words.ts";

const page = (id: number) => ({ type: "history", id: `h${id}`, limit: 200 });
const EVENTS = 400;

const storedEvents = (stage: Stage) =>
	stage.prepare({ events: { count: EVENTS, bytes: 2_500, from: "someone", ageMs: 600_000 } });

const showing = async (stage: Stage): Promise<void> => {
	for (const line of await stage.guests(200)) await line.send({ type: "presence", state: "p".repeat(2_000) });
};

/** The longest query that a Worker takes is a few times as long. */
const LONG = "9".repeat(4_000);
const FORGED = [
	"/rooms/room/members?cursor=~",
	`/rooms/room/members?cursor=${LONG}`,
	"/archive/search?room=room&q=found&cursor=1.2",
	"/archive/search?room=room&q=found&cursor=9999999999999999.0.9999999999999999.9999999999999999",
	`/archive/search?room=room&q=found&cursor=${LONG}`,
	"/rooms/room/events?after=9007199254740991&limit=200",
	"/rooms/room/events?before=9007199254740991&limit=200",
	`/rooms/room/events?after=${LONG}`,
];

export const READERS: readonly Attacker[] = [
	{
		name: "history",
		does: "20 guests of one network ask for 5 pages of 128 KiB a second each",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			await stage.every(HISTORY_PER_SECOND, (n) => {
				for (const line of lines) void line.send(page(n));
			});
		},
	},
	{
		name: "history of 300 members",
		does: "300 members each ask for ten pages of 128 KiB in one frame, every other second",
		isWithinRates: true,
		prepare: storedEvents,
		arrange: async (stage) => void (await stage.guests(300)),
		attack: async (stage) => {
			const lines = stage.members.slice(-300);
			const frame = frameOfMany(page, 10);
			await stage.every(0.5, () => {
				for (const line of lines) void line.sendBytes(frame);
			});
		},
	},
	{
		name: "history of those that do not read",
		does: "100 members ask for ten pages of 128 KiB in one frame, every other second, and read nothing",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			const lines = await stage.guests(100);
			for (const line of lines) line.stop();
			const frame = frameOfMany(page, 10);
			await stage.every(0.5, () => {
				for (const line of lines) void line.sendBytes(frame);
			});
		},
	},
	{
		name: "history flood",
		does: "frames of 100 history requests without end",
		isWithinRates: false,
		prepare: storedEvents,
		attack: async (stage) => {
			const line = await stage.guest();
			const frame = frameOfMany(page);
			await stage.flood(() => line.sendBytes(frame));
		},
	},
	{
		name: "history for gone events",
		does: "frames of 100 history requests before the first event, in one guest's rate",
		isWithinRates: true,
		prepare: storedEvents,
		attack: async (stage) => {
			const line = await stage.guest();
			const frame = textFrame(JSON.stringify({ type: "history", id: "h", before: 1 }));
			await stage.every(HISTORY_PER_SECOND, () => line.sendBytes(frame));
		},
	},
	{
		name: "HTTP summary",
		does: "32 requests at a time for the room's summary",
		isWithinRates: true,
		attack: (stage) => stage.requests(() => stage.http("/rooms/room")),
	},
	{
		name: "HTTP members",
		does: "32 requests at a time for the members, 200 of whom have 2 KB of presence each",
		isWithinRates: true,
		arrange: showing,
		attack: (stage) => stage.requests(() => stage.http("/rooms/room/members")),
	},
	{
		name: "HTTP events",
		does: "32 requests at a time for pages of 128 KiB",
		isWithinRates: false,
		prepare: storedEvents,
		attack: (stage) => stage.requests(() => stage.http("/rooms/room/events?limit=200")),
	},
	{
		name: "HTTP document",
		does: "32 requests at a time for the description of this API",
		isWithinRates: true,
		attack: (stage) => stage.requests(() => stage.http("/openapi.json")),
	},
	{
		name: "HTTP search",
		does: "32 requests at a time that search the room's archive of 2,000 events of 2 KB, all of which fit",
		isWithinRates: true,
		prepare: async (stage) => {
			await stage.http("/archive/search?room=room&q=found");
			await stage.prepare({ archive: { count: 2_000, bytes: 2_000, room: "room" } }, "archive");
		},
		attack: (stage) => stage.requests(() => stage.http("/archive/search?room=room&q=found&limit=200")),
	},
	{
		name: "HTTP search, large events",
		does: "32 requests at a time that search the room's archive of 400 events of 32 KB, all of which fit",
		isWithinRates: true,
		prepare: async (stage) => {
			await stage.http("/archive/search?room=room&q=found");
			await stage.prepare({ archive: { count: 400, bytes: LARGE.length, room: "room" } }, "archive");
		},
		attack: (stage) => stage.requests(() => stage.http("/archive/search?room=room&q=found&limit=200")),
	},
	{
		name: "HTTP cursors",
		does: "32 requests at a time for lists, by cursors that are forged, of another list, or far beyond the end",
		isWithinRates: true,
		prepare: storedEvents,
		attack: (stage) => stage.requests((n) => stage.http(FORGED[n % FORGED.length] ?? "")),
	},
	{
		name: "HTTP jobs that failed",
		does: "an operator lists those that failed behind 100,000 jobs that did not, 4 requests at a time",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: { count: 100_000, member: "someone", bytes: 100, purpose: "asked", state: "done", isOwed: false },
			}),
		attack: (stage) => stage.requests(() => stage.operator("/rooms/room/jobs?state=failed&limit=200"), 4),
	},
	{
		name: "HTTP jobs",
		does: "an operator lists 200 jobs whose outcomes are 32 KB, 4 requests at a time",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: { count: 200, member: "someone", bytes: LARGE.length, purpose: "asked", state: "done", isOwed: false },
			}),
		attack: (stage) => stage.requests(() => stage.operator("/rooms/room/jobs?limit=200"), 4),
	},
];
