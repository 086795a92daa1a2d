/** What the real object is told while a step is played, and what it did in it: time and ids are the trace's. */
import type { Act, Answer, Asked, Heard, Step } from "../../simulation/trace.ts";

/** Longer than a frame is under way on a busy machine. */
const UNDERWAY_MS_MAX = 2_000;
/** How many turns in the object it takes at most until it has been given what was sent. */
const LOOKS_MAX = 100;

export class Script {
	readonly timers: (() => void)[] = [];
	readonly told: ((isSent: boolean) => void)[] = [];
	/** The wire of the join that is under way. */
	wire = 0;
	/** When a wire's member last sent a `ping`, by the room's clock. */
	readonly pingAt = new Map<string, number>();
	/** What the platform delivered to the object: messages and closes. */
	delivered = 0;
	now = 0;
	#given: string[] = [];
	#asked: Asked[] = [];
	#heard = new Map<number, Heard[]>();
	#answers = new Map<number, Answer | undefined>();
	#changed: () => void = () => {};

	begin({ now, given }: Step): void {
		this.now = now;
		this.#given = [...given];
		this.delivered = 0;
	}

	/** What a timer does, or the queue's word; to be run in the object. */
	run(act: Act): void {
		if (act.act === "timer") this.timers[act.n]?.();
		if (act.act === "told") this.told[act.batch]?.(act.isSent);
	}

	give(): string {
		const id = this.#given.shift();
		if (id === undefined) throw new Error("The body asks for an id more than in the simulated world.");
		return id;
	}

	asks(asked: Asked): void {
		this.#asked.push(structuredClone(asked));
	}

	hears(wire: number, heard: Heard): void {
		const all = this.#heard.get(wire) ?? [];
		all.push(heard);
		this.#heard.set(wire, all);
		this.#changed();
	}

	answers(call: number, answer: Answer | undefined): void {
		this.#answers.set(call, answer);
		this.#changed();
	}

	delivers(): void {
		this.delivered++;
	}

	/**
	 * All that was done since this was last asked for, once as much has been done as in the step; else after a while.
	 * What happens in the object cannot call the test, which runs in another context: `look` waits for a turn in there.
	 */
	async done(step: Step, look: () => Promise<void>) {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.#changed();
		}, UNDERWAY_MS_MAX);
		while (!isLate && !this.#isHeard(step)) {
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
		clearTimeout(timer);
		for (let looks = 0; looks < LOOKS_MAX && !this.#hasActed(step); looks++) await look();
		const done = { ...this.take(), heard: this.#heard, answers: this.#answers };
		this.#heard = new Map();
		this.#answers = new Map();
		return done;
	}

	/** What the object did since this was last asked for. */
	take(): { notGiven: string[]; asked: Asked[] } {
		const done = { notGiven: this.#given, asked: this.#asked };
		this.#asked = [];
		return done;
	}

	/** True where the object has done as much as in the step. */
	#hasActed({ act, asked }: Step): boolean {
		const delivered = act.act === "message" || act.act === "close" ? 1 : 0;
		return this.#given.length === 0 && this.#asked.length >= asked.length && this.delivered >= delivered;
	}

	/** True where as much has reached the members and the callers. */
	#isHeard({ heard, answers }: Step): boolean {
		for (const [wire, all] of heard) if ((this.#heard.get(wire)?.length ?? 0) < all.length) return false;
		return this.#answers.size >= answers.size;
	}
}
