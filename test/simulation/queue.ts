/**
 * The jobs' queue and the machines that consume it: `src/jobs/consumer.ts` itself, on messages that come late,
 * twice, in another order or never, on machines that die at any of their steps.
 */
import { consume } from "../../src/jobs/consumer.ts";
import type { Kinds } from "../../src/jobs/do-job.ts";
import type { Outcome, Task } from "../../src/protocol/outcome.ts";
import type { Reply } from "../../src/room/effects.ts";
import type { Clock } from "./clock.ts";
import type { Coverage } from "./coverage.ts";
import type { Platform } from "./platform.ts";
import type { Random } from "./random.ts";
import type { Letter as Reference } from "./watch.ts";

const ATTEMPTS_MAX = 6;
/** After how long a message comes again whose consumer said nothing: all its attempts are over within a lease. */
const SILENCE_MS_MAX = 4_000;
/** At most so long a job takes where everything is late, ms. */
const WORK_MS_MAX = 3_000;

interface Letter {
	body: Reference;
	attempts: number;
	isDead: boolean;
	isDone: boolean;
}

/** One run of the consumer; it may die at any of its steps, and then says nothing more to anyone. */
interface Machine {
	isAlive: boolean;
	/** True once the room has told it that nothing is to be done. */
	isIdle: boolean;
}

/** What a consumer is about to do when it dies: to ask the room for a job, to run it, to settle it, to end its letter. */
type Stage = "take" | "run" | "settle" | "end" | "ack" | "retry";

/** A letter that took so long is late. */
const LATE_MS_MIN = 4_000;

export class Queue {
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #platform: Platform;
	readonly #kinds: Kinds;
	readonly #coverage: Coverage;
	mood: "takes" | "refuses" | "hangs" = "takes";
	/** How many of the next letters are lost, or come twice. */
	lose = 0;
	double = 0;
	/** At most so late a letter comes, ms: late ones are overtaken. */
	lateMs = 20;
	/** The steps after which a machine dies; 0 where none does. */
	deathAfter = 0;
	/** How many machines die that way, one after another: enough of them, and a letter is given up. */
	deaths = 1;
	/** Counts what is posted, and the newest of it that came. */
	#posted = 0;
	#newest = 0;
	/** Letters that are neither done nor lost. */
	underway = 0;
	/** Counts what resolves promises: the world lets those run before it goes on. */
	stirred = 0;
	/** Runs a check where a throw would be lost. */
	judge: (check: () => void) => void = (check) => check();

	constructor(clock: Clock, random: Random, platform: Platform, kinds: Kinds, coverage: Coverage) {
		this.#clock = clock;
		this.#random = random;
		this.#platform = platform;
		this.#kinds = kinds;
		this.#coverage = coverage;
	}

	/** A room hands over a batch; `hear` is called with whether it was taken, unless that hangs. */
	send(messages: readonly unknown[], hear: (isSent: boolean) => void): void {
		const { mood } = this;
		if (mood === "hangs") this.#coverage.reach("fault", "queue hung");
		if (mood === "refuses") this.#coverage.reach("fault", "queue refused");
		// One that hangs may have taken it all the same.
		if (mood === "takes" || (mood === "hangs" && this.#random.once(2))) {
			for (const message of messages) this.#post(message as Reference);
		}
		if (mood !== "hangs") this.#clock.after(this.#random.below(10), () => hear(mood === "takes"));
	}

	#post(body: Reference): void {
		if (this.lose > 0) {
			this.lose--;
			this.#coverage.reach("fault", "message lost");
			return;
		}
		let copies = 1;
		if (this.double > 0) {
			this.double--;
			copies = 2;
			this.#coverage.reach("fault", "message twice");
		}
		for (let i = 0; i < copies; i++) this.#deliverLater({ body, attempts: 0, isDead: false, isDone: false }, 0);
	}

