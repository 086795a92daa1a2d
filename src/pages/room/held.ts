/**
 * What the page holds of the room's history: the stretch that is shown and, where that ends before the newest event,
 * the newest few beside it. Each is consecutive and ascending, and both are bounded.
 */
import type { Event } from "../../protocol/messages.ts";
import { underOf } from "./card.ts";

/** While one follows what is new: what one scrolls back for a moment is there. */
const FOLLOWING_EVENTS_MAX = 1000;
/** While one reads what is old: some ten pages of the history, so that none is asked for again at every turn. */
const READING_EVENTS_MAX = 2000;
/** The newest, while one reads elsewhere: what a newcomer is told, so that the way back to them is no wait. */
const NEWEST_EVENTS_MAX = 200;

export class Held {
	#shown: Event[] = [];
	/** Empty where the shown go on to the newest. */
	#newest: Event[] = [];

	get shown(): readonly Event[] {
		return this.#shown;
	}

	/** True where the shown end at the newest event that was told. */
	get isAtNewest(): boolean {
		return this.#newest.length === 0;
	}

	/** Of all that are held; null where none is. */
	get newestSeq(): number | null {
		return (this.#newest.at(-1) ?? this.#shown.at(-1))?.seq ?? null;
	}

	clear(): void {
		this.#shown = [];
		this.#newest = [];
	}

	/** A new event, which those come after that are held; false where it is held already. */
	add(event: Event, isReading: boolean): boolean {
		if (event.seq <= (this.newestSeq ?? 0)) return false;
		// Where one reads, nothing is taken away at the other end to make room: it may be what one reads.
		if (this.isAtNewest && !(isReading && this.#shown.length >= READING_EVENTS_MAX)) this.#shown.push(event);
		else this.#newest.push(event);
		this.trim(isReading);
		return true;
	}

	/** Drops the oldest of what is too much. */
	trim(isReading: boolean): void {
		dropOldest(this.#shown, isReading ? READING_EVENTS_MAX : FOLLOWING_EVENTS_MAX);
		dropOldest(this.#newest, NEWEST_EVENTS_MAX);
	}

	/** Puts a page before the shown, where it joins up, and lets go of their other end. */
	prepend(page: readonly Event[]): void {
		if (page.at(-1)?.seq !== (this.#shown[0]?.seq ?? 0) - 1) return;
		this.#shown = [...page, ...this.#shown];
		if (this.#shown.length > READING_EVENTS_MAX) {
			this.#keepNewest();
			this.#shown.length = READING_EVENTS_MAX;
		}
	}

	/** Puts a page after the shown, and the newest after it where they join up. */
	append(page: readonly Event[]): void {
		for (const event of [...page, ...this.#newest]) {
			const next = (this.#shown.at(-1)?.seq ?? event.seq - 1) + 1;
			if (event.seq === next) this.#shown.push(event);
		}
		if (this.#shown.at(-1)?.seq === this.#newest.at(-1)?.seq) this.#newest = [];
		dropOldest(this.#shown, READING_EVENTS_MAX);
	}

	/** Shows that page and no other, and keeps the newest beside it. */
	turnTo(page: readonly Event[]): void {
		this.#keepNewest();
		this.#shown = [];
		this.append(page);
	}

	/** Shows the newest, whatever lies between. */
	turnToNewest(): void {
		if (this.isAtNewest) return;
		this.#shown = this.#newest;
		this.#newest = [];
	}

	/** Forgets what an event said, and what others said about it. */
	redact(seq: number): void {
		for (const events of [this.#shown, this.#newest]) {
			for (const [index, event] of events.entries()) {
				if (event.seq === seq || underOf(event) === seq) events[index] = { ...event, data: null, redacted: true };
			}
		}
	}

	#keepNewest(): void {
		if (this.isAtNewest) this.#newest = this.#shown.slice(-NEWEST_EVENTS_MAX);
	}
}

function dropOldest(events: Event[], max: number): void {
	if (events.length > max) events.splice(0, events.length - max);
}
