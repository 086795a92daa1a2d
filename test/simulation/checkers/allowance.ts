/** What each may have at a rate: a bucket that is full at first, as the room's own are after a wake. */

interface Purse {
	left: number;
	/** When `left` was right: how long the clock had gone forward by then, ms. */
	atMs: number;
}

export class Allowance {
	readonly #perSecond: number;
	readonly #full: number;
	readonly #purses = new Map<string, Purse>();

	constructor(perSecond: number, burstSeconds: number) {
		this.#perSecond = perSecond;
		this.#full = perSecond * burstSeconds;
	}

	clear(): void {
		this.#purses.clear();
	}

	/** Takes so much of what `whose` has; gives what is left of it, below 0 where that was more than it had. */
	take(whose: string, cost: number, atMs: number): number {
		const purse = this.#purses.get(whose) ?? { left: this.#full, atMs };
		this.#purses.set(whose, purse);
		purse.left = Math.min(this.#full, purse.left + ((atMs - purse.atMs) / 1_000) * this.#perSecond) - cost;
		purse.atMs = atMs;
		return purse.left;
	}
}
