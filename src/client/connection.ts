/**
 * The connection's state machine: connecting → replaying → live, and waiting or stopped when it
 * ends. It knows no browser: the port opens and closes sockets, tells the time and wakes it, so
 * that the same machine runs in a page, in Node and under a simulated clock.
 */
import { CLOSE, type Refusal, stopsClient } from "../protocol/codes.ts";
import { formatCursor, parseCursor } from "../protocol/ids.ts";
import {
	BACKOFF_MS_MAX,
	BACKOFF_MS_MIN,
	CLIENT_CONNECT_MS_MAX,
	HEARTBEAT_MS,
	PONG_MS_MAX,
} from "../protocol/limits.ts";
import type { ServerMessage, SignalRequest, Welcome, WelcomeLimits } from "../protocol/messages.ts";
import { type Asked, jsonOf, whyNotPresence, writePresence, writeSignal } from "./bounds.ts";
import { Outbox } from "./outbox.ts";
import { receiptsOf } from "./receipts.ts";
import { type ConnectionState, RoomError } from "./room.ts";

/** The world, as far as the connection needs it. */
export interface Port {
	/** Unix ms. */
	now(): number;
	/** Uniform in [0, 1). */
	random(): number;
	/** Opens a socket, with a fresh token where tokens are provided; `opened`, `heard` and `closed` are called as it goes. */
	open(since: string | null): void;
	send(text: string): void;
	/** Runs it when the task that is under way is over: a microtask. */
	soon(run: () => void): void;
	/** Drops the socket, if there is one; `closed` is not called for it. */
	close(): void;
	/** Calls `wake` at that time, Unix ms, and forgets any earlier request; null calls nothing. */
	wakeAt(at: number | null): void;
	/** True where another attempt could bring another token. */
	readonly canRenewToken: boolean;
	/** The state changed. */
	changed(state: ConnectionState): void;
	/** A message for the page, in the order in which it came. */
	message(message: ServerMessage): void;
}

export class Connection {
	readonly #port: Port;
	readonly #outbox = new Outbox();
	#state: ConnectionState = { kind: "connecting" };
	#welcome: Welcome | null = null;
	#epoch: string | null = null;
	#seen: number | null = null;
	#attempts = 0;
	/** Why the room does not let it in: the reason that a close code cannot carry. */
	#refusal: Refusal | null = null;
	#connectBy: number | null = null;
	#pingAt: number | null = null;
	#pongBy: number | null = null;
	/** The state that was given last, as JSON. */
	#presence: string | null = null;
	#isSendingSoon = false;

	constructor(port: Port, since: string | null) {
		this.#port = port;
		const cursor = since === null ? null : parseCursor(since);
		this.#epoch = cursor?.epoch ?? null;
		this.#seen = cursor?.seq ?? null;
	}

	get state(): ConnectionState {
		return this.#state;
	}

	get welcome(): Welcome | null {
		return this.#welcome;
	}

