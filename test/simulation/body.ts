/**
 * The room's body as `src/durable/room-body.ts` is one: the same inbox, sockets, backlog and turn clock, the same order
 * of a turn and its effects, with simulated time for the platform's. All of it is memory: it dies with it.
 */
import { Inbox } from "../../src/durable/inbox.ts";
import { answerClose, Sockets } from "../../src/durable/sockets.ts";
import { TurnClock } from "../../src/durable/turn-clock.ts";
import { type Decoded, decodeFrame, encodeMessage } from "../../src/protocol/codec.ts";
import { CLOSE, type Refusal } from "../../src/protocol/codes.ts";
import type { PostModeration } from "../../src/protocol/http.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import { ALARM_RETRY_MS, FLOW_POLL_MS, SETTLE_MS } from "../../src/protocol/limits.ts";
import type { Outcome, Task } from "../../src/protocol/outcome.ts";
import type { Effects, Reply } from "../../src/room/effects.ts";
import { type Input, type Join, type Moderate, type Post, splitInput } from "../../src/room/inputs.ts";
import type { Sending } from "../../src/room/jobs.ts";
import { Room } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { Broken } from "./broken.ts";
import { Crash } from "./disk.ts";
import type { Platform } from "./platform.ts";
import type { Wire } from "./wire.ts";

export type JoinRequest = Omit<Join, "type" | "session">;
export type Page = { refusal: Refusal } | { epoch: string; floor: number; head: number; bodies: string[] };

const OVERLOADED: Refusal = {
	code: "overloaded",
	message: "The room has more to do than it can hold; send this again a little later.",
	retryAfterMs: 1000,
};

export class Body {
	readonly #platform: Platform;
	readonly #sockets: Sockets;
	readonly #inbox = new Inbox();
	readonly #turnClock: TurnClock;
	readonly #replies = new Map<string, (reply: Reply) => void>();
	#room: Room;
	#isFlowPolled = false;
	#heardAt: number;
	#alarmAt: number | null;
	isAlive = true;

