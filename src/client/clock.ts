/** The page's time, and one alarm a room. Time is the monotonic kind: a clock that is set back an hour moves nothing. */
import type { HiddenTimer } from "./hidden-clock.ts";

export class AlarmClock {
	readonly #ring: () => void;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** What rings in its place where the page is hidden. */
	#hidden: HiddenTimer | null = null;
	#at: number | null = null;
	#isStopped = false;

	constructor(ring: () => void) {
		this.#ring = ring;
	}

	/** From now on it rings in a hidden page too, where the runtime can do that; `warn` is told what forbids it. */
	async goOnHidden(warn: (sentence: string) => void): Promise<void> {
		if (typeof Worker === "undefined") return;
		// Where it cannot be loaded the page's own timers go on.
		const { hiddenTimer } = await import("./hidden-clock.ts").catch(() => ({ hiddenTimer: null }));
		if (this.#isStopped || hiddenTimer === null) return;
		this.#hidden = hiddenTimer(this, warn);
		this.#again();
	}

	/** The page's own timers are all there is. */
	fallBack(): void {
		this.#hidden = null;
		this.#again();
	}

	/** Rings at that time, monotonic ms, and not at any earlier one that was set; null does not ring. */
	set(at: number | null): void {
		if (at === this.#at) return;
		this.#at = at;
		this.#again();
	}

	#again(): void {
		const delayMs = this.#at === null ? null : Math.max(0, this.#at - performance.now());
		clearTimeout(this.#timer);
		if (this.#hidden !== null) this.#hidden.set(delayMs);
		else if (delayMs !== null) this.#timer = setTimeout(() => this.due(), delayMs);
	}

	due(): void {
		if (this.#at === null) return;
		if (this.#at > performance.now()) return this.#again();
		this.#at = null;
		this.#ring();
	}

	stop(): void {
		this.#isStopped = true;
		this.set(null);
		this.#hidden?.stop();
	}
}
