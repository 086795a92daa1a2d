/** The part of the room's history that the page holds: consecutive, ascending, bounded. */

import type { Room } from "../../client/room.ts";
import type { Event, Welcome } from "../../protocol/messages.ts";
import { ROOM_REDACTED } from "../../protocol/room-events.ts";
import { Store } from "../store.ts";
import { underOf } from "./card.ts";

/** Held while one follows what is new, and while one reads what is old. */
const FOLLOWING_EVENTS_MAX = 1000;
const READING_EVENTS_MAX = 4000;
const OLDER_EVENTS = 100;

export class Timeline extends Store {
	#events: Event[] = [];
	#head = 0;
	#floor = 1;
	/** Changes when everything is dropped, so that an answer to an earlier question is not believed. */
	#life = 0;
	older: "idle" | "loading" | "failed" = "idle";
	/** True from `caught-up` on: what comes now is news. */
	isLive = false;
	hasJoined = false;
	/** True while one has scrolled away from the newest event. */
	isReading = false;

	get events(): readonly Event[] {
		return this.#events;
	}

	get oldestSeq(): number {
		return this.#events[0]?.seq ?? this.#head + 1;
	}

	get newestSeq(): number {
		return this.#events.at(-1)?.seq ?? this.#head;
	}

	/** True where the room keeps events before those held. */
	get hasOlder(): boolean {
		return this.hasJoined && this.oldestSeq > this.#floor && this.#head >= this.#floor;
	}

	/** True where there have been events that the room no longer keeps. */
	get isTrimmed(): boolean {
		return this.#floor > 1;
	}

	/** True where no more older events are held at once: the way back is too long for one page. */
	get isFull(): boolean {
		return this.#events.length >= READING_EVENTS_MAX;
	}

	welcome(welcome: Welcome): void {
		if (welcome.continuity !== "resumed") {
			this.#events = [];
			this.#life++;
			this.older = "idle";
		}
		this.#head = welcome.head;
		this.#floor = welcome.floor;
		this.hasJoined = true;
		this.isLive = false;
		this.changed();
	}

	/** Nothing of it is kept any more. */
	wipe(): void {
		this.#events = [];
		this.#life++;
		this.older = "idle";
		this.#head = 0;
		this.#floor = 1;
		this.changed();
	}

	goLive(): void {
		this.isLive = true;
		this.changed();
	}

	pause(): void {
		this.isLive = false;
		this.changed();
	}

	add(event: Event): void {
		if (event.seq <= this.newestSeq && this.#events.length > 0) return;
		this.#events.push(event);
		this.#head = Math.max(this.#head, event.seq);
		if (event.name === ROOM_REDACTED) this.#redact(event.data);
		this.#trim();
		this.changed();
	}

	/** Told by the view: whether one looks at the newest events, or at older ones. */
	setReading(isReading: boolean): void {
		if (this.isReading === isReading) return;
		this.isReading = isReading;
		this.#trim();
		this.changed();
	}

	async loadOlder(room: Room): Promise<void> {
		if (this.older === "loading" || !this.hasOlder || this.isFull) return;
		const life = this.#life;
		this.older = "loading";
		this.changed();
		try {
			const page = await room.history({ before: this.oldestSeq, limit: OLDER_EVENTS });
			if (life !== this.#life) return;
			// Live events may have pushed out the oldest meanwhile: what no longer joins up is dropped.
			const joinsUp = page.events.at(-1)?.seq === this.oldestSeq - 1;
			if (joinsUp) this.#prepend(page.events);
			this.#floor = page.floor;
			// Nothing came, although something should have: what is held is all that there is.
			if (page.events.length === 0) this.#floor = Math.max(this.#floor, this.oldestSeq);
			this.older = "idle";
		} catch {
			if (life !== this.#life) return;
			this.older = "failed";
		}
		this.changed();
	}

	/** Older events, without what was removed while they were on their way. */
	#prepend(older: readonly Event[]): void {
		const removals = this.#events.filter(({ name }) => name === ROOM_REDACTED);
		this.#events = [...older, ...this.#events];
		for (const { data } of removals) this.#redact(data);
	}

	/** Forgets what an event said, and what others said about it. */
	#redact(data: unknown): void {
		const seq = typeof data === "object" && data !== null && "seq" in data ? data.seq : undefined;
		if (typeof seq !== "number") return;
		this.#events = this.#events.map((event) =>
			event.seq === seq || underOf(event) === seq ? { ...event, data: null, redacted: true } : event,
		);
	}

	#trim(): void {
		const excess = this.#events.length - (this.isReading ? READING_EVENTS_MAX : FOLLOWING_EVENTS_MAX);
		if (excess > 0) this.#events.splice(0, excess);
	}
}
