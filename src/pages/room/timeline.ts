/** The part of the room's history that the page shows, and how it comes by the rest. */
import type { Room } from "../../client/room.ts";
import { RoomError } from "../../client/room-error.ts";
import { ROOM_REDACTED } from "../../protocol/ids.ts";
import { HISTORY_PER_SECOND } from "../../protocol/limits.ts";
import type { Event, Welcome } from "../../protocol/messages.ts";
import { Store } from "../store.ts";
import { Held } from "./held.ts";
import { hasLine } from "./timeline-lines.ts";

/** As many as the room gives at once. */
const PAGE_EVENTS = 200;
const PAGE_EVERY_MS = 1000 / HISTORY_PER_SECOND;

/** How it stands with the pages on one side of what is shown. */
type Fetching = "idle" | "loading" | "failed";

export class Timeline extends Store {
	readonly #held = new Held();
	#head = 0;
	#floor = 1;
	/** Changes when everything is dropped, so that an answer to an earlier question is not believed. */
	#life = 0;
	/** What was removed while a page was on its way: it may still say it. */
	#removed = new Set<number>();
	/** When a page was last asked for, monotonic ms. */
	#askedAt = Number.NEGATIVE_INFINITY;
	older: Fetching = "idle";
	newer: Fetching = "idle";
	/** True from `caught-up` on: what comes now is news. */
	isLive = false;
	hasJoined = false;
	/** True while one has scrolled away from the newest event. */
	isReading = false;
	/** How often the shown gave way to the oldest: the view is at their beginning then. */
	turnsToOldest = 0;
	/** How many lines have come while one read elsewhere. */
	unseen = 0;

	get events(): readonly Event[] {
		return this.#held.shown;
	}

	get oldestSeq(): number {
		return this.events[0]?.seq ?? this.#head + 1;
	}

	/** Of those shown. */
	get newestSeq(): number {
		return this.events.at(-1)?.seq ?? this.#head;
	}

	/** True where the room keeps events before those shown. */
	get hasOlder(): boolean {
		return this.hasJoined && this.oldestSeq > this.#floor && this.#head >= this.#floor;
	}

	/** True where there are events after those shown. */
	get hasNewer(): boolean {
		return !this.#held.isAtNewest;
	}

	/** True where there have been events that the room no longer keeps. */
	get isTrimmed(): boolean {
		return this.#floor > 1;
	}

	welcome(welcome: Welcome): void {
		if (welcome.continuity !== "resumed") this.#forget();
		this.#head = welcome.head;
		this.#floor = welcome.floor;
		this.hasJoined = true;
		this.isLive = false;
		this.changed();
	}

	/** Nothing of it is kept any more. */
	wipe(): void {
		this.#forget();
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
		if (!this.#held.add(event, this.isReading)) return;
		this.#head = Math.max(this.#head, event.seq);
		if (this.isReading && hasLine(event)) this.unseen++;
		if (event.name === ROOM_REDACTED) this.#redact(event.data);
		this.changed();
	}

	/** Told by the view: whether one looks at the newest events, or at older ones. */
	setReading(isReading: boolean): void {
		if (this.isReading === isReading) return;
		this.isReading = isReading;
		if (!isReading) this.unseen = 0;
		this.#held.trim(isReading);
		this.changed();
	}

	/** Shows the newest, wherever one was. */
	turnToNewest(): void {
		this.#held.turnToNewest();
		this.#life++;
		this.#rest();
		this.setReading(false);
		this.changed();
	}

	/** Shows the oldest that the room keeps. */
	async turnToOldest(room: Room): Promise<void> {
		const page = await this.#fetch("older", room, { after: this.#floor - 1 });
		if (page !== null) {
			this.#held.turnTo(page.events);
			this.turnsToOldest++;
		}
		this.changed();
	}

	async loadOlder(room: Room): Promise<void> {
		if (!this.hasOlder) return;
		const page = await this.#fetch("older", room, { before: this.oldestSeq });
		// What was shown may have moved on meanwhile: what does not join up is dropped, and asked for anew.
		if (page !== null) this.#held.prepend(page.events);
		// Nothing came, although something should have: what is held is all that there is.
		if (page?.events.length === 0) this.#floor = Math.max(this.#floor, this.oldestSeq);
		this.changed();
	}

	async loadNewer(room: Room): Promise<void> {
		if (!this.hasNewer) return;
		// What came last may join up as it is.
		this.#held.append([]);
		if (this.hasNewer) {
			const page = await this.#fetch("newer", room, { after: this.newestSeq });
			// Nothing of what comes next is kept any more.
			if (page !== null && page.floor > this.newestSeq + 1) this.#held.turnToNewest();
			else if (page !== null) this.#held.append(page.events);
		}
		this.changed();
	}

	/** A page of the history, as far as it is still true; null where it is not to be had, or nobody waits for it. */
	async #fetch(side: "older" | "newer", room: Room, of: { before: number } | { after: number }) {
		if (this.older === "loading" || this.newer === "loading") return null;
		const life = this.#life;
		this.#removed.clear();
		this[side] = "loading";
		this.changed();
		try {
			await this.#pace();
			if (life !== this.#life) return null;
			const page = await room.history({ ...of, limit: PAGE_EVENTS });
			if (life !== this.#life) return null;
			this[side] = "idle";
			this.#floor = page.floor;
			return { ...page, events: page.events.map((event) => this.#without(event)) };
		} catch (error) {
			// Of a session that was given up for another one, nothing is wrong: the next look asks that one.
			const isOver = error instanceof RoomError && error.code === "left";
			if (life === this.#life) this[side] = isOver ? "idle" : "failed";
			return null;
		}
	}

	/** No faster than the room answers: one that refuses a page lets what one says wait as well. */
	async #pace(): Promise<void> {
		const waitMs = this.#askedAt + PAGE_EVERY_MS - performance.now();
		if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
		this.#askedAt = performance.now();
	}

	#without(event: Event): Event {
		return this.#removed.has(event.seq) ? { ...event, data: null, redacted: true } : event;
	}

	#redact(data: unknown): void {
		const seq = typeof data === "object" && data !== null && "seq" in data ? data.seq : undefined;
		if (typeof seq !== "number") return;
		this.#held.redact(seq);
		if (this.older === "loading" || this.newer === "loading") this.#removed.add(seq);
	}

	#forget(): void {
		this.#held.clear();
		this.#life++;
		this.#rest();
		this.unseen = 0;
	}

	#rest(): void {
		this.older = "idle";
		this.newer = "idle";
	}
}
