/** How long the history is kept: by count, age and bytes, trimmed by alarm. Trimming moves the floor. */
import {
	IDEMPOTENCY_MS,
	IDEMPOTENCY_PUBLISHES,
	KEY_SWEEP_MS,
	TRIM_ROWS_MAX,
	YOUNG_EVENT_MS,
} from "../protocol/limits.ts";
import type { Settings } from "../protocol/settings.ts";
import type { History } from "./history.ts";
import type { RoomStore } from "./store.ts";

export type Bounds = Pick<Settings, "historyEventsMax" | "historyAgeMsMax" | "historyBytesMax">;

const CHUNK = 1000;

export class Retention {
	readonly #bounds: Bounds;
	/** When the events over the count or the bytes are old enough to go, Unix ms. */
	#excessAt: number | null = null;

	constructor(bounds: Bounds) {
		this.#bounds = bounds;
	}

	/** When to trim next, Unix ms, or null where nothing will ever need it. */
	nextTrim(history: History, neededFrom: number, now: number): number | null {
		const { meta } = history;
		const excess =
			meta.head - meta.floor + 1 > this.#bounds.historyEventsMax ||
			meta.bytes > this.#bounds.historyBytesMax ||
			Math.min(meta.floor, neededFrom) > meta.kept;
		if (!excess) this.#excessAt = null;
		else this.#excessAt ??= now + YOUNG_EVENT_MS;
		const deadlines: number[] = [];
		if (this.#excessAt !== null) deadlines.push(this.#excessAt);
		if (meta.floorAt !== null) deadlines.push(meta.floorAt + this.#bounds.historyAgeMsMax);
		if (meta.oldestKey !== null) deadlines.push(meta.oldestKey.at + IDEMPOTENCY_MS + KEY_SWEEP_MS);
		return deadlines.length === 0 ? null : Math.min(...deadlines);
	}

	/**
	 * Takes from the history what is over a bound, at most TRIM_ROWS_MAX rows; the next deadline brings
	 * the rest. Events that an unsettled range needs (`neededFrom` on) stay stored below the floor, within
	 * the bound in bytes: gives the seq before which they are gone all the same, or null.
	 */
	trim(history: History, store: RoomStore, neededFrom: number, now: number): number | null {
		this.#excessAt = null;
		const { meta } = history;
		let { floor } = meta;
		let bytes = meta.bytes - meta.heldBytes;
		/** When the first event that stays is, of those that are stored. */
		let kept: number | null = null;
		let isDone = false;
		walk: for (let read = 0; read < TRIM_ROWS_MAX; read += CHUNK) {
			const sizes = store.sizesAfter(floor - 1, CHUNK);
			for (const event of sizes) {
				const over =
					event.at + this.#bounds.historyAgeMsMax <= now ||
					bytes > this.#bounds.historyBytesMax ||
					(meta.head - event.seq + 1 > this.#bounds.historyEventsMax && event.at + YOUNG_EVENT_MS <= now);
				if (!over) {
					kept = event.at;
					isDone = true;
					break walk;
				}
				floor = event.seq + 1;
				bytes -= event.bytes;
			}
			if (sizes.length < CHUNK) {
				isDone = true;
				break;
			}
		}
		// More than one alarm may remove is over: the next part follows at once.
		if (!isDone) {
			this.#excessAt = now;
			kept = store.sizesAfter(floor - 1, 1)[0]?.at ?? null;
		}
		if (floor > meta.floor) history.change({ floor, floorAt: floor > meta.head ? null : (kept ?? history.freshAt) });
		const isOver = meta.bytes > this.#bounds.historyBytesMax;
		const end = isOver ? floor : Math.min(floor, neededFrom);
		if (end > meta.kept) {
			// What stands between `end` and the floor stays, and is counted again.
			const stay = floor > end ? store.sizesAfter(end - 1, floor - end) : [];
			const heldBytes = stay.reduce((sum, event) => sum + event.bytes, 0);
			store.dropEvents(end - 1);
			history.change({ kept: end, heldBytes, bytes: bytes + heldBytes });
		} else if (floor > meta.floor) {
			history.change({ heldBytes: meta.bytes - bytes });
		}
		const key = meta.oldestKey;
		const keySeqMin = meta.head - IDEMPOTENCY_PUBLISHES;
		if (key !== null && (key.at + IDEMPOTENCY_MS <= now || key.seq < keySeqMin)) {
			history.change({ oldestKey: store.dropKeys(now - IDEMPOTENCY_MS, keySeqMin, TRIM_ROWS_MAX) });
		}
		return isOver && end > neededFrom ? end : null;
	}
}