	#deliverLater(letter: Letter, delayMs: number): void {
		this.underway++;
		const posted = ++this.#posted;
		const lateMs = 1 + this.#random.below(this.lateMs);
		this.#clock.after(delayMs + lateMs, () => {
			this.underway--;
			if (lateMs >= LATE_MS_MIN) this.#coverage.reach("fault", "message late");
			if (delayMs === 0 && posted < this.#newest) this.#coverage.reach("fault", "message overtaken");
			if (delayMs === 0) this.#newest = Math.max(this.#newest, posted);
			this.#deliver(letter);
		});
	}

	#deliver(letter: Letter): void {
		letter.attempts++;
		if (letter.attempts > ATTEMPTS_MAX && !letter.isDead) {
			letter.isDead = true;
			letter.attempts = 1;
			this.#coverage.reach("fault", "dead letter");
		}
		const machine: Machine = { isAlive: true, isIdle: false };
		this.underway++;
		let isSettled = false;
		const settle = (delaySeconds: number | null): void => {
			if (isSettled) return;
			isSettled = true;
			this.underway--;
			if (delaySeconds !== null) this.#deliverLater(letter, delaySeconds * 1000);
		};
		const message = {
			body: letter.body,
			attempts: letter.attempts,
			ack: () => {
				if (!this.#survives(machine, "ack")) return;
				this.judge(() => this.#platform.watch.acknowledged(letter.body, machine.isIdle));
				settle(null);
			},
			retry: ({ delaySeconds = 0 } = {}) => {
				if (this.#survives(machine, "retry")) settle(delaySeconds);
			},
		};
		const batch = { queue: letter.isDead ? "rotunda-dead-jobs" : "rotunda-jobs", messages: [message] };
		const env = { ROOMS: { getByName: () => this.#stub(machine) } };
		this.stirred++;
		void consume(batch as unknown as MessageBatch, env as unknown as Cloudflare.Env, this.#kinds);
		this.#clock.after(SILENCE_MS_MAX, () => {
			machine.isAlive = false;
			settle(0);
		});
	}

	/** A step of a machine: false where it is dead, or dies now. */
	#survives(machine: Machine, stage: Stage): boolean {
		if (machine.isAlive && this.deathAfter > 0 && --this.deathAfter === 0) {
			machine.isAlive = false;
			if (--this.deaths > 0) this.deathAfter = 1;
			this.#coverage.reach("consumer died at", stage);
		}
		return machine.isAlive;
	}

	#stub(machine: Machine) {
		const workMs = Math.min(this.lateMs, WORK_MS_MAX);
		return {
			takeJob: (epoch: string, job: string, run: number): Promise<Task | null> =>
				this.#call<Task | null>(machine, ["take", "run"], (body, answer) => answer(body.takeJob(epoch, job, run))).then(
					(task) => {
						machine.isIdle = task === null;
						return task;
					},
				),
			settleJob: (epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void> =>
				this.#call<Reply>(
					machine,
					["settle", "end"],
					(body, answer) => body.settleJob({ epoch, job, run, outcome }, answer),
					workMs,
				).then((reply) => {
					if (reply.outcome === "refused") throw new Error(reply.refusal.message);
				}),
		};
	}

	/** A call from a machine to the room, there and back; of a machine that is dead nothing comes and nothing returns. */
	#call<T>(
		machine: Machine,
		[before, after]: readonly [Stage, Stage],
		start: Parameters<Platform["call"]>[0] extends infer _
			? (body: Platform["body"], answer: (value: T) => void) => void
			: never,
		thereMs = 15,
	): Promise<T> {
		return new Promise((resolve, reject) => {
			if (!this.#survives(machine, before)) return;
			const back = (give: () => void): void => {
				this.#clock.after(1 + this.#random.below(15), () => {
					if (!this.#survives(machine, after)) return;
					this.stirred++;
					give();
				});
			};
			this.#clock.after(1 + this.#random.below(thereMs), () =>
				this.#platform.call<T>(
					start,
					(value) => back(() => resolve(value)),
					() => back(() => reject(new Error("The room is gone."))),
				),
			);
		});
	}
}
