/**
 * The connection's state machine: connecting → replaying → live, and waiting or stopped when it
 * ends. It knows no browser: the port opens and closes transports, tells the time and wakes it, so
 * that the same machine runs in a page, in Node and under a simulated clock.
 */
import { CLOSE, stopsClient } from "../protocol/codes.ts";
import { CLIENT_HANG_MS, CLIENT_OPEN_MS_MAX, CLIENT_TOKEN_MS_MAX } from "../protocol/limits.ts";
import type { ServerMessage, SignalRequest, Welcome } from "../protocol/messages.ts";
import { Backoff } from "./backoff.ts";
import type { Asked } from "./bounds.ts";
import { Outgoing } from "./outgoing.ts";
import { Place } from "./place.ts";
import type { Port } from "./port.ts";
import { Pulse } from "./pulse.ts";
import { receiptsOf } from "./receipts.ts";
import { type ConnectionState, type Reason, RoomError } from "./room.ts";

export class Connection {
	readonly #port: Port;
	readonly #outgoing: Outgoing;
	readonly #pulse = new Pulse();
	#state: ConnectionState = { kind: "connecting" };
	#welcome: Welcome | null = null;
	readonly #place: Place;
	readonly #backoff = new Backoff();
	/** When the attempt began, or the next one does; monotonic ms. */
	#attemptAt = 0;
	/** Why the room does not let it in: the reason that a close code cannot carry. */
	#refusal: Reason | null = null;
	/** Why nothing is asked for any more; null until it has stopped. */
	#ended: Reason | null = null;

	constructor(port: Port, since: string | null) {
		this.#port = port;
		this.#outgoing = new Outgoing(port, () => this.#arm());
		this.#place = new Place(since);
	}

	get state(): ConnectionState {
		return this.#state;
	}

	get welcome(): Welcome | null {
		return this.#welcome;
	}

	get cursor(): string | null {
		return this.#place.cursor;
	}

	start(): void {
		this.#connect();
	}

	ask(message: Asked): Promise<unknown> {
		return this.#ended === null ? this.#outgoing.ask(message) : Promise.reject(new RoomError(this.#ended));
	}

	/**
	 * Sends what is worth nothing later: only while live.
	 * @throws RoomError where the room could not take it.
	 */
	signal(message: SignalRequest): void {
		this.#outgoing.signal(message);
	}

	/** @throws RoomError where the room could not take it; what was told before stands. */
	setPresence(state: unknown): void {
		this.#outgoing.setPresence(state);
	}

