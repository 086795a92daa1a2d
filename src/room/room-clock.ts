/**
 * The room's clock, which may be set back, while the room is awake or sleeps. Then each concern is asked once to mend what
 * it remembers of a time that cannot have been yet, and all of it is written by the same turn, or by one of its own: what
 * was mended in memory alone would be found again, and put off again, at each wake.
 */
import type { Concern } from "./concern.ts";

export class RoomClock implements Concern {
	readonly #concerns: readonly Concern[];
	/** Where it last stood, Unix ms. While the room slept, it may have stood anywhere. */
	#stoodAt = Number.POSITIVE_INFINITY;
	#isMended = false;

	/** `concerns`: all that the room looks after. */
	constructor(concerns: readonly Concern[]) {
		this.#concerns = concerns;
	}

	get isRestless(): boolean {
		return this.#isMended;
	}

	/** It stands at `now`. */
	stand(now: number): void {
		const isBack = now < this.#stoodAt;
		this.#stoodAt = now;
		if (!isBack) return;
		for (const concern of this.#concerns) if (concern.setBack?.(now) === true) this.#isMended = true;
	}

	flush(): void {
		this.#isMended = false;
	}
}
