/**
 * The room's body: it gathers what arrives, lets the room decide, and performs what it decided. Always in
 * this order: parse, turn (one transaction), attachments, send, jobs, alarm.
 */
import { type Decoded, decodeFrame, encodeMessage } from "../protocol/codec.ts";
import { CLOSE, type Refusal } from "../protocol/codes.ts";
import { ALARM_RETRY_MS, FLOW_POLL_MS, SETTLE_MS } from "../protocol/limits.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import type { Effects, Reply } from "../room/effects.ts";
import { type Input, type Join, splitInput } from "../room/inputs.ts";
import type { Sending } from "../room/jobs.ts";
import { Room } from "../room/room.ts";
import { Inbox } from "./inbox.ts";
import { answerClose, Sockets } from "./sockets.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { TurnClock } from "./turn-clock.ts";

/** The platform's bound on a batch. */
const SEND_BATCH_MAX = 100;

export const NEWER_SCHEMA: Refusal = {
	code: "newer_schema",
	message: "This room was last written by a newer version of the server; try again when the deploy is complete.",
	retryAfterMs: 30_000,
};

const OVERLOADED: Refusal = {
	code: "overloaded",
	message: "The room has more to do than it can hold; send this again a little later.",
	retryAfterMs: 1000,
};

export class RoomBody {
	readonly #ctx: DurableObjectState;
	readonly #settings: Settings;
	readonly #rules: Rules;
	readonly #jobs: Queue | undefined;
	readonly #store: SqliteStore;
	readonly #sockets: Sockets;
	readonly #inbox = new Inbox();
	readonly #clock: TurnClock;
	readonly #replies = new Map<string, (reply: Reply) => void>();
	#room: Room;
	/** Where the server was last reached over HTTP. */
	#host: string | null = null;
	#flowTimer: ReturnType<typeof setTimeout> | null = null;
	/** When somebody last said something, Unix ms. */
	#heardAt = Date.now();
	/** When the platform will call, Unix ms; null where no alarm is set. */
	#alarmAt: number | null = null;

