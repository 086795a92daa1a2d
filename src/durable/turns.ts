/**
 * A room's turns. What has arrived waits in the inbox; the room decides on it in one transaction, and what it decided is
 * performed, always in this order: attachments, send, jobs, alarm. What a turn that throws had taken runs again one by one.
 */
import { ALARM_RETRY_MS } from "../protocol/limits.ts";
import { SEND_BATCH_MAX } from "../protocol/platform-limits.ts";
import type { Effects, Reply } from "../room/effects.ts";
import { type Input, splitInput } from "../room/inputs.ts";
import type { Sending } from "../room/jobs.ts";
import type { Room } from "../room/room.ts";
import { Alarm } from "./alarm.ts";
import { AwaitedPages } from "./awaited-pages.ts";
import { Inbox, type Weight } from "./inbox.ts";
import type { Seats } from "./seats.ts";
import type { Surroundings } from "./surroundings.ts";
import { TurnClock, windowMs } from "./turn-clock.ts";

export type Answering = (reply: Reply) => void;

export class Turns {
	readonly #around: Surroundings;
	readonly #seats: Seats;
	readonly #taken: (isEmptied: boolean) => void;
	readonly #inbox = new Inbox();
	readonly #clock: TurnClock;
	readonly #alarm: Alarm;
	readonly #replies = new Map<string, Answering>();
	readonly #pages: AwaitedPages;
	#room: Room;
	/** Where the server was last reached over HTTP, for rooms in which nobody is. */
	host: string | null = null;

	/** `taken` is called as a turn begins; `isEmptied` where it leaves nothing waiting. */
	constructor(around: Surroundings, seats: Seats, taken: (isEmptied: boolean) => void) {
		this.#around = around;
		this.#seats = seats;
		this.#taken = taken;
		this.#alarm = new Alarm(around);
		this.#pages = new AwaitedPages((session) => seats.isBehind(session));
		this.#clock = new TurnClock(
			() => this.#turn(),
			() => this.#inbox.length,
			() => seats.count,
			(ms, run) => around.after(ms, run),
		);
		this.#room = this.#wake();
		around.begin((alarmAt) => {
			this.#alarm.stands(alarmAt);
			if (around.isNewer) return;
			if (this.#room.isRestless) this.#clock.again();
			// An alarm may have been lost with a crash: what is owed is worth another.
			const deadline = this.#room.deadline(around.now());
			if (deadline !== null) this.#alarm.set(deadline);
		});
	}