	get #limits(): WelcomeLimits | null {
		return this.#welcome?.limits ?? null;
	}

	get cursor(): string | null {
		return this.#epoch === null || this.#seen === null ? null : formatCursor({ epoch: this.#epoch, seq: this.#seen });
	}

	start(): void {
		this.#connect();
	}

	ask(message: Asked): Promise<unknown> {
		if (this.#state.kind === "stopped") {
			return Promise.reject(new RoomError({ code: "forbidden", message: `The room was left: ${this.#state.reason}.` }));
		}
		const answer = this.#outbox.ask(message, this.#limits);
		this.#sendAskedSoon();
		return answer;
	}

	/**
	 * Sends what is worth nothing later: only while live.
	 * @throws RoomError where the room could not take it.
	 */
	tell(message: SignalRequest): void {
		this.#sendInOrder(writeSignal(message, this.#limits));
	}

	/** @throws RoomError where the room could not take it; what was told before stands. */
	setPresence(state: unknown): void {
		const json = jsonOf(state);
		const refusal = this.#limits === null ? null : whyNotPresence(json, this.#limits);
		if (refusal !== null) throw new RoomError(refusal);
		this.#presence = json;
		this.#sendInOrder(writePresence(json));
	}

	/** After what was asked for before it. */
	#sendInOrder(text: string): void {
		if (this.#state.kind !== "live") return;
		this.#sendAsked();
		this.#port.send(text);
	}

	/** Looks at once whether the connection is alive, or tries at once to have one: the page is back, or the network. */
	probe(): void {
		// A room that asked for a wait gets it; one that just could not be reached is tried at once.
		if (this.#state.kind === "waiting" && this.#state.reason?.retryAfterMs === undefined) this.#connect();
		else if (this.#state.kind !== "waiting" && this.#pingAt !== null && this.#pongBy === null) this.#ping();
	}

	leave(): void {
		// What was asked for in this very task still goes out.
		this.#sendAsked();
		this.#port.close();
		this.#stop(1000, "you left");
	}

	// What the port tells.

	opened(): void {
		this.#pingAt = this.#port.now() + HEARTBEAT_MS;
		this.#arm();
	}

	heard(text: string): void {
		this.#refusal = null;
		this.#pongBy = null;
		if (text !== "pong") {
			const messages = JSON.parse(text) as ServerMessage[];
			for (const message of messages) this.#hear(message);
			this.#confirm(messages);
		}
		if (this.#outbox.isInDoubt && this.#state.kind !== "stopped") {
			this.#port.close();
			return this.#wait(null);
		}
		if (this.#state.kind === "live") this.#sendAsked();
		this.#arm();
	}

	closed(code: number, reason: string): void {
		if (this.#state.kind === "stopped") return;
		const refusal = this.#refusal;
		const isHopeless = code === CLOSE.tokenRefused && !this.#port.canRenewToken;
		if (stopsClient(code) || isHopeless) {
			this.#stop(code, refusal?.message ?? (reason === "" ? "the room closed the connection" : reason), refusal);
			return;
		}
		this.#wait(refusal);
	}

	/** A deadline has come: one of those that `wakeAt` was given. */
	wake(): void {
		const now = this.#port.now();
		const isDue = (at: number | null): boolean => at !== null && at <= now;
		if (this.#state.kind === "waiting") {
			if (isDue(this.#state.retryAt)) return this.#connect();
		} else if (isDue(this.#connectBy) || isDue(this.#pongBy)) {
			this.#port.close();
			return this.#wait(null);
		} else if (isDue(this.#pingAt)) {
			this.#ping();
		}
		if (this.#state.kind === "live") this.#sendAsked();
		this.#arm();
	}

	#connect(): void {
		this.#refusal = null;
		this.#outbox.reset();
		this.#connectBy = this.#port.now() + CLIENT_CONNECT_MS_MAX;
		this.#become({ kind: "connecting" });
		this.#port.open(this.cursor);
	}

	#hear(message: ServerMessage): void {
		const isAnswer = this.#outbox.hear(message, this.#welcome?.me.id ?? "", this.#port.now());
		switch (message.type) {
			case "welcome":
				this.#connectBy = null;
				this.#refusal = null;
				// A session that was paused for long begins anew: what it missed may hold its answers.
				this.#outbox.reset();
				this.#welcome = message;
				this.#epoch = message.epoch;
				if (message.continuity !== "resumed") this.#seen = null;
				this.#keepTo(message.limits);
				this.#become({ kind: "replaying" });
				break;
			case "event":
				this.#seen = message.seq;
				break;
			case "access":
				if (this.#welcome !== null) this.#welcome = { ...this.#welcome, me: { ...this.#welcome.me, can: message.can } };
				break;
			case "caught-up":
				this.#seen = message.head;
				this.#attempts = 0;
				this.#become({ kind: "live" });
				if (this.#presence !== null) this.#port.send(writePresence(this.#presence));
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

	/** What was given before the room's bounds were known is refused now where it goes beyond them. */
	#keepTo(limits: WelcomeLimits): void {
		this.#outbox.keepTo(limits);
		const refusal = this.#presence === null ? null : whyNotPresence(this.#presence, limits);
		if (refusal === null) return;
		this.#presence = null;
		this.#port.message({ type: "error", ...refusal });
	}

	#confirm(messages: readonly ServerMessage[]): void {
		const receipts = receiptsOf(messages);
		if (receipts.length > 0 && this.#state.kind !== "stopped") this.#port.send(JSON.stringify(receipts));
	}

	/** What one task asks for travels as one frame: on both ends a frame costs the same whatever it carries. */
	#sendAskedSoon(): void {
		if (this.#isSendingSoon || this.#state.kind !== "live") return;
		this.#isSendingSoon = true;
		this.#port.soon(() => {
			this.#isSendingSoon = false;
			this.#sendAsked();
		});
	}

	#sendAsked(): void {
		if (this.#state.kind !== "live" || this.#limits === null) return;
		for (const frame of this.#outbox.takeFrames(this.#port.now(), this.#limits)) this.#port.send(frame);
		this.#arm();
	}

	#ping(): void {
		const now = this.#port.now();
		this.#pongBy = now + PONG_MS_MAX;
		this.#pingAt = now + HEARTBEAT_MS;
		this.#port.send("ping");
		this.#arm();
	}

	/** Full jitter: anywhere between now and a bound that doubles, so that a herd comes back spread out. */
	#wait(reason: Refusal | null): void {
		this.#connectBy = this.#pingAt = this.#pongBy = null;
		const boundMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#attempts);
		this.#attempts = Math.min(this.#attempts + 1, 16);
		const delayMs = Math.ceil(this.#port.random() * boundMs) + (reason?.retryAfterMs ?? 0);
		this.#become({ kind: "waiting", retryAt: this.#port.now() + delayMs, reason });
	}

	#stop(code: number, reason: string, refusal: Refusal | null = null): void {
		this.#connectBy = this.#pingAt = this.#pongBy = null;
		this.#become({ kind: "stopped", code, reason });
		this.#outbox.abandon(refusal ?? { code: "forbidden", message: `The room was left: ${reason}.` });
	}

	#become(state: ConnectionState): void {
		this.#state = state;
		this.#arm();
		this.#port.changed(state);
	}

	/** One timer carries every deadline. */
	#arm(): void {
		const deadlines = [
			this.#state.kind === "waiting" ? this.#state.retryAt : null,
			this.#connectBy,
			this.#pongBy ?? this.#pingAt,
			this.#state.kind === "live" ? this.#outbox.resumeAt : null,
		].filter((deadline) => deadline !== null);
		this.#port.wakeAt(deadlines.length === 0 ? null : Math.min(...deadlines));
	}
}
