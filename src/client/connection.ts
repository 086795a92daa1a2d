/**
 * The connection's state machine: connecting → replaying → live, and waiting or stopped when it
 * ends. It knows no browser: the port opens and closes transports, tells the time and wakes it, so
 * that the same machine runs in a page, in Node and under a simulated clock.
 */

import {
	BACKOFF_MS_MAX,
	BACKOFF_MS_MIN,
	CLIENT_HANG_MS,
	CLIENT_OPEN_MS_MAX,
	CLIENT_TOKEN_MS_MAX,
} from "../protocol/limits.ts";
import type { ServerMessage, SignalRequest, Welcome } from "../protocol/messages.ts";
import { BUSY, stopsClient, TOKEN_REFUSED } from "./close-codes.ts";
import type { Change, Entries } from "./entries.ts";
import type { Port } from "./port.ts";
import { Pulse } from "./pulse.ts";
import type { ConnectionState, Reason } from "./room.ts";
import { type OutgoingClass, Speech } from "./speech.ts";
import type { Asked } from "./written.ts";

export class Connection {
	readonly #port: Port;
	readonly #speech: Speech;
	readonly #pulse = new Pulse();
	#state: ConnectionState = { kind: "connecting" };
	#welcome: Welcome | null = null;
	#epoch = "";
	/** Where in the history it is, as `since` takes it; the room judges what one came with. */
	#cursor: string | null;
	/** Since it was last live. */
	#attempts = 0;
	/** When the attempt began, or the next one does; monotonic ms. */
	#attemptAt = 0;
	/** Why the room does not let it in: the reason that a close code cannot carry. */
	#refusal: Reason | null = null;

	/** @param Outgoing what says things, for who has it already. */
	constructor(port: Port, since: string | null, Outgoing?: OutgoingClass) {
		this.#port = port;
		this.#speech = new Speech(port, () => this.#arm());
		if (Outgoing !== undefined) this.#speech.begin(Outgoing);
		this.#cursor = since;
	}

	get state(): ConnectionState {
		return this.#state;
	}

	get welcome(): Welcome | null {
		return this.#welcome;
	}

	get cursor(): string | null {
		return this.#cursor;
	}

	start(): void {
		this.#connect();
	}

	ask(message: Asked): Promise<unknown> {
		return this.#speech.ask(message);
	}

	set(change: Change): Promise<{ version: number }> {
		return this.#speech.set(change);
	}

	/** Undefined before there can be any. */
	get entries(): Entries | undefined {
		return this.#speech.entries;
	}

	/** What is to be loaded before this is heard; null where it can be heard now. */
	loading(text: string): Promise<unknown> | null {
		return this.#speech.loading(text);
	}

	/**
	 * Sends what is worth nothing later: only while live.
	 * @throws RoomError where the room could not take it.
	 */
	signal(message: SignalRequest): void {
		this.#speech.signal(message);
	}

	/** @throws RoomError where the room could not take it; what was told before stands. */
	setPresence(state: unknown): void {
		this.#speech.setPresence(state);
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
		this.#attempts = 0;
		this.#connect();
	}