	/** The page is back, or the network: looks at once whether the connection is alive, or tries at once to have one. */
	back(): void {
		if (this.#pulse.isOpen) {
			if (this.#pulse.canPing) this.#ping();
			return;
		}
		// A room that asked for a wait gets it, and an attempt that is young its time.
		const isOver = this.#state.kind === "waiting" && this.#state.reason?.retryAfterMs === undefined;
		const hangs = this.#state.kind === "connecting" && this.#port.now() >= this.#attemptAt + CLIENT_HANG_MS;
		if (!isOver && !hangs) return;
		this.#backoff.forget();
		this.#connect();
	}

	/** The page is left, or the network is gone: nobody is kept waiting for what cannot come. */
	lost(message: string | null): void {
		if (this.#state.kind === "stopped" || this.#state.kind === "waiting") return;
		this.#outgoing.flush();
		this.#port.close();
		if (message === null) this.#wait(null);
		else this.refused({ code: "unreachable", message }, CLOSE.busy);
	}

	leave(): void {
		// What was asked for in this very task still goes out.
		this.#outgoing.flush();
		this.#port.close();
		this.#stop(1000, "you left", { code: "left", message: "The room was left before this was answered." });
	}

	// What the port tells.

	/** It is known who one is: from here on it is the room's time that counts. */
	reaching(): void {
		const sentence = `Nothing answered for ${CLIENT_OPEN_MS_MAX / 1000} s.`;
		this.#attemptAt = this.#port.now();
		this.#pulse.await(this.#attemptAt, CLIENT_OPEN_MS_MAX, sentence);
		this.#arm();
	}

	opened(): void {
		this.#pulse.opened(this.#port.now());
		this.#arm();
	}

	heard(text: string): void {
		this.#refusal = null;
		if (text !== "pong") {
			const messages = JSON.parse(text) as ServerMessage[];
			for (const message of messages) this.#hear(message);
			this.#confirm(messages);
		}
		if (this.#state.kind === "connecting") this.#pulse.awaitMore(this.#port.now());
		else this.#pulse.heard();
		if (this.#outgoing.isInDoubt && this.#state.kind !== "stopped") {
			this.#port.close();
			return this.#wait(null);
		}
		this.#outgoing.flush();
		this.#arm();
	}

	closed(code: number, reason: string): void {
		if (this.#state.kind === "stopped") return;
		const refusal = this.#refusal;
		const isHopeless = code === CLOSE.tokenRefused && !this.#port.canRenewToken();
		if (stopsClient(code) || isHopeless) {
			this.#stop(code, refusal?.message ?? (reason === "" ? "the room closed the connection" : reason), refusal);
			return;
		}
		this.#wait(refusal);
	}

	/** It was not let in, and why was learned in another way than by a message of the room's. */
	refused(reason: Reason, code: number): void {
		this.#refusal = reason;
		this.#port.message({ type: "error", ...reason });
		this.closed(code, reason.message);
	}

	/** A deadline has come: one of those that `wakeAt` was given. */
	wake(): void {
		const now = this.#port.now();
		if (this.#state.kind === "waiting") {
			if (now >= this.#attemptAt) return this.#connect();
		} else {
			const missed = this.#pulse.missed(now);
			if (missed !== null) {
				this.#port.close();
				return this.refused({ code: "unreachable", message: missed }, CLOSE.busy);
			}
			if (this.#pulse.wantsPing(now)) this.#ping();
		}
		this.#outgoing.flush();
		this.#arm();
	}

	#connect(): void {
		this.#refusal = null;
		this.#outgoing.reset();
		const sentence = `The page's own \`token\` function gave nothing for ${CLIENT_TOKEN_MS_MAX / 1000} s.`;
		this.#attemptAt = this.#port.now();
		this.#pulse.await(this.#attemptAt, CLIENT_TOKEN_MS_MAX, sentence);
		this.#become({ kind: "connecting" });
		this.#port.open(this.cursor);
	}

	#hear(message: ServerMessage): void {
		const isAnswer = this.#outgoing.hear(message, this.#welcome?.me.id ?? "");
		switch (message.type) {
			case "welcome":
				this.#welcomed(message);
				break;
			case "event":
				this.#place.saw(message.seq);
				break;
			case "access":
				if (this.#welcome !== null) this.#welcome = { ...this.#welcome, me: { ...this.#welcome.me, can: message.can } };
				break;
			case "caught-up":
				this.#place.saw(message.head);
				this.#backoff.forget();
				this.#become({ kind: "live" });
				this.#outgoing.live();
				break;
			case "error":
				// Once it is let in, an error speaks of one message, and not of why the room closes.
				if (this.#state.kind === "connecting") this.#refusal = message;
				if (isAnswer) return;
				break;
			case "signal":
				if (message.session === this.#welcome?.me.session) return;
				break;
		}
		this.#port.message(message);
	}

	#welcomed(welcome: Welcome): void {
		this.#refusal = null;
		this.#welcome = welcome;
		this.#place.welcomed(welcome);
		const reason = this.#outgoing.welcomed(welcome);
		if (reason !== null) this.#port.message({ type: "error", ...reason });
		this.#become({ kind: "replaying" });
	}

	#confirm(messages: readonly ServerMessage[]): void {
		const receipts = receiptsOf(messages);
		if (receipts.length > 0 && this.#state.kind !== "stopped") this.#port.send(JSON.stringify(receipts));
	}

	#ping(): void {
		this.#pulse.pinged(this.#port.now());
		this.#port.send("ping");
		this.#arm();
	}

	#wait(reason: Reason | null): void {
		const delayMs = this.#backoff.nextMs(this.#port.random()) + (reason?.retryAfterMs ?? 0);
		this.#attemptAt = this.#port.now() + delayMs;
		this.#become({ kind: "waiting", retryAt: this.#port.date() + delayMs, reason });
	}

	#stop(code: number, reason: string, refusal: Reason | null = null): void {
		this.#ended ??= refusal ?? { code: "forbidden", message: `The room has ended this: ${reason}.` };
		this.#become({ kind: "stopped", code, reason });
		this.#outgoing.abandon(this.#ended);
	}

	#become(state: ConnectionState): void {
		this.#state = state;
		if (state.kind === "waiting" || state.kind === "stopped") this.#pulse.rest();
		if (state.kind !== "live") this.#outgoing.halt();
		this.#arm();
		this.#port.changed(state);
	}

	/** One timer carries every deadline. */
	#arm(): void {
		const next = this.#state.kind === "waiting" ? this.#attemptAt : (this.#pulse.deadline ?? Number.POSITIVE_INFINITY);
		const at = Math.min(next, this.#outgoing.resumeAt);
		this.#port.wakeAt(at === Number.POSITIVE_INFINITY ? null : at);
	}
}