	constructor(ctx: DurableObjectState, settings: Settings, rules: Rules, jobs: Queue | undefined) {
		this.#ctx = ctx;
		this.#settings = settings;
		this.#rules = rules;
		this.#jobs = jobs;
		this.#store = new SqliteStore(ctx.storage);
		this.#sockets = new Sockets(ctx);
		this.#clock = new TurnClock(
			() => this.#turn(),
			() => this.#inbox.length,
			() => this.#sockets.count,
		);
		this.#room = this.#wake();
		ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
		void ctx.blockConcurrencyWhile(async () => {
			this.#alarmAt = await ctx.storage.getAlarm();
			if (this.#store.isNewer) return;
			if (this.#room.isRestless) this.#clock.again();
			// An alarm may have been lost with a crash: what is owed is worth another.
			const deadline = this.#room.deadline(Date.now());
			if (deadline !== null) this.#setAlarm(deadline);
		});
	}

	#wake(): Room {
		return Room.wake(this.#store, this.#sockets.wake(), {
			room: this.#ctx.id.name ?? "",
			settings: this.#settings,
			now: Date.now(),
			epochIfNew: newEpoch(),
			saltIfNew: crypto.randomUUID(),
			rules: this.#rules,
		});
	}

	/** For reading only: what changes it goes through {@link put}. */
	get room(): Room {
		return this.#room;
	}

	/** True where newer code has written the store: this one must not touch it. */
	get isNewer(): boolean {
		return this.#store.isNewer;
	}

	/** True where not even one input more fits. */
	get isFull(): boolean {
		return this.#inbox.isFullFor(1, 0);
	}

	/** Where the server was reached over HTTP, for rooms in which nobody is. */
	reachedAt(host: string): void {
		this.#host = host;
	}

	/** Accepts the socket of one whose join the Worker has proven. */
	join(socket: WebSocket, join: Omit<Join, "type" | "session">): void {
		const session = crypto.randomUUID();
		this.#sockets.accept(session, socket);
		this.put({ type: "join", session, ...join });
	}

	heard(socket: WebSocket, text: string | ArrayBuffer): void {
		const session = this.#sockets.sessionOf(socket);
		if (session === undefined) return;
		const messages: Decoded[] =
			typeof text === "string"
				? decodeFrame(text)
				: [{ refusal: { code: "binary_reserved", message: "Binary frames are reserved; send JSON as text." } }];
		// Of a frame that was refused whole only the refusal is kept.
		const bytes = typeof text === "string" && "message" in (messages[0] ?? {}) ? text.length : 0;
		if (this.#inbox.isFullFor(messages.length, bytes)) return this.#refuse(session, messages);
		this.put({ type: "frame", session, messages }, messages.length, bytes);
	}

	/**
	 * Refuses what the inbox has no room for, at once and not by a turn. One that does not read gets no refusals
	 * either: they would pile up in its buffer, which is what a pause is to prevent.
	 */
	#refuse(session: string, messages: readonly Decoded[]): void {
		if (this.#room.paused.has(session)) {
			this.#sockets.close([{ session, code: CLOSE.tooSlow, reason: "too slow" }]);
			return this.put({ type: "leave", session });
		}
		const errors = messages.map((decoded) => {
			const id = "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
			return encodeMessage({ type: "error", id, ...OVERLOADED });
		});
		try {
			this.#sockets.tell(session, errors);
		} catch {
			// It is gone already.
		}
	}

	/** A socket has closed, with `code`; without one it broke. */
	closed(socket: WebSocket, code: number | null): void {
		if (code !== null) answerClose(socket, code);
		const session = this.#sockets.sessionOf(socket);
		if (session === undefined) return;
		this.#sockets.drop(session);
		this.put({ type: "leave", session });
	}

	/** Carries every deadline. Never throws: the platform would give up after a few tries. */
	alarm(): void {
		this.#alarmAt = null;
		if (this.#store.isNewer) return this.#setAlarm(Date.now() + ALARM_RETRY_MS);
		try {
			this.put({ type: "alarm", pings: this.#sockets.pings() });
		} catch (error) {
			this.#setAlarm(Date.now() + ALARM_RETRY_MS);
			report("An alarm failed and will be tried again", error);
		}
	}

	/** Puts an input into the inbox and resolves with the turn's answer to it. */
	ask(input: (reply: string) => Input): Promise<Reply> {
		if (this.#store.isNewer) return Promise.resolve({ outcome: "refused", refusal: NEWER_SCHEMA });
		if (this.isFull) return Promise.resolve({ outcome: "refused", refusal: OVERLOADED });
		const reply = crypto.randomUUID();
		return new Promise((resolve) => {
			this.#replies.set(reply, resolve);
			this.put(input(reply));
		});
	}

	put(input: Input, messages = 1, bytes = 0): void {
		this.#inbox.put(input, messages, bytes);
		this.#clock.strike();
	}

	#turn(): void {
		const inputs = this.#inbox.take(this.#sockets.count);
		const now = Date.now();
		if (inputs.some(({ type }) => type === "frame" || type === "post" || type === "join")) this.#heardAt = now;
		let effects: Effects;
		try {
			effects = this.#room.turn(inputs, now);
		} catch (error) {
			report("A turn failed and was rolled back; its inputs run again one by one", error);
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
				report("An input failed and was refused", error);
				this.#room = this.#wake();
				this.#perform(this.#room.refuseInternal(input, now));
			}
		}
	}

	/** After the commit. A throw here leaves sessions that may have missed something: all are dropped, and resume. */
	#perform(effects: Effects): void {
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
			if (effects.again || this.#inbox.length > 0) this.#clock.again();
		} catch (error) {
			report("Delivering a turn failed; all sessions are dropped and will resume", error);
			this.#ctx.abort("a turn could not be delivered");
		}
	}

	/** Looks at what the sockets have not taken yet, now and as long as anything waits for it. */
	#watchFlow(): void {
		const { backlog } = this.#sockets;
		const flow = backlog.look(this.#room.paused, (session) => this.#sockets.get(session), Date.now());
		if (flow !== null) this.#inbox.putFirst(flow);
		if (backlog.isChoked(Date.now() - this.#heardAt)) {
			report("Closed sockets hold more than a room may; all sessions are dropped and will resume", null);
			this.#ctx.abort("closed sockets hold too much");
		}
		if (flow !== null) this.#clock.again();
		if (this.#flowTimer !== null || !(backlog.isWaiting || backlog.isUnsettled)) return;
		// What was not taken by the second look holds the object awake in any case: then looking costs nothing.
		const ms = backlog.isWaiting || !backlog.isStill ? FLOW_POLL_MS : SETTLE_MS;
		this.#flowTimer = setTimeout(() => {
			this.#flowTimer = null;
			if (!this.#clock.isBusy) backlog.settle(this.#sockets.entries(), this.#room.paused, Date.now());
			this.#watchFlow();
		}, ms);
	}

	/** Hands jobs to the queue. Never awaited: a queue may hang for a minute, and a room does not. */
	#send(jobs: readonly Sending[]): void {
		const host = this.#sockets.host ?? this.#host;
		const { epoch } = this.#room.meta;
		for (let i = 0; i < jobs.length; i += SEND_BATCH_MAX) {
			const part = jobs.slice(i, i + SEND_BATCH_MAX);
			const refs = part.map(({ job, run }) => ({
				v: 1,
				room: this.#room.name,
				epoch,
				job,
				run,
				host: host ?? undefined,
			}));
			const sent = (isSent: boolean): void => this.put({ type: "sent", jobs: part, isSent });
			const queue = this.#jobs;
			if (queue === undefined) sent(false);
			else
				queue.sendBatch(refs.map((body) => ({ body }))).then(
					() => sent(true),
					() => sent(false),
				);
		}
	}

	/** An earlier alarm is left to fire for nothing: that is cheaper than moving it at every turn. */
	#setAlarm(at: number): void {
		if (this.#alarmAt !== null && this.#alarmAt <= at) return;
		this.#alarmAt = at;
		void this.#ctx.storage.setAlarm(at);
	}

	#forget(): void {
		void this.#ctx.storage.deleteAll();
		this.#alarmAt = null;
		this.#store.forget();
		this.#room = this.#wake();
	}
}

/** 64 random bits. */
export function newEpoch(): string {
	return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}

/** Tells the operator where it happened, and nothing of what members said: an error's message may quote it. */
function report(sentence: string, error: unknown): void {
	const where =
		error instanceof Error
			? (error.stack ?? "")
					.match(/^\s+at .*$/gm)
					?.slice(0, 3)
					.join(" ")
			: "";
	console.error(`${sentence}. ${error instanceof Error ? error.name : typeof error} ${where ?? ""}`.trim());
}
