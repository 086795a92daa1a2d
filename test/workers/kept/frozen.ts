/**
 * A room's surroundings in which nothing is left to chance or to the day: time stands still until a test moves it,
 * ids are counted, and jobs are kept in hand. So what is stored is the same each time that it is made.
 */
import { Platform } from "../../../src/durable/platform.ts";
import type { World } from "../../../src/room/parts.ts";
import { houseRules, range } from "../../room/house-rules.ts";

/** An alarm is set so much later than it is asked for: it never rings by itself. */
const AHEAD_MS = 100 * 365 * 24 * 3_600_000;

export interface Ref {
	epoch: string;
	job: string;
	run: number;
}

/** What a test has in its hand. */
export class Hand {
	/** Unix ms. */
	now: number;
	ids = 0;
	epochs = 0;
	/** Whether the queue takes what it is given. */
	takes = true;
	readonly letters: Ref[] = [];

	constructor(now: number) {
		this.now = now;
	}

	/** The newest letter about the job of that number. */
	letter(n: number): Ref {
		const found = this.letters.findLast(({ job, epoch }) => job === `${epoch}-${n}`);
		if (found === undefined) throw new Error(`No job ${n} was sent.`);
		return found;
	}
}

export class Frozen extends Platform {
	readonly #hand: Hand;

	constructor([ctx, settings]: ConstructorParameters<typeof Platform>, hand: Hand) {
		const ranges = [range("archive", { keepsCopy: true, listsRooms: true }), range("webhook", { begins: "head" })];
		super(ctx, settings, houseRules(ranges), undefined);
		this.#hand = hand;
	}

	protected override world(): World {
		return { ...super.world(), saltIfNew: "00000000-0000-4000-8000-000000000000" };
	}

	override begin(work: (alarmAt: number | null) => void): void {
		super.begin((at) => work(at === null ? null : at - AHEAD_MS));
	}

	override setAlarm(at: number): void {
		super.setAlarm(at + AHEAD_MS);
	}

	/** Asked for by what the platform's constructor does, before the hand is there. */
	override now(): number {
		return this.#hand.now;
	}

	override newId(): string {
		return `id-${++this.#hand.ids}`;
	}

	override newEpoch(): string {
		return `e${++this.#hand.epochs}`.padEnd(16, "0");
	}

	override send(messages: readonly unknown[], hear: (isSent: boolean) => void): void {
		const { takes, letters } = this.#hand;
		if (takes) letters.push(...(messages as Ref[]));
		// Later, as a queue does: an answer inside the turn that sends would be one before its own.
		setTimeout(() => hear(takes));
	}
}
