/** The room's events as a sequence to walk along: those that are held, then those that follow, without a gap. */
import { CLIENT_FEED_EVENTS_MAX } from "../protocol/limits.ts";
import type { Event } from "../protocol/messages.ts";
import { type HistoryPage, RoomError } from "./room.ts";

type Ask = (page: { after: number }) => Promise<HistoryPage>;

export class Feed {
	/** The newest, ascending and without a gap. */
	#held: Event[] = [];
	/** Counts the histories: what was seen of another one says nothing of this. */
	#life = 0;
	#isOver = false;
	/** Why it is over, where that was not one's own wish. */
	#reason: RoomError | null = null;
	#wake = Promise.withResolvers<void>();

	add(event: Event): void {
		// Twice as many before the older half goes: each is moved once, and not at every event.
		if (this.#held.length >= 2 * CLIENT_FEED_EVENTS_MAX) this.#held = this.#held.slice(-CLIENT_FEED_EVENTS_MAX);
		this.#held.push(event);
		this.#move();
	}

	/** The history does not go on where it was. */
	beginAnew(): void {
		this.#held = [];
		this.#life++;
		this.#move();
	}

	end(reason: RoomError | null): void {
		this.#isOver = true;
		this.#reason = reason;
		this.#move();
	}

	#move(): void {
		this.#wake.resolve();
		this.#wake = Promise.withResolvers();
	}

	/** @throws RoomError `trimmed` where its place in the history is gone, or why the room was left. */
	async *read(ask: Ask): AsyncGenerator<Event, void> {
		const life = this.#life;
		let next = this.#held[0]?.seq ?? null;
		for (;;) {
			if (this.#life !== life && next !== null) throw GONE();
			const first = this.#held[0]?.seq ?? next ?? 0;
			next ??= this.#held[0]?.seq ?? null;
			if (next !== null && first > next) {
				// It was read more slowly than the room spoke.
				const { events, floor } = await ask({ after: next - 1 });
				if (this.#life !== life || floor > next) throw GONE();
				for (const event of events) yield event;
				next = (events.at(-1)?.seq ?? next - 1) + 1;
				continue;
			}
			const event: Event | undefined = next === null ? undefined : this.#held[next - first];
			if (event !== undefined) {
				next = event.seq + 1;
				yield event;
			} else if (this.#isOver) {
				if (this.#reason !== null) throw this.#reason;
				return;
			} else await this.#wake.promise;
		}
	}
}

const GONE = (): RoomError =>
	new RoomError({
		code: "trimmed",
		message: "The history does not go on from here any more. Drop what you show, and read `events()` anew.",
	});
