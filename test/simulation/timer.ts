/** One timer that is set anew all the time: it is in the agenda once, and looks again when it comes. */
import type { Clock } from "./clock.ts";

export class Timer {
	readonly #clock: Clock;
	readonly #ring: () => void;
	#at: number | null = null;
	/** For when it is in the agenda; infinite where it is not. */
	#pendingAt = Number.POSITIVE_INFINITY;

	constructor(clock: Clock, ring: () => void) {
		this.#clock = clock;
		this.#ring = ring;
	}

	/** Rings at that time, Unix ms, and not at any earlier one that was set; null does not ring. */
	set(at: number | null): void {
		this.#at = at;
		if (at === null || at >= this.#pendingAt) return;
		this.#pendingAt = at;
		this.#clock.at(at, () => this.#due(at));
	}

	#due(pendingAt: number): void {
		if (pendingAt !== this.#pendingAt) return;
		this.#pendingAt = Number.POSITIVE_INFINITY;
		const at = this.#at;
		if (at === null) return;
		if (at > this.#clock.now) return this.set(at);
		this.#at = null;
		this.#ring();
	}
}
