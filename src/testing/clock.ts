/**
 * A test's own time. It stands still until the test lets it go on, and then leaps from one deadline to the next. What is
 * due now runs by itself, each piece in its own turn of the event loop's microtasks, as if it took no time at all.
 */
interface Due {
	at: number;
	run: () => void;
}

/** How many microtasks deep what is set off may go before time moves. */
const ROUNDS = 8;

export class TestClock {
	/** Unix ms. */
	now: number;
	/** In the order in which it comes: by time, and then by who came first. */
	readonly #due: Due[] = [];
	#running: Promise<void> | null = null;

	constructor(now: number) {
		this.now = now;
	}

	/** Runs it in so many ms; the function that it gives takes that back. */
	after(ms: number, run: () => void): () => void {
		const due = { at: this.now + Math.max(0, ms), run };
		this.#due.splice(this.#due.findLastIndex(({ at }) => at <= due.at) + 1, 0, due);
		if (due.at <= this.now) void this.settle();
		return () => {
			const index = this.#due.indexOf(due);
			if (index !== -1) this.#due.splice(index, 1);
		};
	}

	/** Resolves when nothing is due any more. @throws what a piece has thrown */
	settle(): Promise<void> {
		this.#running ??= this.#run(this.now).finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	/** Lets so much time pass, deadline by deadline. */
	async advance(ms: number): Promise<void> {
		const until = this.now + ms;
		await this.settle();
		this.#running = this.#run(until);
		await this.#running.finally(() => {
			this.#running = null;
		});
		this.now = until;
	}

	/** What is due by then, in its order. What it sets off comes to its end before time moves on. */
	async #run(until: number): Promise<void> {
		for (;;) {
			for (let round = 0; round < ROUNDS; round++) await null;
			const [first] = this.#due;
			if (first === undefined || first.at > until) return;
			this.now = Math.max(this.now, first.at);
			for (let next = this.#due[0]; next !== undefined && next.at <= this.now; next = this.#due[0]) {
				this.#due.shift();
				next.run();
				await null;
			}
		}
	}
}
