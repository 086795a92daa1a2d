/** How long the history is kept: by count, age and bytes, trimmed by alarm. Trimming moves the floor. */
import {
	REMAINS_PAUSE_MS,
	REMAINS_ROWS_MAX,
	TRIM_BYTES_MAX,
	TRIM_ROWS_MAX,
	YOUNG_EVENT_MS,
} from "../protocol/limits.ts";
import type { Settings } from "../protocol/settings.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import type { Dispatch } from "./dispatch.ts";
import { fitting } from "./fitting.ts";
import type { History } from "./history.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { EventSize, RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

export type Bounds = Pick<Settings, "historyEventsMax" | "historyAgeMsMax" | "historyBytesMax">;

interface Needs {
	store: RoomStore;
	record: RoomRecord;
	history: History;
	ranges: Ranges;
	dispatch: Dispatch;
	bounds: Bounds;
}

export class Retention implements Concern {
	readonly #room: Needs;
	/** When the events over the count or the bytes are old enough to go, Unix ms. */
	#excessAt: number | null = null;
	/** After a piece of many rows it rests: until when, Unix ms. */
	#restsUntil = 0;
	/** The event up to which what came since this trim began is made up for; null where none is under way. */
	#answered: number | null = null;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	flush(turn: Turn): void {
		this.#excessAt = this.#nextExcess(turn.now);
	}

	deadline(now: number): number | null {
		const { floorAt } = this.#room.record.meta;
		const trimAt = floorAt === null ? null : floorAt + this.#room.bounds.historyAgeMsMax;
		const next = earlier(this.#nextExcess(now), trimAt);
		return next === null ? null : Math.max(next, this.#restsUntil);
	}

	#nextExcess(now: number): number | null {
		const { bounds, record, ranges } = this.#room;
		const { head, floor, bytes, kept } = record.meta;
		const isOver =
			head - floor + 1 > bounds.historyEventsMax ||
			bytes > bounds.historyBytesMax ||
			Math.min(floor, ranges.neededFrom) > kept;
		return isOver ? (this.#excessAt ?? now + YOUNG_EVENT_MS) : null;
	}

	/**
	 * Takes from the history what is over a bound, a piece of it; the next deadline brings the rest. First the floor
	 * moves, then what is below it goes. Events that an unsettled range needs stay stored below the floor, within
	 * the bound in bytes; what is gone all the same is said.
	 */
	due({ now }: Turn): void {
		if (now < this.#restsUntil) return;
		const { record, ranges, dispatch, bounds } = this.#room;
		const keptBefore = record.meta.kept;
		const isOver = record.meta.bytes > bounds.historyBytesMax;
		const { neededFrom } = ranges;
		// What is below the floor already, and not dropped yet, comes first.
		const waiting = Math.min(record.meta.floor, neededFrom) - record.meta.kept;
		const isRaised = waiting < TRIM_ROWS_MAX / 2 && this.#raise(now);
		const isDropped = this.#drop(isOver ? record.meta.floor : Math.min(record.meta.floor, neededFrom));
		// The next piece follows at once, or when it has rested.
		this.#rest(record.meta.kept - keptBefore, now);
		this.#excessAt = isRaised && isDropped ? null : now;
		if (this.#excessAt === null) this.#answered = null;
		const { kept } = record.meta;
		if (!isOver || kept <= neededFrom) return;
		for (const kind of ranges.trimmedBefore(kept)) dispatch.lost(kind, kept, now);
	}

	/** What comes in meanwhile goes without a rest: the history never grows for it. */
	#rest(dropped: number, now: number): void {
		const { head } = this.#room.record.meta;
		const then = this.#answered ?? head;
		const beyond = Math.max(0, dropped - (head - then));
		this.#answered = Math.min(head, then + dropped);
		this.#restsUntil = now + Math.round((beyond * REMAINS_PAUSE_MS) / REMAINS_ROWS_MAX);
	}

	wipe(): void {
		this.#answered = null;
	}

	setBack(now: number): boolean {
		this.#restsUntil = Math.min(this.#restsUntil, now);
		if (this.#excessAt !== null) this.#excessAt = Math.min(this.#excessAt, now + YOUNG_EVENT_MS);
		return false;
	}

	/** Moves the floor past what is over a bound. Says whether nothing more is. */
	#raise(now: number): boolean {
		const { store, record, history, bounds } = this.#room;
		const { meta } = record;
		let { floor } = meta;
		let bytes = meta.bytes - meta.heldBytes;
		const isOver = (event: EventSize): boolean =>
			record.writtenAt(event) + bounds.historyAgeMsMax <= now ||
			bytes > bounds.historyBytesMax ||
			(meta.head - event.seq + 1 > bounds.historyEventsMax && record.writtenAt(event) + YOUNG_EVENT_MS <= now);
		const [oldest] = store.sizesAfter(floor - 1, 1);
		if (oldest === undefined) return true;
		if (!isOver(oldest)) {
			// Known by another time, it would be looked at again and again until it is old enough.
			const floorAt = record.writtenAt(oldest);
			if (floorAt !== meta.floorAt) record.change({ floorAt });
			return true;
		}
		const stays = this.#piece(floor - 1, TRIM_ROWS_MAX).find((event) => {
			if (!isOver(event)) return true;
			floor = event.seq + 1;
			bytes -= event.bytes;
			return false;
		});
		const [next] = floor > meta.floor && stays === undefined ? store.sizesAfter(floor - 1, 1) : [stays];
		if (floor > meta.floor) {
			const floorAt = floor > meta.head ? null : next === undefined ? history.freshAt : record.writtenAt(next);
			record.change({ floor, floorAt, heldBytes: meta.bytes - bytes });
		}
		return next === undefined || stays !== undefined;
	}

	/** The sizes of the events after `seq`: of as many as one alarm drops, and of no more of them than it must. */
	#piece(seq: number, limit: number): EventSize[] {
		const sizes: EventSize[] = [];
		const count = fitting(limit, TRIM_BYTES_MAX, (first, many) => {
			const found = this.#room.store.sizesAfter(seq + first, many);
			sizes.push(...found);
			return found;
		});
		return sizes.slice(0, count);
	}

	/** Drops what stands before `end`. Says whether that is all of it. */
	#drop(end: number): boolean {
		const { store, record } = this.#room;
		const { kept, bytes, heldBytes } = record.meta;
		if (end <= kept) return true;
		const piece = this.#piece(kept - 1, Math.min(TRIM_ROWS_MAX, end - kept));
		const last = piece.at(-1)?.seq ?? kept - 1;
		const dropped = piece.reduce((sum, event) => sum + event.bytes, 0);
		store.dropEvents(last);
		record.change({ kept: last + 1, bytes: bytes - dropped, heldBytes: heldBytes - dropped });
		return last + 1 >= end;
	}
}
