/** Token buckets, in memory alone: after a wake everyone starts with a full one. */
import { BUCKETS_KEPT_MAX, BURST_SECONDS, GUESTS_PER_ADDRESS_WORTH } from "../protocol/limits.ts";

interface Bucket {
	tokens: number;
	/** When `tokens` was right, Unix ms. */
	at: number;
}

export class Buckets {
	#buckets = new Map<string, Bucket>();

	/**
	 * Takes one token from the bucket `name`, which fills at `perSecond` and holds BURST_SECONDS of it.
	 * @returns 0, or after how many ms there will be one.
	 */
	take(name: string, perSecond: number, now: number): number {
		const full = perSecond * BURST_SECONDS;
		let bucket = this.#buckets.get(name);
		if (bucket === undefined) {
			if (this.#buckets.size >= BUCKETS_KEPT_MAX) this.#dropFull(now);
			bucket = { tokens: full, at: now };
		} else {
			this.#buckets.delete(name);
		}
		// The map's order is that of the last use.
		this.#buckets.set(name, bucket);
		const passedMs = Math.max(0, now - bucket.at);
		bucket.tokens = Math.min(full, bucket.tokens + (passedMs / 1000) * perSecond);
		bucket.at = now;
		if (bucket.tokens >= 1) {
			bucket.tokens -= 1;
			return 0;
		}
		return Math.max(1, Math.ceil(((1 - bucket.tokens) / perSecond) * 1000));
	}

	/** Takes a member's token and, for a guest, one of those that the guests of its address share. */
	takeFor(who: { member: string; address: string | null }, what: string, perSecond: number, now: number): number {
		const retryAfterMs = this.take(`${what} ${who.member}`, perSecond, now);
		if (retryAfterMs > 0 || who.address === null) return retryAfterMs;
		return this.take(`${what} @${who.address}`, perSecond * GUESTS_PER_ADDRESS_WORTH, now);
	}

	/** A bucket that has had time to fill says nothing: it can be made anew. */
	#dropFull(now: number): void {
		for (const [name, bucket] of this.#buckets) {
			if (now - bucket.at >= BURST_SECONDS * 1000) this.#buckets.delete(name);
		}
		// All in use at once: forget the longest unused. Generous to a few, bounded for all.
		for (const name of this.#buckets.keys()) {
			if (this.#buckets.size < BUCKETS_KEPT_MAX) return;
			this.#buckets.delete(name);
		}
	}
}