	#wake(): Room {
		return this.#around.wake(this.#seats.wake());
	}

	get room(): Room {
		return this.#room;
	}

	/** True where nothing that arrived would be lost with the memory. */
	get isQuiet(): boolean {
		return this.#inbox.length === 0 && this.#replies.size === 0 && this.#pages.isEmpty;
	}

	/** True while a turn is at hand. */
	get isBusy(): boolean {
		return this.#clock.isBusy;
	}

	/** So much arrives that what is there waits for no more of it. */
	hurry(): void {
		this.#clock.hurry();
	}

	isFullFor(weight: Omit<Weight, "effort">): boolean {
		return this.#inbox.isFullFor(weight);
	}

	put(input: Input): void {
		this.#inbox.put(input);
		this.#clock.strike();
	}

	/** Like {@link put}, of what is decoded when it is taken. */
	putText(weight: Weight, read: () => Input): void {
		this.#inbox.putText(weight, read);
		this.#clock.strike();
	}

	/** Puts inputs before all that wait; the next turn, which takes them, is not this moment's. */
	putFirst(...inputs: readonly Input[]): void {
		this.#inbox.putFirst(...inputs);
		this.#clock.again();
	}

	/** The sockets were looked at: whose have taken what they held has its pages. */
	looked(): void {
		const pages = this.#pages.take();
		if (pages.length > 0) this.putFirst(...pages);
	}

	/** Puts what is to be answered: `answer` hears the turn's answer to it. */
	ask(weight: Weight, answer: Answering, input: (reply: string) => Input): void {
		const reply = this.#around.newId();
		this.#replies.set(reply, answer);
		this.putText(weight, () => input(reply));
	}

	/** Carries every deadline. Never throws: the platform would give up after a few tries. */
	alarm(): void {
		this.#alarm.stands(null);
		if (this.#around.isNewer) return this.#alarm.set(this.#around.now() + ALARM_RETRY_MS);
		try {
			this.put({ type: "alarm", pings: this.#seats.pings() });
		} catch (error) {
			this.#around.report("alarm", error);
			this.#alarm.set(this.#around.now() + ALARM_RETRY_MS);
		}
	}

	#turn(): void {
		const audience = this.#seats.count;
		const inputs = this.#pages.keep(this.#inbox.take(audience));
		// What is left is a turn already: in a small audience nothing is gained by waiting for more.
		if (windowMs(audience) === 0 && this.#inbox.isOver(audience)) this.#clock.hurry();
		this.#taken(this.#inbox.length === 0);
		const now = this.#around.now();
		if (inputs.some(({ type }) => type === "frame" || type === "post" || type === "put" || type === "join"))
			this.#seats.stirred(now);
		let effects: Effects;
		try {
			effects = this.#room.turn(inputs, now);
		} catch (error) {
			this.#around.report("turn", error);
			this.#turnOneByOne(inputs.flatMap(splitInput), now);
			return;
		}
		this.#perform(effects);
	}

	/** After a turn that threw: nothing of it was kept, so each input gets a turn of its own; the culprit alone is refused. */
	#turnOneByOne(inputs: readonly Input[], now: number): void {
		this.#room = this.#wake();
		for (const input of inputs) {
			try {
				this.#perform(this.#room.turn([input], now));
			} catch (error) {
				this.#around.report("input", error);
				this.#room = this.#wake();
				this.#perform(this.#room.refuseInternal(input, now));
			}
		}
		if (this.#room.isRestless) this.#resume(now);
	}

	/** What the room was at without an input goes on: a replay. Where that fails too it waits for the alarm, not in a loop. */
	#resume(now: number): void {
		try {
			this.#perform(this.#room.turn([], now));
		} catch (error) {
			this.#around.report("turn", error);
			this.#room = this.#wake();
			this.#alarm.set(now + ALARM_RETRY_MS);
		}
	}

	/** After the commit. A throw here leaves sessions that may have missed something: all are dropped, and resume. */
	#perform(effects: Effects): void {
		try {
			if (effects.forget) this.#forget();
			this.#seats.perform(effects);
			for (const [reply, answer] of effects.replies) {
				this.#replies.get(reply)?.(answer);
				this.#replies.delete(reply);
			}
			this.#seats.look();
			if (effects.jobs.length > 0) this.#send(effects.jobs);
			for (const { mishap, error } of effects.mishaps) this.#around.report(mishap, error);
			if (effects.alarmAt !== null) this.#alarm.set(effects.alarmAt);
			this.#inbox.putFirst(...effects.later);
			if (effects.again || this.#inbox.length > 0) this.#clock.again();
		} catch (error) {
			this.#around.report("delivery", error);
			this.#around.abort("a turn could not be delivered");
		}
	}

	/** Hands jobs to the queue. */
	#send(jobs: readonly Sending[]): void {
		const host = this.#room.host ?? this.host;
		const { name: room, meta } = this.#room;
		for (let i = 0; i < jobs.length; i += SEND_BATCH_MAX) {
			const part = jobs.slice(i, i + SEND_BATCH_MAX);
			const refs = part.map(({ job, run }) => ({ v: 1, room, epoch: meta.epoch, job, run, host: host ?? undefined }));
			this.#around.send(refs, (isSent) => this.put({ type: "sent", jobs: part, isSent }));
		}
	}

	#forget(): void {
		this.#around.forget();
		this.#alarm.stands(null);
		this.#room = this.#wake();
	}
}