	/** The page is left, or the network is gone: nobody is kept waiting for what cannot come. */
	lost(message: string | null): void {
		if (this.#state.kind === "stopped" || this.#state.kind === "waiting") return;
		this.#speech.flush();
		this.#port.close();
		if (message === null) this.#wait(null);
		else this.unreachable(message);
	}

	leave(): void {
		// What was asked for in this very task still goes out.
		this.#speech.flush();
		this.#port.close();
		this.#stop(1000, "you left", { code: "left", message: "The room was left before the answer." });
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
			if (this.#state.kind !== "stopped") this.#speech.confirm(messages);
		}
		if (this.#state.kind === "connecting") this.#pulse.awaitMore(this.#port.now());
		else this.#pulse.heard();
		if (this.#speech.isInDoubt && this.#state.kind !== "stopped") {
			this.#port.close();
			return this.#wait(null);
		}
		this.#speech.flush();
		this.#arm();
	}

	closed(code: number, reason: string): void {
		if (this.#state.kind === "stopped") return;
		const refusal = this.#refusal;
		const isHopeless = code === TOKEN_REFUSED && !this.#port.canRenewToken();
		if (stopsClient(code) || isHopeless) {
			this.#stop(code, refusal?.message ?? (reason === "" ? "The room closed the connection." : reason), refusal);
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

	/** It came to nothing, and is tried again. */
	unreachable(message: string): void {
		this.refused({ code: "unreachable", message }, BUSY);
	}

	/** A deadline has come: one of those that `wakeAt` was given. */
	wake(): void {
		const now = this.#port.now();
		if (this.#state.kind === "waiting") {
			if (now >= this.#attemptAt) return this.#connect();
		} else {
			const missed = this.#pulse.missed(now);
			if (missed !== null) {
				this.#port.close(this.#state.kind === "connecting");
				return this.unreachable(missed);
			}
			if (this.#pulse.wantsPing(now)) this.#ping();
		}
		this.#speech.flush();
		this.#arm();
	}

	#connect(): void {
		this.#refusal = null;
		this.#speech.reset();
		const sentence = `The page's own \`token\` function gave nothing for ${CLIENT_TOKEN_MS_MAX / 1000} s.`;
		this.#attemptAt = this.#port.now();
		this.#pulse.await(this.#attemptAt, CLIENT_TOKEN_MS_MAX, sentence);
		this.#become({ kind: "connecting" });
		this.#port.open(this.entries?.since(this.#cursor) ?? this.#cursor);
	}

	#hear(message: ServerMessage): void {
		const isAnswer = this.#speech.hear(message, this.#welcome?.me.id ?? "");
		switch (message.type) {
			case "welcome":
				this.#welcomed(message);
				break;
			case "event":
				this.#saw(message.seq);
				break;
			case "access":
				if (this.#welcome !== null) this.#welcome = { ...this.#welcome, me: { ...this.#welcome.me, can: message.can } };
				break;
			case "caught-up":
				this.#saw(message.head);
				this.#attempts = 0;
				this.#become({ kind: "live" });
				this.#speech.live();
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
		this.#epoch = welcome.epoch;
		if (welcome.continuity !== "resumed") this.#cursor = null;
		const reason = this.#speech.welcomed(welcome);
		if (reason !== null) this.#port.message({ type: "error", ...reason });
		this.#become({ kind: "replaying" });
	}

	#saw(seq: number): void {
		this.#cursor = `${this.#epoch}.${seq}`;
	}

	#ping(): void {
		this.#pulse.pinged(this.#port.now());
		this.#port.send("ping");
		this.#arm();
	}

	#wait(reason: Reason | null): void {
		// Full jitter: anywhere between now and a bound that doubles, so that a herd comes back spread out.
		const boundMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#attempts++);
		const delayMs = Math.ceil(this.#port.random() * boundMs) + (reason?.retryAfterMs ?? 0);
		this.#attemptAt = this.#port.now() + delayMs;
		this.#become({ kind: "waiting", retryAt: this.#port.date() + delayMs, reason });
	}

	#stop(code: number, reason: string, refusal: Reason | null = null): void {
		this.#become({ kind: "stopped", code, reason });
		this.#speech.abandon(refusal ?? { code: "forbidden", message: `The room has ended this. ${reason}` });
	}

	#become(state: ConnectionState): void {
		this.#state = state;
		if (state.kind === "waiting" || state.kind === "stopped") this.#pulse.rest();
		if (state.kind !== "live") this.#speech.halt();
		this.#arm();
		this.#port.changed(state);
	}

	/** One timer carries every deadline. */
	#arm(): void {
		const next = this.#state.kind === "waiting" ? this.#attemptAt : (this.#pulse.deadline ?? Number.POSITIVE_INFINITY);
		const at = Math.min(next, this.#speech.resumeAt);
		this.#port.wakeAt(at === Number.POSITIVE_INFINITY ? null : at);
	}
}
