/** Token buckets, in memory alone: after a wake everyone starts with a full one. */
import { BUCKETS_KEPT_MAX, BURST_SECONDS, GUESTS_PER_ADDRESS_WORTH } from "../protocol/limits.ts";

interface Bucket {
	tokens: number;
	/** When `tokens` was right, Unix ms. */
	at: number;
	/** When the last of those who were refused was told to come back, Unix ms. */
	promisedAt: number;
}

/** What is taken from a bucket, and how it fills. */
export interface Toll {
	/** Of what; each has buckets of its own. */
	what: string;
	perSecond: number;
	/** How many seconds' worth it holds: BURST_SECONDS where it is not said. */
	burstSeconds?: number;
	/** How many tokens: one where it is not said. What costs more than a bucket holds is paid by a full one, which owes the rest. */
	cost?: number;
}

/** Whose bucket: a member's and, for a guest, that of its network address, which guests share. */
export interface Who {
	member: string;
	address: string | null;
}

export class Buckets {
	#buckets = new Map<string, Bucket>();

	/**
	 * Takes from the bucket of `owner`.
	 * @returns 0, or after how many ms there will be enough: then nothing was taken. Of many that are refused each is told
	 * another time, until the bucket would be full: so whoever waits for it has as much as it has under way.
	 */
	take(owner: string, toll: Toll, now: number): number {
		const bucket = this.#of(owner, toll, now);
		const waitMs = waitOf(bucket, toll);
		if (waitMs === 0) {
			bucket.tokens -= toll.cost ?? 1;
			return 0;
		}
		const nextMs = bucket.promisedAt - now + ((toll.cost ?? 1) / toll.perSecond) * 1_000;
		const promisedMs = Math.max(waitMs, Math.min(nextMs, (fullOf(toll) / toll.perSecond) * 1_000));
		bucket.promisedAt = now + promisedMs;
		return Math.ceil(promisedMs);
	}

	#of(owner: string, toll: Toll, now: number): Bucket {
		const { perSecond } = toll;
		return this.#fill(`${toll.what} ${owner}`, { perSecond, full: fullOf(toll) }, now);
	}

	/** Like {@link takeFor}, and takes nothing. */
	waitFor({ member, address }: Who, toll: Toll, now: number): number {
		const waitMs = waitOf(this.#of(member, toll, now), toll);
		if (waitMs > 0 || address === null) return waitMs;
		const shared = sharedOf(toll);
		return waitOf(this.#of(`@${address}`, shared, now), shared);
	}

	/** Takes of a member's bucket and, for a guest, of the one that the guests of its address share. */
	takeFor(who: Who, toll: Toll, now: number): number {
		const retryAfterMs = this.take(who.member, toll, now);
		if (retryAfterMs > 0 || who.address === null) return retryAfterMs;
		return this.take(`@${who.address}`, sharedOf(toll), now);
	}

	/** Takes from the bucket of `owner` whatever is in it: what is missing is owed. */
	owe(owner: string, toll: Toll, now: number): void {
		this.#of(owner, toll, now).tokens -= toll.cost ?? 1;
	}

	/** Likewise of a member's and, for a guest, of the one that the guests of its address share. */
	oweFor({ member, address }: Who, toll: Toll, now: number): void {
		this.owe(member, toll, now);
		if (address !== null) this.owe(`@${address}`, sharedOf(toll), now);
	}

	#fill(name: string, { perSecond, full }: { perSecond: number; full: number }, now: number): Bucket {
		let bucket = this.#buckets.get(name);
		if (bucket === undefined) {
			if (this.#buckets.size >= BUCKETS_KEPT_MAX) this.#dropFull(now);
			bucket = { tokens: full, at: now, promisedAt: now };
		} else {
			this.#buckets.delete(name);
		}
		// The map's order is that of the last use.
		this.#buckets.set(name, bucket);
		const passedMs = Math.max(0, now - bucket.at);
		bucket.tokens = Math.min(full, bucket.tokens + (passedMs / 1000) * perSecond);
		bucket.at = now;
		return bucket;
	}

	/** A bucket that has had time to fill says nothing: it can be made anew. */
	#dropFull(now: number): void {
		for (const [name, { tokens, at }] of this.#buckets) {
			if (tokens >= 0 && now - at >= BURST_SECONDS * 1000) this.#buckets.delete(name);
		}
		// All in use at once: forget the longest unused. Generous to a few, bounded for all.
		for (const name of this.#buckets.keys()) {
			if (this.#buckets.size < BUCKETS_KEPT_MAX) return;
			this.#buckets.delete(name);
		}
	}
}

function fullOf({ perSecond, burstSeconds = BURST_SECONDS }: Toll): number {
	return perSecond * burstSeconds;
}

/** What the guests of one address have together. */
function sharedOf(toll: Toll): Toll {
	return { ...toll, perSecond: toll.perSecond * GUESTS_PER_ADDRESS_WORTH };
}

/** After how many ms a bucket holds enough; 0 where it does. */
function waitOf({ tokens }: Bucket, toll: Toll): number {
	const needed = Math.min(toll.cost ?? 1, fullOf(toll));
	return tokens >= needed ? 0 : Math.max(1, Math.ceil(((needed - tokens) / toll.perSecond) * 1000));
}
