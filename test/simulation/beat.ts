/** When the simulated body turns: `src/durable/turn-clock.ts` with a macrotask of simulated time. */
import type { Clock } from "./clock.ts";

const POSTPONEMENTS_MAX = 16;

export class Beat {
	readonly #clock: Clock;
	readonly #turn: () => void;
	readonly #arrived: () => number;
	/** False once the body is gone: its timers are gone with it. */
	readonly #isAlive: () => boolean;
	#isBusy = false;
	#hasMore = false;
	#seen = 0;
	#postponed = 0;

	constructor(clock: Clock, turn: () => void, arrived: () => number, isAlive: () => boolean) {
		this.#clock = clock;
		this.#turn = turn;
		this.#arrived = arrived;
		this.#isAlive = isAlive;
	}

	/** True while a timer holds the object awake. */
	get isBusy(): boolean {
		return this.#isBusy;
	}

	strike(): void {
		if (!this.#isBusy) this.#run();
	}

	again(): void {
		this.#hasMore = true;
		if (!this.#isBusy) this.#rest();
	}

	#run(): void {
		this.#hasMore = false;
		this.#postponed = 0;
		this.#isBusy = true;
		this.#turn();
		this.#rest();
	}

	#rest(): void {
		this.#isBusy = true;
		this.#seen = this.#arrived();
		this.#clock.after(1, () => {
			if (this.#isAlive()) this.#wake();
		});
	}

	#wake(): void {
		const arrived = this.#arrived();
		if (arrived > this.#seen && this.#postponed < POSTPONEMENTS_MAX) {
			this.#postponed++;
			this.#rest();
		} else if (arrived > 0 || this.#hasMore) {
			this.#run();
		} else {
			this.#isBusy = false;
		}
	}
}
