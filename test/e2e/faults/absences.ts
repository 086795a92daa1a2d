/** When a client had no session, by its own record; by that, others' word that it left is judged (G9). */
import { GRACE_MS } from "../../../src/protocol/limits.ts";

/** A client's own clock runs late by what its process was busy for. */
const LAG_MS = 500;
/** How long after one is back another, whose network is slow, may still hear that it left. */
const HEARSAY_MS = 5_000;

/** Unix ms; `to` is infinite while it lasts. */
interface Absence {
	from: number;
	to: number;
}

export class Absences {
	readonly #all: Absence[] = [{ from: 0, to: Number.POSITIVE_INFINITY }];

	get #isAway(): boolean {
		return this.#all.at(-1)?.to === Number.POSITIVE_INFINITY;
	}

	/** Its socket is gone. */
	left(at: number): void {
		if (!this.#isAway) this.#all.push({ from: at, to: Number.POSITIVE_INFINITY });
	}

	/** It has been welcomed. */
	returned(at: number): void {
		const last = this.#all.at(-1);
		if (last !== undefined && this.#isAway) last.to = at;
	}

	/** True where it was away for the grace, about the time when it was said to have left. */
	excuse(departedAt: number): boolean {
		return this.#all.some(({ from, to }) => {
			const isOverAt = from + GRACE_MS - LAG_MS;
			return isOverAt <= Math.min(to, departedAt) && departedAt <= to + HEARSAY_MS;
		});
	}

	/** The longest, but for the time before it first came, ms. */
	longestMs(now: number): number {
		return Math.max(0, ...this.#all.slice(1).map(({ from, to }) => Math.min(to, now) - from));
	}

	toString(): string {
		return this.#all
			.slice(1)
			.map(({ from, to }) => `${from}–${to}`)
			.join(" ");
	}
}
