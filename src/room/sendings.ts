/** What is on its way to the queue: what this turn is to hand over, and until when each handing over may take. */
import { SEND_MS_MAX, SEND_RETRY_MS } from "../protocol/job-limits.ts";

export class Sendings<Key> {
	#due = new Set<Key>();
	/** Handed to the platform, which has not said yet whether it took it: until when that may take, Unix ms. */
	readonly #until = new Map<Key, number>();

	get hasDue(): boolean {
		return this.#due.size > 0;
	}

	/** To be handed over in this turn. */
	add(key: Key): void {
		this.#due.add(key);
	}

	/** Likewise, unless it is being handed over already. */
	addIdle(key: Key, now: number): void {
		if ((this.until(key) ?? 0) <= now) this.#due.add(key);
	}

	/** Nothing of it is owed any more. */
	drop(key: Key): void {
		this.#until.delete(key);
		this.#due.delete(key);
	}

	taken(key: Key): void {
		this.#until.delete(key);
	}

	/** The platform could not take it: it is tried again a little later. */
	refused(key: Key, now: number): void {
		this.#until.set(key, now + SEND_RETRY_MS);
	}

	/** Null where it is not being handed over. */
	until(key: Key): number | null {
		return this.#until.get(key) ?? null;
	}

	/** The clock stands at `now`, and may have stood later: no handing over takes longer than it may. */
	setBack(now: number): void {
		for (const [key, at] of this.#until) this.#until.set(key, Math.min(at, now + SEND_MS_MAX));
	}

	/** Gives what is due and may be handed over, at most `limit` of it, and notes that it is. */
	take(now: number, may: (key: Key) => boolean, limit = Number.POSITIVE_INFINITY): Key[] {
		const due = [...this.#due].filter(may);
		const keys = due.slice(0, limit);
		for (const key of keys) this.#until.set(key, now + SEND_MS_MAX);
		// A new one: what a turn has filled is not kept for the next.
		this.#due = new Set(due.slice(keys.length));
		return keys;
	}

	clear(): void {
		this.#until.clear();
		this.#due.clear();
	}
}