	constructor(platform: Platform) {
		this.#platform = platform;
		this.#sockets = new Sockets(platform.context);
		const { clock } = platform;
		this.#heardAt = clock.roomNow;
		this.#turnClock = new TurnClock(
			() => platform.guard(() => this.#turn()),
			() => this.#inbox.length,
			() => this.#sockets.count,
			// A macrotask takes a little; the timers of a body that is gone are gone with it.
			(ms, run) => clock.after(Math.max(1, ms), () => this.isAlive && run()),
		);
		this.#room = this.#wake();
		this.#alarmAt = platform.alarmAt;
		if (this.#room.isRestless) this.#turnClock.again();
		const deadline = this.#room.deadline(clock.roomNow);
		if (deadline !== null) this.#setAlarm(deadline);
	}

	get room(): Room {
		return this.#room;
	}

	/** True where nothing would be lost if the memory went: what arrived has been handled. */
	get isQuiet(): boolean {
		return this.#inbox.length === 0 && this.#replies.size === 0;
	}

	/** True while a timer holds the object awake. */
	get hasTimer(): boolean {
		return this.#turnClock.isBusy || this.#isFlowPolled;
	}

	#wake(): Room {
		const { disk, clock } = this.#platform;
		const attachments = this.#sockets.wake();
		const room = Room.wake(disk, attachments, this.#platform.world(clock.roomNow));
		this.#platform.watch.woken(attachments, clock.roomNow);
		return room;
	}

	/** What another room would be that woke now, beside this one. Nothing is changed by it. */
	twin(attachments: readonly Attachment[]): Room {
		const { disk, clock } = this.#platform;
		return Room.wake(disk, attachments, this.#platform.world(clock.roomNow));
	}

	/** A join that the Worker has proven; a refusal, or null where the socket was accepted. */
	join(join: JoinRequest, wire: Wire): Refusal | null {
		const refusal = this.#refusesJoin() ?? this.#room.refusesJoin(join, this.#platform.clock.roomNow);
		if (refusal !== null) return refusal;
		const session = this.#platform.newSession();
		this.#sockets.accept(session, wire as unknown as WebSocket);
		this.#platform.watch.accepted(session, wire);
		this.#put({ type: "join", session, ...join });
		return null;
	}

	#refusesJoin(): Refusal | null {
		if (this.#inbox.isFullFor(1, 0)) {
			return { code: "room_full", message: "The room is very busy; try again in a moment.", retryAfterMs: 1000 };
		}
		const { roomSessionsMax } = this.#platform.settings;
		if (this.#platform.wires.length < roomSessionsMax) return null;
		return {
			code: "room_full",
			message: `The room holds at most ${roomSessionsMax} sessions; try again when someone has left.`,
			retryAfterMs: 10_000,
		};
	}

	message(wire: Wire, text: string | ArrayBuffer): void {
		const session = this.#sockets.sessionOf(wire as unknown as WebSocket);
		if (session === undefined) return;
		const messages: Decoded[] =
			typeof text === "string"
				? decodeFrame(text)
				: [{ refusal: { code: "binary_reserved", message: "Binary frames are reserved; send JSON as text." } }];
		const bytes = typeof text === "string" && "message" in (messages[0] ?? {}) ? text.length : 0;
		if (this.#inbox.isFullFor(messages.length, bytes)) return this.#refuse(session, messages);
		this.#put({ type: "frame", session, messages }, messages.length, bytes);
	}

	#refuse(session: string, messages: readonly Decoded[]): void {
		if (this.#room.paused.has(session)) {
			this.#sockets.close([{ session, code: CLOSE.tooSlow, reason: "too slow" }]);
			return this.#put({ type: "leave", session });
		}
		const errors = messages.map((decoded) => {
			const id = "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
			return encodeMessage({ type: "error", id, ...OVERLOADED });
		});
		try {
			this.#sockets.tell(session, errors);
		} catch (error) {
			if (isFatal(error)) throw error;
		}
	}

	closed(wire: Wire, code: number): void {
		answerClose(wire as unknown as WebSocket, code);
		const session = this.#sockets.sessionOf(wire as unknown as WebSocket);
		if (session === undefined) return;
		this.#sockets.drop(session);
		this.#put({ type: "leave", session });
	}

	alarm(): void {
		this.#alarmAt = null;
		try {
			this.#put({ type: "alarm", pings: this.#sockets.pings() });
		} catch (error) {
			if (isFatal(error)) throw error;
			this.#setAlarm(this.#platform.clock.roomNow + ALARM_RETRY_MS);
		}
	}

	// Over HTTP and from the queue.

	page(query: { after?: number; before?: number; limit?: number; epoch?: string }): Page {
		const { head, floor, epoch } = this.#room.meta;
		const isOtherEpoch = query.epoch !== undefined && query.epoch !== epoch;
		if (isOtherEpoch || (query.after !== undefined && query.after < floor - 1)) {
			return { refusal: { code: "trimmed", message: "" } };
		}
		return { epoch, floor, head, bodies: this.#room.page(query).bodies };
	}

	post(who: Omit<Post, "type" | "reply" | "publish">, publish: Post["publish"], answer: (reply: Reply) => void): void {
		const refusal =
			who.member === OPERATOR
				? null
				: this.#room.refusesJoin({ ...who, address: who.address ?? null }, this.#platform.clock.roomNow);
		if (refusal !== null) answer({ outcome: "refused", refusal });
		else this.#ask((reply) => ({ type: "post", reply, ...who, publish }), answer);
	}

	moderate(by: Moderate["by"], action: PostModeration, after: number, answer: (reply: Reply) => void): void {
		this.#ask(
			(reply) => ({ type: "moderate", reply, by, action, after }),
			(reply) => {
				if (reply.outcome === "more") this.moderate(by, action, reply.after, answer);
				else answer(reply);
			},
		);
	}

	wipe(epoch: string, answer: (reply: Reply) => void): void {
		this.#ask((reply) => ({ type: "wipe", reply, epoch }), answer);
	}

	replayJob(job: string, answer: (reply: Reply) => void): void {
		this.#ask((reply) => ({ type: "replay", reply, job }), answer);
	}

	takeJob(epoch: string, job: string, run: number): Task | null {
		const task = this.#room.task(epoch, job, run, this.#platform.clock.roomNow);
		if (task !== "moot") return task;
		this.#platform.coverage.reach("job", "moot");
		this.#put({ type: "settle", reply: null, epoch, job, run, outcome: { state: "done", result: null } });
		return null;
	}

	settleJob(epoch: string, job: string, run: number | null, outcome: Outcome, answer: (reply: Reply) => void): void {
		this.#ask((reply) => ({ type: "settle", reply, epoch, job, run, outcome }), answer);
	}

	#ask(input: (reply: string) => Input, answer: (reply: Reply) => void): void {
		if (this.#inbox.isFullFor(1, 0)) return answer({ outcome: "refused", refusal: OVERLOADED });
		const reply = this.#platform.newSession();
		this.#replies.set(reply, answer);
		this.#put(input(reply));
	}

	// The turn.

	#put(input: Input, messages = 1, bytes = 0): void {
		this.#inbox.put(input, messages, bytes);
		this.#turnClock.strike();
	}

	#turn(): void {
		const inputs = this.#inbox.take(this.#sockets.count);
		const now = this.#platform.clock.roomNow;
		if (inputs.some(({ type }) => type === "frame" || type === "post" || type === "join")) this.#heardAt = now;
		let effects: Effects;
		try {
			effects = this.#decide(inputs, now);
		} catch (error) {
			if (isFatal(error)) throw error;
			this.#platform.coverage.reach("fault", "turn threw");
			this.#turnOneByOne(inputs.flatMap(splitInput), now);
			return;
		}
		this.#perform(effects, inputs, now);
	}

