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
	nextTrim(history: History, now: number): number | null {
		const { meta } = history;
		const excess =
			meta.head - meta.floor + 1 > this.#bounds.historyEventsMax || meta.bytes > this.#bounds.historyBytesMax;
		if (!excess) this.#excessAt = null;
		else this.#excessAt ??= now + YOUNG_EVENT_MS;
		const deadlines: number[] = [];
		if (this.#excessAt !== null) deadlines.push(this.#excessAt);
		if (meta.floorAt !== null) deadlines.push(meta.floorAt + this.#bounds.historyAgeMsMax);
		if (meta.oldestKey !== null) deadlines.push(meta.oldestKey.at + IDEMPOTENCY_MS + KEY_SWEEP_MS);
		return deadlines.length === 0 ? null : Math.min(...deadlines);
	}

	/** Removes what is over a bound, at most TRIM_ROWS_MAX rows; the next deadline brings the rest. */
	trim(history: History, store: RoomStore, now: number): void {
		this.#excessAt = null;
		const { meta } = history;
		let { floor, bytes } = meta;
		let floorAt: number | null = null;
		let isDone = false;
		walk: for (let read = 0; read < TRIM_ROWS_MAX; read += CHUNK) {
			const sizes = store.sizesAfter(floor - 1, CHUNK);
			for (const event of sizes) {
				const over =
					event.at + this.#bounds.historyAgeMsMax <= now ||
					bytes > this.#bounds.historyBytesMax ||
					(meta.head - event.seq + 1 > this.#bounds.historyEventsMax && event.at + YOUNG_EVENT_MS <= now);
				floorAt = event.at;
				if (!over) {
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
		if (!isDone) this.#excessAt = now;
		if (floor > meta.floor) {
			store.dropEvents(floor - 1);
			history.change({ floor, bytes, floorAt: floor > meta.head ? null : floorAt });
		}
		const key = meta.oldestKey;
		const keySeqMin = meta.head - IDEMPOTENCY_PUBLISHES;
		if (key !== null && (key.at + IDEMPOTENCY_MS <= now || key.seq < keySeqMin)) {
			history.change({ oldestKey: store.dropKeys(now - IDEMPOTENCY_MS, keySeqMin, TRIM_ROWS_MAX) });
		}
	}
}
