/**
 * A test's own time. It stands still until the test lets it go on, and then leaps from one deadline to the next. What is
 * due now runs by itself, each piece in its own turn of the event loop's microtasks, as if it took no time at all.
 */
interface Due {
	/** Unix ms. */
	at: number;
	/** Of two at the same time the one comes first that was there first. */
	order: number;
	run: () => void;
}

/** One alarm: it is set anew far more often than it rings. */
export interface TestAlarm {
	/** Unix ms; null does not ring. */
	set(at: number | null): void;
	stop(): void;
}

/** How many microtasks deep what is set off may go before time moves. */
const ROUNDS = 8;
/** The next microtask. To wait for it makes no promise anew: runners that follow promises charge for each. */
const SOON = Promise.resolve();

export class TestClock {
	/** Unix ms. */
	now: number;
	/** In the order in which it comes. */
	readonly #due: Due[] = [];
	/** Those that are set: a few, in no order. */
	readonly #alarms: Due[] = [];
	#count = 0;
	/** The answers to the heartbeats of the alarm that rings. */
	readonly #answers: (() => void)[] = [];
	#isRinging = false;
	#running: Promise<void> | null = null;

	constructor(now: number) {
		this.now = now;
	}

	/** Runs it in so many ms. */
	after(ms: number, run: () => void): void {
		const due = { at: this.now + Math.max(0, ms), order: ++this.#count, run };
		let place = this.#due.length;
		while (place > 0 && (this.#due[place - 1]?.at ?? 0) > due.at) place--;
		if (place === this.#due.length) this.#due.push(due);
		else this.#due.splice(place, 0, due);
		if (due.at <= this.now) void this.settle();
	}

	alarm(run: () => void): TestAlarm {
		const alarm: Due = { at: 0, order: 0, run };
		const stop = (): void => void this.#silence(alarm);
		const set = (at: number | null): void => {
			if (at === null) return stop();
			alarm.at = at;
			alarm.order = ++this.#count;
			if (!this.#alarms.includes(alarm)) this.#alarms.push(alarm);
			if (at <= this.now) void this.settle();
		};
		return { set, stop };
	}

	/** A sign of life is asked for, and comes as soon as that which asks has returned. */
	heartbeat(answer: () => void): void {
		if (this.#isRinging) this.#answers.push(answer);
		else queueMicrotask(answer);
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
		if (this.#running !== null) await this.#running;
		this.#running = this.#run(until);
		await this.#running.finally(() => {
			this.#running = null;
		});
		this.now = until;
	}

	/**
	 * What is due by then, in its order. What it sets off comes to its end before time moves on. A quiet hour has hundreds
	 * of heartbeats and looks, which set nothing off: those take no time of the test's either.
	 */
	async #run(until: number): Promise<void> {
		for (let isHeard = true; ; ) {
			for (let round = 0; isHeard && round < ROUNDS; round++) await SOON;
			const first = this.#first();
			if (first === null || first.at > until) return;
			this.now = Math.max(this.now, first.at);
			isHeard = false;
			for (let next: Due | null = first; next !== null && next.at <= this.now; next = this.#first()) {
				if (this.#silence(next)) {
					if (this.#isHeartbeat(next)) continue;
				} else {
					this.#due.shift();
					next.run();
				}
				isHeard = true;
				await SOON;
			}
		}
	}

	/** Rings; true where a sign of life is all that came of it. */
	#isHeartbeat({ run }: Due): boolean {
		const answers = this.#answers;
		this.#isRinging = true;
		try {
			run();
		} finally {
			this.#isRinging = false;
		}
		const isOne = answers.length > 0;
		for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) answer();
		return isOne;
	}

	/** True where it was set. */
	#silence(alarm: Due): boolean {
		const place = this.#alarms.indexOf(alarm);
		if (place !== -1) this.#alarms.splice(place, 1);
		return place !== -1;
	}

	#first(): Due | null {
		let first = this.#due[0] ?? null;
		for (const alarm of this.#alarms) {
			const isSooner = first === null || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order);
			if (isSooner) first = alarm;
		}
		return first;
	}
}
