/** Who hears the room as a stream and speaks to it by POST. */
import type { Line } from "../line.ts";
import { ATTACKER_ADDRESS, type Attacker, keyOf, type Stage } from "../stage.ts";
import { emptyObjects, LARGE, PUBLISH_PER_SECOND, publish } from "./words.ts";

const STREAMS = 100;
const largeEvents = (stage: Stage) =>
	stage.prepare({ events: { count: 400, bytes: 30_000, from: "someone", ageMs: 600_000 } });

const streams = (stage: Stage, count = STREAMS): Promise<Line[]> => stage.guests(count, { isStream: true });

/** The session that a stream's welcome names. */
function sessionOf(line: Line): Promise<string> {
	return new Promise((resolve) => {
		line.hear = (data) => {
			const [, session] = /"session":"([^"]+)"/.exec(data.toString()) ?? [];
			if (session === undefined) return;
			line.hear = null;
			resolve(session);
		};
	});
}

/** A stream of somebody's, whose session it speaks for. */
async function speaker(stage: Stage, n: number): Promise<(frame: string) => Promise<number>> {
	const key = keyOf(n);
	const session = await sessionOf(stage.knock({ key, address: ATTACKER_ADDRESS, isStream: true }));
	return (body) =>
		stage.http(`/rooms/room/sessions/${session}`, {
			method: "POST",
			headers: { "Content-Type": "application/json", "Rotunda-Resume": key },
			body,
		});
}

/** Frames without end, as many at a time as one computer makes, for one session. */
const posting = (frame: (n: number) => string) => async (stage: Stage) => {
	const say = await speaker(stage, 1);
	await stage.requests((n) => say(frame(n)));
};

export const STREAMERS: readonly Attacker[] = [
	{
		name: "streams that read",
		does: "100 streams read everything while a guest publishes 50 events of 32 KB a second",
		isWithinRates: true,
		arrange: async (stage) => void (await streams(stage)),
		attack: async (stage) => {
			const line = await stage.guest();
			await stage.every(PUBLISH_PER_SECOND, (n) => line.send(publish(`n${n}`, LARGE)));
		},
	},
	{
		name: "streams that do not read",
		does: "20 streams take nothing while a guest publishes 50 events of 32 KB a second",
		isWithinRates: true,
		arrange: async (stage) => {
			for (const line of await streams(stage, 20)) line.stop();
		},
		attack: async (stage) => {
			const line = await stage.guest();
			await stage.every(PUBLISH_PER_SECOND, (n) => line.send(publish(`n${n}`, LARGE)));
		},
	},
	{
		name: "streams that want history, and do not read",
		does: "20 streams a second, up to 100, begin 400 events of 30 KB ago and take nothing",
		isWithinRates: true,
		prepare: largeEvents,
		attack: (stage) =>
			stage.every(20, (n) => {
				if (n >= STREAMS) return;
				stage.knock({ address: stage.newAddress(), query: "?since=prepared.0", isStream: true }).stop();
			}),
	},
	{
		name: "streams that come and go",
		does: "32 streams at a time that leave as soon as they are in",
		isWithinRates: true,
		attack: (stage) =>
			stage.requests(async () => {
				const line = await stage.guest({ address: stage.newAddress(), isStream: true });
				line.leave();
			}),
	},
	{
		name: "sessions small",
		does: "32 POSTs at a time for a stream's session, of one small publish each, most of which are over the rate",
		isWithinRates: false,
		attack: posting((n) => JSON.stringify(publish(`n${n}`))),
	},
	{
		name: "sessions crowded",
		does: "32 POSTs at a time for a stream's session, of 100 small publishes each",
		isWithinRates: false,
		attack: posting((n) => JSON.stringify(Array.from({ length: 100 }, (_, i) => publish(`n${n}.${i}`)))),
	},
	{
		name: "sessions objects",
		does: "32 POSTs at a time for a stream's session, of 64 KiB of empty objects, which are no messages",
		isWithinRates: true,
		attack: async (stage) => {
			const body = emptyObjects();
			await posting(() => body)(stage);
		},
	},
	{
		name: "sessions of others",
		does: "32 POSTs of 64 KiB at a time for sessions that there are not",
		isWithinRates: true,
		attack: async (stage) => {
			const headers = { "Content-Type": "application/json", "Rotunda-Resume": keyOf(1) };
			const body = JSON.stringify(publish("x", "x".repeat(60_000)));
			await stage.requests((n) => stage.http(`/rooms/room/sessions/nobody-${n}`, { method: "POST", headers, body }));
		},
	},
];
