/**
 * What was wiped, and keys that nobody asks for any more: from the turn that took it on, none of it is there for anyone
 * who reads the store. Its rows go in pieces of bounded work, by alarm, through sleep and crash.
 */
import { REMAINS_BYTES_MAX, REMAINS_PAUSE_MS, REMAINS_ROWS_MAX } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

export class Remains implements Concern {
	readonly #store: RoomStore;
	/** When the last piece went, Unix ms. */
	#lastAt = 0;

	constructor(store: RoomStore) {
		this.#store = store;
	}

	deadline(now: number): number | null {
		if (!this.#store.hasRemains()) return null;
		return this.#isDue(now) ? now : this.#lastAt + REMAINS_PAUSE_MS;
	}

	setBack(now: number): boolean {
		this.#lastAt = Math.min(this.#lastAt, now);
		return false;
	}

	/** An alarm may come for something else, or be rung again and again: a piece goes when it is its time. */
	due({ now }: Turn): void {
		if (!this.#isDue(now) || !this.#store.hasRemains()) return;
		this.#store.dropRemains(REMAINS_ROWS_MAX, REMAINS_BYTES_MAX);
		this.#lastAt = now;
	}

	#isDue(now: number): boolean {
		return now >= this.#lastAt + REMAINS_PAUSE_MS;
	}
}
