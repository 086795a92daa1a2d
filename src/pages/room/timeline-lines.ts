/** Which events get a line, and where a day or a speaker begins. */
import type { Event } from "../../protocol/messages.ts";
import { dayOf } from "./calendar.ts";
import { textOf } from "./chat.ts";
import type { LineProps } from "./line.tsx";

const SAME_BREATH_MS = 5 * 60_000;

export function linesOf(events: readonly Event[], me: string | null): LineProps[] {
	const lines: LineProps[] = [];
	let day: number | null = null;
	let before: Event | null = null;
	for (const event of events) {
		// What was removed says so itself.
		if (event.name === "room.redacted") continue;
		const today = dayOf(event.at);
		const isNewDay = today !== day;
		const opens = isSpoken(event) && (isNewDay || before === null || !goesOn(before, event));
		lines.push({ event, day: isNewDay ? today : null, opens, isMine: event.from === me });
		day = today;
		before = event;
	}
	return lines;
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
