/** How long the history is kept: by count, age and bytes, trimmed by alarm. Trimming moves the floor. */
import {
	IDEMPOTENCY_MS,
	IDEMPOTENCY_PUBLISHES,
	KEY_SWEEP_MS,
	TRIM_ROWS_MAX,
	YOUNG_EVENT_MS,
} from "../protocol/limits.ts";
import type { Settings } from "../protocol/settings.ts";
import type { Concern } from "./concern.ts";
import { earliest } from "./deadlines.ts";
import type { History } from "./history.ts";
import type { JobDesk } from "./job-desk.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

export type Bounds = Pick<Settings, "historyEventsMax" | "historyAgeMsMax" | "historyBytesMax">;

interface Needs {
	store: RoomStore;
	record: RoomRecord;
	history: History;
	ranges: Ranges;
	desk: JobDesk;
	bounds: Bounds;
}

/** How far one trim goes. */
interface Trim {
	/** The new floor. */
	floor: number;
	/** Bytes of what is left above it. */
	bytes: number;
	/** When the first event that stays is, of those that are stored. */
	keptAt: number | null;
	/** False where more than one alarm may remove is over its bounds. */
	isDone: boolean;
}

const CHUNK_ROWS = 1000;

export class Retention implements Concern {
	readonly #room: Needs;
	/** When the events over the count or the bytes are old enough to go, Unix ms. */
	#excessAt: number | null = null;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	flush(turn: Turn): void {
		this.#excessAt = this.#nextExcess(turn.now);
	}

	deadline(now: number): number | null {
		const { floorAt, oldestKey } = this.#room.record.meta;
		return earliest(
			this.#nextExcess(now),
			floorAt === null ? null : floorAt + this.#room.bounds.historyAgeMsMax,
			oldestKey === null ? null : oldestKey.at + IDEMPOTENCY_MS + KEY_SWEEP_MS,
		);
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
	 * Takes from the history what is over a bound, at most TRIM_ROWS_MAX rows; the next deadline brings
	 * the rest. Events that an unsettled range needs stay stored below the floor, within the bound in
	 * bytes; what is gone all the same is said.
	 */
	due({ now }: Turn): void {
		const { record, history, ranges, desk, bounds } = this.#room;
		const { meta } = record;
		const { floor, bytes, keptAt, isDone } = this.#measure(now);
		// The next part follows at once.
		this.#excessAt = isDone ? null : now;
		if (floor > meta.floor) record.change({ floor, floorAt: floor > meta.head ? null : (keptAt ?? history.freshAt) });
		const isOver = meta.bytes > bounds.historyBytesMax;
		const { neededFrom } = ranges;
		const end = isOver ? floor : Math.min(floor, neededFrom);
		if (end > meta.kept) this.#drop(end, floor, bytes);
		else if (floor > meta.floor) record.change({ heldBytes: meta.bytes - bytes });
		this.#dropKeys(now);
		if (!isOver || end <= neededFrom) return;
		for (const kind of ranges.trimmedBefore(end)) desk.lost(kind, end, now);
	}

	#measure(now: number): Trim {
		const { store, record, bounds } = this.#room;
		const { meta } = record;
		let { floor } = meta;
		let bytes = meta.bytes - meta.heldBytes;
		for (let read = 0; read < TRIM_ROWS_MAX; read += CHUNK_ROWS) {
			const sizes = store.sizesAfter(floor - 1, CHUNK_ROWS);
			for (const event of sizes) {
				const isOver =
					event.at + bounds.historyAgeMsMax <= now ||
					bytes > bounds.historyBytesMax ||
					(meta.head - event.seq + 1 > bounds.historyEventsMax && event.at + YOUNG_EVENT_MS <= now);
				if (!isOver) return { floor, bytes, keptAt: event.at, isDone: true };
				floor = event.seq + 1;
				bytes -= event.bytes;
			}
			if (sizes.length < CHUNK_ROWS) return { floor, bytes, keptAt: null, isDone: true };
		}
		return { floor, bytes, keptAt: store.sizesAfter(floor - 1, 1)[0]?.at ?? null, isDone: false };
	}

	/** Drops what stands before `end`. What stands between that and the floor stays, and is counted again. */
	#drop(end: number, floor: number, bytes: number): void {
		const { store, record } = this.#room;
		const stay = floor > end ? store.sizesAfter(end - 1, floor - end) : [];
		const heldBytes = stay.reduce((sum, event) => sum + event.bytes, 0);
		store.dropEvents(end - 1);
		record.change({ kept: end, heldBytes, bytes: bytes + heldBytes });
	}

	#dropKeys(now: number): void {
		const { store, record } = this.#room;
		const { oldestKey, head } = record.meta;
		const seqMin = head - IDEMPOTENCY_PUBLISHES;
		if (oldestKey === null || (oldestKey.at + IDEMPOTENCY_MS > now && oldestKey.seq >= seqMin)) return;
		record.change({ oldestKey: store.dropKeys(now - IDEMPOTENCY_MS, seqMin, TRIM_ROWS_MAX) });
	}
}
