/**
 * The room's body: it gathers what arrives, lets the room decide, and performs what it decided. Always in
 * this order: parse, turn (one transaction), attachments, send, jobs, alarm. Its members sit on its seats. It
 * knows no platform but its surroundings: the simulated world runs this same body.
 */
import type { Refusal } from "../protocol/codes.ts";
import type { PostModeration } from "../protocol/http.ts";
import { ALARM_RETRY_MS } from "../protocol/limits.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import { SEND_BATCH_MAX } from "../protocol/platform-limits.ts";
import type { Effects, Reply } from "../room/effects.ts";
import { type Identity, type Input, type Join, type Post, type Settle, splitInput } from "../room/inputs.ts";
import type { Sending } from "../room/jobs.ts";
import type { Room } from "../room/room.ts";
import { Alarm } from "./alarm.ts";
import { type Frame, frameOf } from "./frame.ts";
import { Inbox, type Weight, weigh } from "./inbox.ts";
import { keepPost } from "./kept-post.ts";
import { Overload } from "./overload.ts";
import { Pace } from "./pace.ts";
import { BUSY, fullOf, NEWER_SCHEMA, OVERLOADED } from "./refusals.ts";
import { Seats } from "./seats.ts";
import type { Surroundings } from "./surroundings.ts";
import { TurnClock } from "./turn-clock.ts";

export type Joining = Omit<Join, "type" | "session">;
export type Answering = (reply: Reply) => void;

export class RoomBody {
	readonly #around: Surroundings;
	readonly #seats: Seats;
	readonly #inbox = new Inbox();
	readonly #clock: TurnClock;
	readonly #replies = new Map<string, Answering>();
	#room: Room;
	/** Where the server was last reached over HTTP. */
	#host: string | null = null;
	readonly #alarm: Alarm;
	readonly #overload: Overload;
	readonly #pace: Pace;

