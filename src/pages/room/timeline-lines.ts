/** Which events get a line, what stands under it, and where a day or a speaker begins. */

import { ROOM_JOB, ROOM_REDACTED } from "../../protocol/ids.ts";
import type { Event } from "../../protocol/messages.ts";
import { dayOf, nextDay } from "./calendar.ts";
import { underOf } from "./card.ts";
import { textOf } from "./chat.ts";
import type { LineProps } from "./line.tsx";

const SAME_BREATH_MS = 5 * 60_000;

export function linesOf(events: readonly Event[], me: string | null): LineProps[] {
	const lines: LineProps[] = [];
	const cards = cardsOf(events);
	let day: number | null = null;
	let dayEnds = 0;
	let before: Event | null = null;
	for (const event of events) {
		if (!hasLine(event)) continue;
		// Times never decrease: most events are of the day of the one before.
		const isNewDay = event.at >= dayEnds;
		const today: number = isNewDay || day === null ? dayOf(event.at) : day;
		const opens = isSpoken(event) && (isNewDay || before === null || !goesOn(before, event));
		const card = cards.get(event.seq) ?? null;
		lines.push({ event, card, day: isNewDay ? today : null, opens, isMine: event.from === me });
		if (isNewDay) dayEnds = nextDay(today);
		day = today;
		before = event;
	}
	return lines;
}

/** The events that put a card under a message, by the message's seq; the newest counts. */
function cardsOf(events: readonly Event[]): Map<number, Event> {
	const cards = new Map<number, Event>();
	for (const event of events) {
		const under = underOf(event);
		if (under !== null) cards.set(under, event);
	}
	return cards;
}

/** What was removed says so itself, and a preview stands under what it previews. */
export function hasLine(event: Event): boolean {
	if (event.name === ROOM_REDACTED) return false;
	return event.name !== ROOM_JOB || !(event.redacted === true || isPreview(event.data));
}

function isPreview(data: unknown): boolean {
	return typeof data === "object" && data !== null && "name" in data && data.name === "unfurl";
}

function isSpoken(event: Event): boolean {
	return event.redacted === true || textOf(event) !== null;
}

function goesOn(before: Event, event: Event): boolean {
	return (
		isSpoken(before) &&
		before.from === event.from &&
		before.author === event.author &&
		event.at - before.at < SAME_BREATH_MS
	);
}
