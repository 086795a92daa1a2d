/**
 * How long idempotency keys are known: 24 h, or the last 1,000,000 publishes; and as many sets. They are kept in two
 * generations, and go a whole generation at a time: to look for the expired ones among a million would cost a look at each.
 */
import { IDEMPOTENCY_MS, IDEMPOTENCY_PUBLISHES, KEY_SWEEP_MS } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import type { KeyAge } from "./known-keys.ts";
import type { RoomRecord } from "./record.ts";
import type { StateRecord } from "./state-record.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

/** Two generations of keys: how old they are, and how they go. */
export interface Generations {
	/** The first key of the newer one, and the last of the older one; `seq` counts what has keys. Null where it holds none. */
	ages(): { oldestKey: KeyAge | null; olderKeys: KeyAge | null };
	/** What has had a key so far. */
	count(): number;
	/** The newer one is the older one from now on. */
	turn(now: number): void;
	/** The older one goes. */
	dropOlder(): void;
}

/** Of publishes, by the history's own count. */
export function publishKeys(store: RoomStore, record: RoomRecord): Generations {
	return {
		ages: () => record.meta,
		count: () => record.meta.head,
		turn: (now) => {
			store.turnKeys();
			record.change({ oldestKey: null, olderKeys: { at: record.newestAt(now), seq: record.meta.head } });
		},
		dropOlder: () => {
			store.dropOlderKeys();
			record.change({ olderKeys: null });
		},
	};
}

/** Of sets. */
export function setKeys(store: RoomStore, state: StateRecord): Generations {
	return {
		ages: () => state.row,
		count: () => state.row.sets,
		turn: (now) => {
			store.turnSetKeys();
			state.change({ oldestKey: null, olderKeys: { at: now, seq: state.row.sets } });
		},
		dropOlder: () => {
			store.dropOlderSetKeys();
			state.change({ olderKeys: null });
		},
	};
}

export class KeyRing implements Concern {
	readonly #keys: Generations;

	constructor(keys: Generations) {
		this.#keys = keys;
	}

	deadline(): number | null {
		const { oldestKey, olderKeys } = this.#keys.ages();
		const at = olderKeys?.at ?? oldestKey?.at ?? null;
		return at === null ? null : at + IDEMPOTENCY_MS + KEY_SWEEP_MS;
	}

	/** An older generation goes when its last key is known for long enough; then the newer one grows old. */
	due({ now }: Turn): void {
		this.#dropOlder(now);
		const { oldestKey, olderKeys } = this.#keys.ages();
		if (olderKeys !== null || oldestKey === null || !this.#isOver(oldestKey, now)) return;
		this.#keys.turn(now);
		this.#dropOlder(now);
	}

	#dropOlder(now: number): void {
		const { olderKeys } = this.#keys.ages();
		if (olderKeys !== null && this.#isOver(olderKeys, now)) this.#keys.dropOlder();
	}

	#isOver({ at, seq }: KeyAge, now: number): boolean {
		return at + IDEMPOTENCY_MS <= now || seq < this.#keys.count() - IDEMPOTENCY_PUBLISHES;
	}
}
