/**
 * When to turn. A message that finds the room idle is handled at once. After a turn the room is
 * busy for one macrotask: what arrives meanwhile waits, and is handled together as soon as nothing
 * more has arrived for one macrotask. So one message in flight costs no delay, and a burst costs
 * one frame per session and turn instead of one per message.
 *
 * The clock is not read: in production it stands still while code runs. Timers here live for a
 * macrotask or a few, so none ever holds an idle room awake.
 */

/** How often a turn is put off at most because the inbox still grows. */
const POSTPONEMENTS_MAX = 16;

export class TurnClock {
	readonly #turn: () => void;
	readonly #arrived: () => number;
	#isBusy = false;
	#hasMore = false;
	#seen = 0;
	#postponed = 0;

	/** `turn` handles what has arrived; `arrived` counts it. */
	constructor(turn: () => void, arrived: () => number) {
		this.#turn = turn;
		this.#arrived = arrived;
	}

	/** Something has arrived. */
	strike(): void {
		if (!this.#isBusy) this.#run();
	}

	/** The room has more to do though nothing may arrive. */
	again(): void {
		this.#hasMore = true;
		if (!this.#isBusy) this.#rest();
	}

	#run(): void {
		this.#hasMore = false;
		this.#postponed = 0;
		// Busy first: the turn may ask for another.
		this.#isBusy = true;
		this.#turn();
		this.#rest();
	}

	#rest(): void {
		this.#isBusy = true;
		this.#seen = this.#arrived();
		setTimeout(() => this.#wake(), 0);
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
