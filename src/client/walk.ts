/** Walking along a room's events, at the reader's own pace. Loaded where somebody does. */
import type { Event } from "../protocol/messages.ts";
import type { HistoryPage, Reason } from "./room.ts";

/** What is held for whoever walks along. */
export interface Held {
	/** The newest, ascending and without a gap. */
	events: Event[];
	/** Counts the histories: what was seen of another one says nothing of this. */
	life: number;
	isOver: boolean;
	/** Resolved when any of this is another. */
	moved: Promise<void>;
}

/** Returns why it cannot go on, or null where it is over. */
export async function* walk(
	held: Held,
	ask: (page: { after: number }) => Promise<HistoryPage>,
): AsyncGenerator<Event, Reason | null> {
	const { life } = held;
	let next = held.events[0]?.seq ?? null;
	for (;;) {
		if (held.life !== life && next !== null) return GONE;
		const first = held.events[0]?.seq ?? next ?? 0;
		next ??= held.events[0]?.seq ?? null;
		if (next !== null && first > next) {
			// It was read more slowly than the room spoke.
			const { events, floor } = await ask({ after: next - 1 });
			if (held.life !== life || floor > next) return GONE;
			for (const event of events) yield event;
			next = (events.at(-1)?.seq ?? next - 1) + 1;
			continue;
		}
		const event: Event | undefined = next === null ? undefined : held.events[next - first];
		if (event !== undefined) {
			next = event.seq + 1;
			yield event;
		} else if (held.isOver) return null;
		else await held.moved;
	}
}

const GONE: Reason = {
	code: "trimmed",
	message: "The history does not go on from here any more. Drop what you show, and read `events()` anew.",
};
