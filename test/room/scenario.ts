/** Scenarios on the {@link Stage}: each is played twice, awake throughout and woken before each step, and nobody may notice. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { type Event, SERVER_MESSAGES, type ServerMessage } from "../../src/protocol/messages.ts";
import type { Rules } from "../../src/protocol/rules.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { Stage } from "./stage.ts";

/** Plays `play` with and without sleep: the transcripts must be equal (G7), and each keep G2. */
export function scenario(
	name: string,
	play: (stage: Stage) => void,
	settings: Partial<Settings> = {},
	rules?: Rules,
): void {
	test(name, () => {
		const awake = perform(play, new Stage(settings, false, new MemoryStore(), rules));
		const slept = perform(play, new Stage(settings, true, new MemoryStore(), rules));
		expect(slept.transcript()).toEqual(awake.transcript());
	});
}

/** For what lives in memory alone, and starts anew when the room wakes: buckets and malformed counts. */
export function awakeScenario(name: string, play: (stage: Stage) => void, settings: Partial<Settings> = {}): void {
	test(name, () => {
		perform(play, new Stage(settings, false));
	});
}

function perform(play: (stage: Stage) => void, stage: Stage): Stage {
	play(stage);
	const bySeq = new Map<string, Event>();
	for (const session of stage.sessions) checkOrder(stage.heard(session), bySeq, stage.pauses(session));
	return stage;
}

/**
 * What must hold of all that a session hears: a welcome first, then from its cursor on every event once and
 * in order, the same for everyone (G2), and one `caught-up` a welcome (G4) and a pause (G6).
 */
export function checkOrder(heard: readonly ServerMessage[], bySeq: Map<string, Event>, pauses = 0): void {
	let welcome: Extract<ServerMessage, { type: "welcome" }> | null = null;
	let last: number | null = null;
	let isCaughtUp = false;
	let pausesLeft = pauses;
	for (const [index, message] of heard.entries()) {
		v.parse(SERVER_MESSAGES[message.type] as v.GenericSchema, message);
		if (message.type === "welcome") {
			welcome = message;
			last = null;
			isCaughtUp = false;
			continue;
		}
		if (welcome === null) {
			// Before its welcome a session hears nothing but why there will be none.
			expect(message.type, "the first message").toBe("error");
			continue;
		}
		if (message.type === "event") {
			if (last !== null) expect(message.seq, "no gap and no repeat").toBe(last + 1);
			last = message.seq;
			const place = `${welcome.epoch}.${message.seq}`;
			expect(message, "the same event for everyone").toEqual(sinceRedacted(bySeq.get(place) ?? message, message));
			bySeq.set(place, message);
		}
		if (message.type === "caught-up") {
			if (isCaughtUp) {
				expect(pausesLeft--, "one caught-up a welcome and a pause").toBeGreaterThan(0);
				expect(heard[index - 1], "the whole roster at the end of a pause").toMatchObject({
					type: "presence",
					full: true,
				});
			}
			expect(message.head).toBe(last ?? message.head);
			isCaughtUp = true;
			last = message.head;
		}
	}
}

/** The event as it is told now: one that was taken back since keeps its place and loses its data. */
function sinceRedacted(before: Event, now: Event): Event {
	if (now.redacted !== true) return before;
	// One who was erased has no name any more.
	return { ...before, author: now.author === "" ? "" : before.author, data: null, redacted: true };
}

/** The events among what was heard. */
export function events(heard: readonly ServerMessage[]): Event[] {
	return heard.filter((message) => message.type === "event");
}

export function seqs(heard: readonly ServerMessage[]): number[] {
	return events(heard).map(({ seq }) => seq);
}

/** The messages of one type among what was heard. */
export function only<T extends ServerMessage["type"]>(heard: readonly ServerMessage[], type: T) {
	return heard.filter((message): message is Extract<ServerMessage, { type: T }> => message.type === type);
}

/** `1 … count`, or from another start. */
export function range(count: number, start = 1): number[] {
	return Array.from({ length: count }, (_, index) => start + index);
}
