/**
 * When to turn. A message that finds the room idle is handled at once, and so is the next one as long as
 * they come singly: one message in flight costs no delay. After a turn that took several the room gathers:
 * what arrives waits until nothing more has arrived for one macrotask, so that a burst costs one frame per
 * session and turn instead of one per message.
 *
 * In a large audience a round of frames costs the platform longer than the room took to decide (some 15 to
 * 40 µs a frame, sent after the turn has returned), and a turn that begins before they are out only makes
 * it later: the next turn of a burst waits at least for the window, which grows with the audience. Measured
 * with 1,000 members at 500 messages/s: without a window 24 turns/s took 97 % of a core, with one of 20 ms
 * 14 turns/s took 75 %, and everyone heard as soon. With 100 members any window only delays.
 *
 * Where more is left than one turn takes, a small audience's next one waits for nothing: with 100 members and 16 KiB a
 * message that delivered 3 to 39 % more. With 1,000 at 500 messages/s, whose frames were still on their way, it took 6 % off.
 *
 * The clock is not read: in production it stands still while code runs. No timer here outlives the window,
 * so none ever holds an idle room awake.
 */
import {
	POSTPONEMENTS_MAX,
	SESSIONS_PER_WINDOW_MS,
	TURN_WINDOW_MS_MAX,
	WINDOWLESS_SESSIONS_MAX,
} from "../protocol/limits.ts";

/** How long the next turn of a burst waits at least, ms. */
export function windowMs(audience: number): number {
	const ms = Math.floor((audience - WINDOWLESS_SESSIONS_MAX) / SESSIONS_PER_WINDOW_MS);
	return Math.max(0, Math.min(TURN_WINDOW_MS_MAX, ms));
}

export class TurnClock {
	readonly #turn: () => void;
	readonly #arrived: () => number;
	readonly #audience: () => number;
	readonly #after: (ms: number, run: () => void) => void;
	#isBusy = false;
	#hasMore = false;
	/** True where the last turn took more than one input. */
	#isBurst = false;
	#seen = 0;
	#postponed = 0;

	/** `turn` handles what has arrived; `arrived` counts it, and `audience` those who will hear of it. `after` is a timer, of 0 ms for a macrotask. */
	constructor(
		turn: () => void,
		arrived: () => number,
		audience: () => number,
		after = (ms: number, run: () => void): void => void setTimeout(run, ms),
	) {
		this.#after = after;
		this.#turn = turn;
		this.#arrived = arrived;
		this.#audience = audience;
	}

	/** True while a turn is at hand. */
	get isBusy(): boolean {
		return this.#isBusy;
	}

	/** Something has arrived. */
	strike(): void {
		if (this.#isBusy) return;
		if (this.#isBurst) this.#rest(0);
		else this.#run();
	}

	/** The room has more to do though nothing may arrive. */
	again(): void {
		this.#hasMore = true;
		if (!this.#isBusy) this.#rest(0);
	}

	/** So much arrives that what is there waits for no more of it. */
	hurry(): void {
		this.#postponed = POSTPONEMENTS_MAX;
	}

	#run(): void {
		this.#hasMore = false;
		this.#postponed = 0;
		// Busy first: the turn may ask for another.
		this.#isBusy = true;
		this.#isBurst = this.#arrived() > 1;
		this.#turn();
		this.#rest(this.#isBurst ? windowMs(this.#audience()) : 0);
	}

	#rest(ms: number): void {
		this.#isBusy = true;
		this.#seen = this.#arrived();
		this.#after(ms, () => this.#wake());
	}

	#wake(): void {
		const arrived = this.#arrived();
		if (arrived > this.#seen && this.#postponed < POSTPONEMENTS_MAX) {
			this.#postponed++;
			this.#rest(0);
		} else if (arrived > 0 || this.#hasMore) {
			this.#run();
		} else {
			this.#isBusy = false;
		}
	}
}