	constructor(around: Surroundings) {
		this.#around = around;
		this.#alarm = new Alarm(around);
		this.#seats = new Seats(around, {
			heard: (session, frame) => this.#hear(session, frameOf(frame)),
			ignored: () => this.#pace.ignored(),
			left: (session) => this.#put({ type: "leave", session }),
			flowed: (flow) => {
				this.#inbox.putFirst(flow);
				this.#clock.again();
			},
			paused: () => this.#room.paused,
			isBusy: () => this.#clock.isBusy,
		});
		this.#clock = new TurnClock(
			() => this.#turn(),
			() => this.#inbox.length,
			() => this.#seats.count,
			(ms, run) => around.after(ms, run),
		);
		this.#pace = new Pace(this.#clock, around);
		this.#overload = new Overload(this.#seats);
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

	/** For reading only: what changes it goes through a turn. */
	get room(): Room {
		return this.#room;
	}

	/** True where newer code has written the store: this one must not touch it. */
	get isNewer(): boolean {
		return this.#around.isNewer;
	}

	/** True where nothing that arrived would be lost with the memory. */
	get isQuiet(): boolean {
		return this.#inbox.length === 0 && this.#replies.size === 0;
	}

	/** Where the server was reached over HTTP, for rooms in which nobody is. */
	reachedAt(host: string): void {
		this.#host = host;
	}

	/** Why one may not join now, or null. */
	refusesJoin(join: Omit<Identity, "name">): Refusal | null {
		if (this.isNewer) return NEWER_SCHEMA;
		if (this.#inbox.isFullFor({ messages: 1, bytes: 0, owner: null })) return BUSY;
		const { roomSessionsMax } = this.#around.settings;
		if (this.#seats.listed >= roomSessionsMax) return fullOf(roomSessionsMax);
		return this.#room.door.refusesJoin(join, this.#around.now());
	}

	/** Accepts the socket of one whose join the Worker has proven, and that is not refused. */
	join(socket: WebSocket, join: Joining): void {
		const session = this.#around.newId();
		this.#seats.accept(session, socket);
		this.#put({ type: "join", session, ...join });
	}

	/** A frame has come by a socket. */
	heard(socket: WebSocket, text: string | ArrayBuffer): void {
		this.#seats.heard(socket, text);
	}

	/** A socket has closed, with `code`; without one it broke. */
	closed(socket: WebSocket, code: number | null): void {
		this.#seats.closed(socket, code);
	}

	#hear(session: string, frame: Frame): void {
		const { bytes, messages, effort, read } = frame;
		this.#pace.heard(session, bytes);
		const weight = { messages, bytes, effort, owner: { session, address: this.#room.addressOf(session) } };
		if (!this.#inbox.isFullFor(weight)) {
			this.#inbox.putText(weight, () => ({ type: "frame", session, messages: read() }));
			return this.#clock.strike();
		}
		if (this.#overload.refuse(session, frame, this.#room.paused.has(session))) this.#put({ type: "leave", session });
	}

	/** Carries every deadline. Never throws: the platform would give up after a few tries. */
	alarm(): void {
		this.#alarm.stands(null);
		if (this.isNewer) return this.#alarm.set(this.#around.now() + ALARM_RETRY_MS);
		try {
			this.#put({ type: "alarm", pings: this.#seats.pings() });
		} catch (error) {
			this.#around.report("alarm", error);
			this.#alarm.set(this.#around.now() + ALARM_RETRY_MS);
		}
	}

	// Over HTTP and from the queue: `answer` hears what a turn says to it.

	/** Publishes an event for someone who holds no socket. */
	post(who: Identity, publish: Post["publish"], answer: Answering): void {
		const refusal = this.#room.door.refusesPost(who, this.#around.now());
		if (refusal !== null) return answer({ outcome: "refused", refusal });
		const owner = { session: who.member, address: who.address ?? null };
		const { text, read } = keepPost(publish);
		this.#askText(weigh(text, owner), answer, (reply) => ({ type: "post", reply, ...who, publish: read() }));
	}

	/** A moderator or operator acts. */
	moderate(by: Identity, action: PostModeration, answer: Answering): void {
		this.#ask((reply) => ({ type: "moderate", reply, by, action }), answer);
	}

	/** Everything that was said here goes; what was is gone from the archive a little later. */
	wipe(answer: Answering): void {
		this.#ask((reply) => ({ type: "wipe", reply, epoch: this.#around.newEpoch() }), answer);
	}

	/** Lets those go who are gone, before it is told who is here. Costs a turn where somebody may be. */
	async look(): Promise<void> {
		if (!this.#room.isStale(this.#around.now())) return;
		const look = (reply: string): Input => ({ type: "look", reply, pings: this.#seats.pings() });
		await new Promise<Reply>((answer) => this.#ask(look, answer));
	}

	/** Puts a failed job on its way again. */
	replayJob(job: string, answer: Answering): void {
		this.#ask((reply) => ({ type: "replay", reply, job }), answer);
	}

	/** What is to be done for a job; null where it is settled or wiped. */
	takeJob(epoch: string, job: string, run: number): Task | null {
		if (this.isNewer) throw new Error(NEWER_SCHEMA.message);
		const task = this.#room.task(epoch, job, run, this.#around.now());
		if (task !== "gone") return task;
		// What it was about was taken back: there is nothing left to do.
		this.#put({ type: "settle", reply: null, epoch, job, run, outcome: { state: "done", result: null } });
		return null;
	}

	/** A consumer reports what came of a job. */
	settleJob({ outcome, ...job }: Omit<Settle, "type" | "reply">, answer: Answering): void {
		const text = JSON.stringify(outcome);
		this.#askText(weigh(text, null), answer, (reply) => {
			return { type: "settle", reply, ...job, outcome: JSON.parse(text) as Outcome };
		});
	}

	/** Puts an input into the inbox; `answer` hears the turn's answer to it. */
	#ask(input: (reply: string) => Input, answer: Answering): void {
		this.#askText({ messages: 1, bytes: 0, effort: 0, owner: null }, answer, input);
	}

	/** Like {@link #ask}, of what is decoded when it is taken. */
	#askText(weight: Weight, answer: Answering, input: (reply: string) => Input): void {
		if (this.isNewer) return answer({ outcome: "refused", refusal: NEWER_SCHEMA });
		if (this.#inbox.isFullFor(weight)) return answer({ outcome: "refused", refusal: OVERLOADED });
		const reply = this.#around.newId();
		this.#replies.set(reply, answer);
		this.#inbox.putText(weight, () => input(reply));
		this.#clock.strike();
	}

	#put(input: Input): void {
		this.#inbox.put(input);
		this.#clock.strike();
	}

	#turn(): void {
		this.#pace.turned();
		const inputs = this.#inbox.take(this.#seats.count);
		if (this.#inbox.length === 0) this.#overload.isOver();
		const now = this.#around.now();
		if (inputs.some(({ type }) => type === "frame" || type === "post" || type === "join")) this.#seats.stirred(now);
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
		const host = this.#room.host ?? this.#host;
		const { name: room, meta } = this.#room;
		for (let i = 0; i < jobs.length; i += SEND_BATCH_MAX) {
			const part = jobs.slice(i, i + SEND_BATCH_MAX);
			const refs = part.map(({ job, run }) => ({ v: 1, room, epoch: meta.epoch, job, run, host: host ?? undefined }));
			this.#around.send(refs, (isSent) => this.#put({ type: "sent", jobs: part, isSent }));
		}
	}

	#forget(): void {
		this.#around.forget();
		this.#alarm.stands(null);
		this.#room = this.#wake();
	}
}
