/**
 * One world from one seed: the real room, client and consumer under a simulated clock, network, store, queue
 * and platform. It follows its plan, then the faults stop, and everything must come to rest.
 */

import { Backend } from "./backend.ts";
import { Jury } from "./checkers/jury.ts";
import { Rest } from "./checkers/rest.ts";
import { Clock, T0 } from "./clock.ts";
import { Coverage } from "./coverage.ts";
import { DO } from "./deeds.ts";
import { rulesOf } from "./game.ts";
import { Archive, archiveKind, kindsOf, type Mood } from "./kinds.ts";
import { type Acknowledged, Person } from "./person.ts";
import type { Plan } from "./plan.ts";
import { Platform } from "./platform.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { hookKind, Receiver } from "./receiver.ts";
import type { Wire } from "./wire.ts";

/** How many microtasks the longest chain of promises takes, from a step of the consumer to its next. */
const MICROTASKS = 24;

class Kinds implements Mood {
	/** How many of the next runs fail. */
	failures = 0;

	fails(): boolean {
		return this.failures > 0 && this.failures-- > 0;
	}
}

export class World {
	readonly plan: Plan;
	readonly random: Random;
	readonly clock = new Clock();
	readonly coverage: Coverage;
	readonly jury: Jury;
	readonly platform: Platform;
	readonly queue: Queue;
	readonly kinds = new Kinds();
	readonly archive = new Archive();
	readonly receiver: Receiver | null;
	readonly backend: Backend;
	readonly people: Person[];
	readonly acknowledged: Acknowledged[] = [];
	readonly roomEnd: ConstructorParameters<typeof Wire>[4]["toRoom"];
	/** How many ids each owner has used. */
	readonly #ids = new Map<string, number>();
	#wires = 0;
	/** What a check found broken that could not throw. */
	#broken: unknown = null;
	/** When the step that is under way is over. */
	#until = 0;

	constructor(plan: Plan, coverage = new Coverage()) {
		this.plan = plan;
		this.coverage = coverage;
		this.random = new Random(plan.seed);
		this.receiver = plan.receiver === null ? null : new Receiver(plan.receiver);
		this.jury = new Jury(this.clock, coverage, plan);
		const { jury, clock, random } = this;
		const rules = rulesOf(plan.seed, plan.ranges, (member, now) => this.judge(() => jury.bounds.decided(member, now)));
		this.platform = new Platform(clock, random, plan.settings, rules, coverage, jury);
		const { platform } = this;
		const kinds = {
			kinds: kindsOf(this.kinds),
			ranges: [
				archiveKind(this.archive, this.kinds, coverage),
				...(this.receiver === null ? [] : [hookKind(this.receiver, this.kinds, coverage)]),
			],
			log: () => {},
		};
		this.queue = new Queue(clock, random, platform, kinds, coverage);
		platform.queue = this.queue;
		this.queue.judge = (check) => this.judge(check);
		this.backend = new Backend(this);
		this.roomEnd = {
			// The body forgives a socket that cannot be told of an overload.
			sent: (wire, frame) => platform.insist(() => jury.sent(wire, frame)),
			attached: (wire, attachment) => {
				jury.attached(wire, attachment);
				if (attachment.mode.kind === "replaying") clock.after(0, () => this.#disturbReplay());
			},
			// The room closes quietly: what a check throws there would be taken for a socket that was closed already.
			closing: (wire, code) => this.judge(() => jury.closing(wire, code)),
			message: (wire, text) => platform.message(wire, text),
			closed: (wire, code) => {
				jury.closed(wire, code);
				platform.closed(wire, code);
			},
			lost: () => coverage.reach("fault", "cut in its queue"),
			mayFail: () => platform.mayFail(),
		};
		this.people = plan.people.map((character, index) => new Person(`${character.member}#${index}`, character, this));
	}

	get elapsedMs(): number {
		return this.clock.now - T0;
	}

	/** An id that the member has not used yet. */
	newId(member: string): string {
		const owner = this.plan.sharesIds ? member : "";
		const n = (this.#ids.get(owner) ?? 0) + 1;
		this.#ids.set(owner, n);
		return `i${n}`;
	}

	nextWire(): number {
		return ++this.#wires;
	}

	/** Runs a check where a throw would be lost: in a promise's reaction, or under code that catches. */
	judge(check: () => void): void {
		try {
			check();
		} catch (error) {
			this.#broken ??= error;
		}
	}

	/** Between one page of a replay and the next the room falls asleep, or the next one fails. */
	#disturbReplay(): void {
		const { random, platform } = this;
		const does = random.below(2);
		if (does === 0) platform.sleep();
		if (does === 1 && !this.isCalm) platform.disk.fault = { what: "throw", calls: random.below(4), times: 1 };
	}

	/** The faults have stopped. */
	isCalm = false;

	/** Nobody comes back any more. */
	isOver = false;

	/** The step that is under way takes so much longer. */
	linger(ms: number): void {
		this.#until += ms;
	}

	async run(): Promise<void> {
		const { random } = Math;
		// The consumer's backoff is drawn by the language's own generator.
		Math.random = () => this.random.fraction();
		try {
			await this.#follow();
			await new Rest(this).come();
		} catch (error) {
			// What could not throw was found first; what was found after it may be its consequence.
			throw this.#broken ?? error;
		} finally {
			Math.random = random;
		}
	}

	async #follow(): Promise<void> {
		for (const { afterMs, does, who, dice } of this.plan.steps) {
			await this.pass(afterMs);
			this.random.seed(dice);
			const person = this.people[who % this.people.length] as Person;
			this.jury.tell?.(`--- ${person.name}: ${does}`);
			this.#until = this.clock.now;
			DO[does](this, person);
			await this.react();
			await this.pass(this.#until - this.clock.now);
		}
	}

	/** Lets time pass, and what is due in it happen. */
	async pass(ms: number): Promise<void> {
		const until = this.clock.now + ms;
		for (;;) {
			const { nextAt } = this.clock;
			if (nextAt === null || nextAt > until) break;
			this.clock.tick();
			await this.react();
		}
		this.clock.now = until;
	}

	/** Lets the promises' reactions run that the last step has set off. */
	async react(): Promise<void> {
		if (this.queue.stirred > 0) {
			this.queue.stirred = 0;
			for (let i = 0; i < MICROTASKS; i++) await null;
		} else {
			await null;
		}
		if (this.#broken !== null) throw this.#broken;
	}
}
