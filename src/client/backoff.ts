/** When the next attempt begins. */
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN } from "../protocol/limits.ts";

export class Backoff {
	#attempts = 0;

	/** Full jitter: anywhere between now and a bound that doubles, so that a herd comes back spread out. `random` is in [0, 1). */
	nextMs(random: number): number {
		const boundMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#attempts);
		this.#attempts = Math.min(this.#attempts + 1, 16);
		return Math.ceil(random * boundMs);
	}

	forget(): void {
		this.#attempts = 0;
	}
}
