/** What goes out to the room: what was asked for, in order, and after it what is told newest. Only while live. */
import { RETRY_MS_DEFAULT } from "../protocol/limits.ts";
import type { ServerMessage, SignalRequest, Welcome, WelcomeLimits, WireError } from "../protocol/messages.ts";
import { type Change, Entries } from "./entries.ts";
import { Newest } from "./newest.ts";
import { type Asking, Outbox } from "./outbox.ts";
import { OwnSets } from "./own-sets.ts";
import type { Port } from "./port.ts";
import { receiptsOf } from "./receipts.ts";
import type { Reason } from "./room.ts";
import { RoomError } from "./room-error.ts";
import { type Asked, type Sent, whyNot, write } from "./written.ts";

export class Outgoing {
	readonly #port: Port;
	readonly #flushed: () => void;
	readonly #outbox = new Outbox();
	readonly #newest = new Newest();
	readonly entries: Entries;
	readonly #sets: OwnSets;
	/** The room's; null while they are not known. */
	#limits: WelcomeLimits | null = null;
	#isLive = false;
	#isFlushingSoon = false;
	#ended: Reason | null = null;

	/** `flushed` is told when `resumeAt` may be another. */
	constructor(port: Port, flushed: () => void) {
		this.#port = port;
		this.#flushed = flushed;
		this.entries = new Entries((entries) => port.message({ type: "entries", entries }));
		this.#sets = new OwnSets(this.entries, {
			ask: (message, json, asking) => this.take(message, json, asking),
			withdraw: (id) => this.#outbox.withdraw(id),
			check: (message, json) => {
				const refusal = whyNot(write(message, json), this.#limits);
				if (refusal !== null) throw new RoomError(refusal);
			},
			isLive: () => this.#isLive,
			newId: () => port.newId(),
		});
	}

	/**
	 * Settled by the room's answer, or at once where the room could not take it.
	 * @param json its data; "" where it has none.
	 */
	ask(message: Asked, json: string): Promise<unknown> {
		return new Promise((resolve, reject) => this.take(message, json, { resolve, reject }));
	}

	/** @throws RoomError where the room could not take it. */
	protected take(message: Sent, json: string, asking: Asking): void {
		this.#stopped();
		this.#outbox.take(message, write(message, json), this.#limits, asking);
		this.#flushSoon();
	}

	/** Sets an entry; settled as what is asked for is. @throws RoomError where the room could not take it. */
	set(change: Change): Promise<{ version: number }> {
		this.#stopped();
		return this.#sets.take(change);
	}

	#stopped(): void {
		if (this.#ended !== null) throw new RoomError(this.#ended);
	}

	signal({ name, to }: SignalRequest, text: string): void {
		this.#newest.signal(name, to, text);
		this.flush();
	}

	presence(text: string): void {
		this.#newest.presence(text);
		this.flush();
	}

	/** The connection is new: nothing that was sent on the last one counts. */
	reset(): void {
		this.#outbox.reset();
	}

	welcomed(welcome: Welcome): void {
		// A session that was paused for long begins anew: what it missed may hold its answers.
		this.#outbox.reset();
		this.#limits = welcome.limits;
		this.#outbox.keepTo(welcome.limits);
		this.entries.welcomed(welcome);
	}

	live(): void {
		this.#isLive = true;
		this.entries.caughtUp();
		this.#sets.live();
	}

	/** No longer live: what is told newest was worth something then. */
	halt(): void {
		this.#isLive = false;
		this.#newest.clear();
	}

	/** Gives up on everything: the client has stopped. */
	abandon(reason: Reason): void {
		this.#ended = reason;
		this.#sets.abandon(reason);
		this.#outbox.abandon(reason);
	}

	/** Tells the room which outcomes have arrived. */
	confirm(messages: readonly ServerMessage[]): void {
		const receipts = receiptsOf(messages);
		if (receipts.length > 0) this.#port.send(JSON.stringify(receipts));
	}

	/** True where the message answered something that went out from here. */
	hear(message: ServerMessage, me: string): boolean {
		if (message.type === "state") this.entries.hear(message);
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
		if (this.#outbox.isEmpty && this.resumeAt === Number.POSITIVE_INFINITY) return;
		const now = this.#port.now();
		for (const frame of this.#outbox.takeFrames(now, this.#limits)) this.#port.send(frame);
		const { signalPerSecond } = this.#limits;
		const unsentBytes = (): number => this.#port.unsentBytes();
		for (const text of this.#newest.take(now, signalPerSecond, unsentBytes)) this.#port.send(text);
		this.#flushed();
	}
}
