/**
 * A test's own time. It stands still until the test lets it go on, and then leaps from one deadline to the next. What is
 * due now runs by itself, each piece in its own turn of the event loop's microtasks, as if it took no time at all.
 */
interface Due {
	/** Whose it is: the room's own, or somebody may hear of it. */
	of: "own" | "heard";
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

/** How many microtasks deep what is set off may go before time moves: by what somebody hears, and by the room's own timers. */
const ROUNDS = { heard: 30, own: 8, none: 0 };
/** The next microtask. To wait for it makes no promise anew: runners that follow promises charge for each. */
const SOON = Promise.resolve();

export class TestClock {
	/** Unix ms. */
	now: number;
	/** In the order in which it comes. */
	readonly #due: Due[] = [];
	/** Those that are set. */
	readonly #alarms = new Set<Due>();
	#count = 0;
	/** The answers to the heartbeats of the alarm that rings. */
	#answers: (() => void)[] = [];
	/** What is at work in real time. */
	readonly #works = new Set<Promise<unknown>>();
	/** What was thrown there, until a test hears of it. */
	readonly #faults: unknown[] = [];
	/** Ends the wait for what is at work. */
	#stirred: () => void = () => {};
	#isRinging = false;
	#running: Promise<void> | null = null;

	constructor(now: number) {
		this.now = now;
	}

	/** Runs it in so many ms. */
	after(ms: number, run: () => void, of: Due["of"] = "heard"): void {
		const due = { of, at: this.now + Math.max(0, ms), order: ++this.#count, run };
		this.#due.splice(this.#due.findLastIndex(({ at }) => at <= due.at) + 1, 0, due);
		if (due.at <= this.now) this.#isDue();
	}

	alarm(run: () => void, of: Due["of"] = "heard"): TestAlarm {
		const alarm: Due = { of, at: 0, order: 0, run };
		const stop = (): void => void this.#alarms.delete(alarm);
		const set = (at: number | null): void => {
			if (at === null) return stop();
			alarm.at = at;
			alarm.order = ++this.#count;
			this.#alarms.add(alarm);
			if (at <= this.now) this.#isDue();
		};
		return { set, stop };
	}

	/** A sign of life is asked for, and comes as soon as that which asks has returned. */
	heartbeat(answer: () => void): void {
		if (this.#isRinging) this.#answers.push(answer);
		else queueMicrotask(answer);
	}

	#isDue(): void {
		this.#stirred();
		void this.settle();
	}

	/** Time stands still until it is over: it takes real time, and none of the test's. */
	during(work: Promise<unknown>): void {
		this.#works.add(work);
		const over = (): void => {
			this.#works.delete(work);
			this.#stirred();
		};
		work.then(over, (error: unknown) => {
			this.#faults.push(error);
			over();
		});
	}

	/** Resolves when nothing is due any more, and nothing at work. @throws what a piece has thrown */
	settle(): Promise<void> {
		this.#running ??= this.#run(this.now).finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	/** Lets so much time pass, deadline by deadline. */
	async advance(ms: number): Promise<void> {
		const until = this.now + ms;
		while (this.#running !== null) await this.#running;
		this.#running = this.#run(until);
		await this.#running.finally(() => {
			this.#running = null;
		});
		this.now = until;
	}

	/**
	 * What is due by then, in its order. What it sets off comes to its end before time moves on. A quiet hour has hundreds
	 * of heartbeats, which set nothing off: those take no time of the test's either.
	 */
	async #run(until: number): Promise<void> {
		for (let rounds = ROUNDS.own; ; ) {
			for (let round = 0; round < rounds; round++) await SOON;
			if (this.#faults.length > 0) throw this.#faults.shift();
			const first = this.#first();
			if (this.#works.size > 0 && (first === null || first.at > this.now)) {
				await new Promise<void>((stirred) => {
					this.#stirred = stirred;
				});
				rounds = ROUNDS.own;
				continue;
			}
			if (first === null || first.at > until) return;
			this.now = Math.max(this.now, first.at);
			rounds = ROUNDS.none;
			for (let next: Due | null = first; next !== null && next.at <= this.now; next = this.#first()) {
				if (this.#alarms.delete(next)) {
					if (this.#isHeartbeat(next)) continue;
				} else {
					this.#due.shift();
					next.run();
				}
				rounds = Math.max(rounds, ROUNDS[next.of]);
				await SOON;
			}
		}
	}

	/** Rings; true where a sign of life is all that came of it. */
	#isHeartbeat({ run }: Due): boolean {
		this.#answers = [];
		this.#isRinging = true;
		try {
			run();
		} finally {
			this.#isRinging = false;
		}
		for (const answer of this.#answers) answer();
		return this.#answers.length > 0;
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
