/**
 * A test's own time. It stands still until the test lets it go on, and then leaps from one deadline to the next. What is
 * due now runs by itself, each piece in its own turn of the event loop's microtasks, as if it took no time at all.
 */
interface Due {
	at: number;
	n: number;
	run: () => void;
}

/** How many microtasks deep what is set off may go before time moves. */
const ROUNDS = 8;

export class TestClock {
	/** Unix ms. */
	now: number;
	readonly #due: Due[] = [];
	#count = 0;
	#running: Promise<void> | null = null;

	constructor(now: number) {
		this.now = now;
	}

	/** Runs it in so many ms; the function that it gives takes that back. */
	after(ms: number, run: () => void): () => void {
		const due = { at: this.now + Math.max(0, ms), n: ++this.#count, run };
		this.#push(due);
		if (due.at <= this.now) void this.settle();
		return () => {
			due.run = () => {};
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
			let next = this.#due[0];
			if (next === undefined || next.at > until) return;
			this.now = Math.max(this.now, next.at);
			for (; next !== undefined && next.at <= this.now; next = this.#due[0]) {
				this.#pop();
				next.run();
				await null;
			}
		}
	}

	/** A binary heap, by time and then by who came first. */
	#push(due: Due): void {
		let at = this.#due.push(due) - 1;
		while (at > 0) {
			const above = (at - 1) >> 1;
			if (!isBefore(due, this.#due[above])) break;
			this.#swap(at, above);
			at = above;
		}
	}

	#pop(): void {
		const last = this.#due.pop();
		if (last === undefined || this.#due.length === 0) return;
		this.#due[0] = last;
		for (let at = 0; ; ) {
			const [left, right] = [2 * at + 1, 2 * at + 2];
			const first = isBefore(this.#due[right], this.#due[left]) ? right : left;
			if (!isBefore(this.#due[first], this.#due[at])) return;
			this.#swap(at, first);
			at = first;
		}
	}

	#swap(a: number, b: number): void {
		const [one, other] = [this.#due[a], this.#due[b]];
		if (one === undefined || other === undefined) return;
		[this.#due[a], this.#due[b]] = [other, one];
	}
}

function isBefore(a: Due | undefined, b: Due | undefined): boolean {
	return a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.n < b.n));
}