	#decide(inputs: readonly Input[], now: number): Effects {
		this.#platform.disk.now = now;
		this.#platform.disk.inputs = inputs;
		return this.#room.turn(inputs, now);
	}

	#turnOneByOne(inputs: readonly Input[], now: number): void {
		this.#room = this.#wake();
		for (const input of inputs) {
			try {
				this.#perform(this.#decide([input], now), [input], now);
			} catch (error) {
				if (isFatal(error)) throw error;
				this.#platform.coverage.reach("fault", "turn threw twice");
				this.#room = this.#wake();
				this.#perform(this.#room.refuseInternal(input, now), [], now);
			}
		}
	}

	#perform(effects: Effects, inputs: readonly Input[], now: number): void {
		const { watch } = this.#platform;
		try {
			if (effects.forget) this.#forget();
			this.#sockets.attach(effects.attachments);
			this.#sockets.deliver(effects);
			this.#sockets.close(effects.closes);
			for (const [reply, answer] of effects.replies) {
				this.#replies.get(reply)?.(answer);
				this.#replies.delete(reply);
			}
			this.#watchFlow();
			if (effects.jobs.length > 0) this.#send(effects.jobs);
			if (effects.alarmAt !== null) this.#setAlarm(effects.alarmAt);
			if (effects.again || this.#inbox.length > 0) this.#turnClock.again();
		} catch (error) {
			if (isFatal(error)) throw error;
			this.#platform.coverage.reach("fault", "delivery threw");
			throw new Crash();
		}
		watch.turned(inputs, effects, now);
	}

	#watchFlow(): void {
		const { backlog } = this.#sockets;
		const now = this.#platform.clock.roomNow;
		const flow = backlog.look(this.#room.paused, (session) => this.#sockets.get(session), now);
		if (flow !== null) this.#inbox.putFirst(flow);
		if (backlog.isChoked(now - this.#heardAt)) throw new Crash();
		if (flow !== null) this.#turnClock.again();
		if (this.#isFlowPolled || !(backlog.isWaiting || backlog.isUnsettled)) return;
		this.#isFlowPolled = true;
		const ms = backlog.isWaiting || !backlog.isStill ? FLOW_POLL_MS * this.#platform.flowSlowness : SETTLE_MS;
		this.#platform.clock.after(ms, () => {
			if (!this.isAlive) return;
			this.#isFlowPolled = false;
			this.#platform.guard(() => {
				const settledAt = this.#platform.clock.roomNow;
				if (!this.#turnClock.isBusy) backlog.settle(this.#sockets.entries(), this.#room.paused, settledAt);
				this.#watchFlow();
			});
		});
	}

	#send(jobs: readonly Sending[]): void {
		const { epoch } = this.#room.meta;
		this.#platform.queue.send(jobs, epoch, (isSent) => {
			if (this.isAlive) this.#platform.guard(() => this.#put({ type: "sent", jobs, isSent }));
		});
	}

	#setAlarm(at: number): void {
		if (this.#alarmAt !== null && this.#alarmAt <= at) return;
		if (at < this.#platform.clock.roomNow) throw new Broken("G7", `an alarm was set into the past: ${at}`);
		this.#alarmAt = at;
		this.#platform.setAlarm(at);
	}

	#forget(): void {
		this.#platform.forget();
		this.#alarmAt = null;
		this.#room = this.#wake();
	}
}

function isFatal(error: unknown): boolean {
	return error instanceof Crash || error instanceof Broken;
}
