/**
 * How long idempotency keys are known: 24 h, or the last 1,000,000 publishes. They are kept in two generations, and
 * go a whole generation at a time: to look for the expired ones among a million would cost a look at each.
 */
import { IDEMPOTENCY_MS, IDEMPOTENCY_PUBLISHES, KEY_SWEEP_MS } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import { earliest } from "./deadlines.ts";
import type { RoomRecord } from "./record.ts";
import type { KeyAge, RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

export class KeyRing implements Concern {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;

	constructor(store: RoomStore, record: RoomRecord) {
		this.#store = store;
		this.#record = record;
	}

	deadline(): number | null {
		const { oldestKey, olderKeys } = this.#record.meta;
		const at = olderKeys?.at ?? oldestKey?.at ?? null;
		return earliest(at === null ? null : at + IDEMPOTENCY_MS + KEY_SWEEP_MS);
	}

	/** An older generation goes when its last key is known for long enough; then the newer one grows old. */
	due({ now }: Turn): void {
		this.#dropOlder(now);
		const { oldestKey, olderKeys, head } = this.#record.meta;
		if (olderKeys !== null || oldestKey === null || !this.#isOver(oldestKey, now)) return;
		this.#store.turnKeys();
		this.#record.change({ oldestKey: null, olderKeys: { at: this.#record.newestAt(now), seq: head } });
		this.#dropOlder(now);
	}

	#dropOlder(now: number): void {
		const { olderKeys } = this.#record.meta;
		if (olderKeys === null || !this.#isOver(olderKeys, now)) return;
		this.#store.dropOlderKeys();
		this.#record.change({ olderKeys: null });
	}

	#isOver({ at, seq }: KeyAge, now: number): boolean {
		return at + IDEMPOTENCY_MS <= now || seq < this.#record.meta.head - IDEMPOTENCY_PUBLISHES;
	}
}
