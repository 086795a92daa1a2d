/** What goes out to the room: what was asked for, in order, and after it what is told newest. Only while live. */
import { RETRY_MS_DEFAULT } from "../protocol/limits.ts";
import type { ServerMessage, SignalRequest, Welcome, WelcomeLimits, WireError } from "../protocol/messages.ts";
import { type Asked, writeSignal } from "./bounds.ts";
import { Newest } from "./newest.ts";
import { Outbox } from "./outbox.ts";
import { OwnState } from "./own-state.ts";
import type { Port } from "./port.ts";
import type { Reason } from "./room.ts";

export class Outgoing {
	readonly #port: Port;
	readonly #flushed: () => void;
	readonly #outbox = new Outbox();
	readonly #newest = new Newest();
	readonly #own = new OwnState();
	/** The room's; null while they are not known. */
	#limits: WelcomeLimits | null = null;
	#isLive = false;
	#isFlushingSoon = false;

	/** `flushed` is told when `resumeAt` may be another. */
	constructor(port: Port, flushed: () => void) {
		this.#port = port;
		this.#flushed = flushed;
	}

	/** Settled by the room's answer, or at once where the room could not take it. */
	ask(message: Asked): Promise<unknown> {
		const answer = this.#outbox.ask(message, this.#limits);
		this.#flushSoon();
		return answer;
	}

	/** @throws RoomError where the room could not take it. */
	signal(message: SignalRequest): void {
		const text = writeSignal(message, this.#limits);
		if (!this.#isLive) return;
		this.#newest.signal(message.name, message.to, text);
		this.flush();
	}

	/** @throws RoomError where the room could not take it; what was told before stands. */
	setPresence(state: unknown): void {
		this.#own.set(state, this.#limits);
		this.#sendOwnState();
	}

	#sendOwnState(): void {
		const { text } = this.#own;
		if (text === null || !this.#isLive) return;
		this.#newest.presence(text);
		this.flush();
	}

	/** The connection is new: nothing that was sent on the last one counts. */
	reset(): void {
		this.#outbox.reset();
	}

	/** Returns why a state that was given before the room's bounds were known is dropped, or null. */
	welcomed({ limits, me }: Welcome): Reason | null {
		if (this.#limits === null) this.#own.succeed(me.state);
		// A session that was paused for long begins anew: what it missed may hold its answers.
		this.#outbox.reset();
		this.#limits = limits;
		this.#outbox.keepTo(limits);
		return this.#own.keepTo(limits);
	}

	live(): void {
		this.#isLive = true;
		this.#sendOwnState();
	}

	/** No longer live: what is told newest was worth something then. */
	halt(): void {
		this.#isLive = false;
		this.#newest.clear();
	}

	/** Gives up on everything: the client has stopped. */
	abandon(reason: Reason): void {
		this.halt();
		this.#outbox.abandon(reason);
	}

	/** True where the message answered something that went out from here. */
	hear(message: ServerMessage, me: string): boolean {
		const isAnswer = this.#outbox.hear(message, me, this.#port.now());
		return isAnswer || (message.type === "error" && this.#wasTooFast(message));
	}

	/** Of what is told newest, the room does not say which it refused. */
	#wasTooFast({ code, retryAfterMs, id }: WireError): boolean {
		if (id !== undefined || (code !== "rate_limited" && code !== "overloaded")) return false;
		return this.#newest.again(this.#port.now(), retryAfterMs ?? RETRY_MS_DEFAULT);
	}

	/** True where a frame was refused, and it could be any of several: only a new connection makes it certain. */
	get isInDoubt(): boolean {
		return this.#outbox.isInDoubt;
	}

	/** When something is to go out, monotonic ms; Infinity where nothing waits. */
	get resumeAt(): number {
		if (!this.#isLive) return Number.POSITIVE_INFINITY;
		return Math.min(this.#outbox.resumeAt, this.#newest.resumeAt);
	}

	/** What one task asks for travels as one frame: on both ends a frame costs the same whatever it carries. */
	#flushSoon(): void {
		if (this.#isFlushingSoon || !this.#isLive) return;
		this.#isFlushingSoon = true;
		this.#port.soon(() => {
			this.#isFlushingSoon = false;
			this.flush();
		});
	}

	flush(): void {
		if (!this.#isLive || this.#limits === null) return;
		const now = this.#port.now();
		for (const frame of this.#outbox.takeFrames(now, this.#limits)) this.#port.send(frame);
		const { signalPerSecond } = this.#limits;
		const unsentBytes = (): number => this.#port.unsentBytes();
		for (const text of this.#newest.take(now, signalPerSecond, unsentBytes)) this.#port.send(text);
		this.#flushed();
	}
}
