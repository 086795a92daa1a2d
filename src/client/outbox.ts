/**
 * What the client asked for and has no answer to yet: publishes, sets, history pages, jobs. Each has an
 * id that makes it idempotent, so all of it is simply sent again when the connection is back:
 * the room answers a repeat as it answered the first.
 */

import { packFrames } from "../protocol/codec.ts";
import type { Refusal } from "../protocol/codes.ts";
import { RETRY_MS_DEFAULT } from "../protocol/limits.ts";
import type { JobNotice, ServerMessage, WelcomeLimits, WireError } from "../protocol/messages.ts";
import { CLIENT_FAILED_TRIES_MAX, CLIENT_IN_FLIGHT_MAX, CLIENT_OUTBOX_MAX } from "../protocol/speech-limits.ts";
import type { Reason } from "./room.ts";
import { RoomError } from "./room-error.ts";
import { type Sent, type Written, whyNot } from "./written.ts";

/** Who waits for an answer: told within the frame that holds it. */
export interface Asking {
	resolve(answer: unknown): void;
	reject(error: RoomError): void;
}

interface Waiting extends Written, Asking {
	type: Sent["type"];
	/** `taken`: the room has it and owes the outcome; meanwhile it keeps nothing else from being sent. */
	stage: "unsent" | "sent" | "taken";
	/** The job that checks a held publish. */
	heldBy: string | null;
	/** True once it was sent: the room may have it. */
	wasSent: boolean;
	/** True where a frame was refused that may have been this one's: it is sent alone, to know. */
	isSuspect: boolean;
	/** How often the room has failed at it. */
	failures: number;
}

/** Refusals of the moment: the same message may be sent again a little later. */
const PASSING: ReadonlySet<string> = new Set(["rate_limited", "overloaded", "internal"]);

export class Outbox {
	#waiting = new Map<string, Waiting>();
	#inFlight = 0;
	/** Nothing is sent before this, monotonic ms. */
	#resumeAt = 0;
	/** True where a frame was refused, and it could be any of several: only a new connection makes it certain. */
	isInDoubt = false;

	/** True where nothing waits for an answer. */
	get isEmpty(): boolean {
		return this.#waiting.size === 0;
	}

	/** When something is to be sent again, monotonic ms; Infinity where nothing is. */
	get resumeAt(): number {
		return this.#resumeAt > 0 ? this.#resumeAt : Number.POSITIVE_INFINITY;
	}

	/**
	 * Takes a message on, to be answered by the room. `limits`: the room's, null while they are not known.
	 * @throws RoomError where the room could not take it.
	 */
	take({ id, type }: Sent, written: Written, limits: WelcomeLimits | null, asking: Asking): void {
		if (this.#waiting.size >= CLIENT_OUTBOX_MAX) {
			throw new RoomError({
				code: "overloaded",
				message: `${CLIENT_OUTBOX_MAX} messages wait for an answer already; try again when the connection is back.`,
			});
		}
		if (this.#waiting.has(id)) {
			throw new RoomError({ code: "id_reused", message: "A message with this id waits for its answer already." });
		}
		const refusal = whyNot(written, limits);
		if (refusal !== null) throw new RoomError(refusal);
		const fresh = { stage: "unsent", heldBy: null, wasSent: false, isSuspect: false, failures: 0 } as const;
		this.#waiting.set(id, { type, ...written, ...fresh, ...asking });
	}

	/** Nobody waits for it any more, and it is not sent again. */
	withdraw(id: string): void {
		this.#take(id);
	}

	/** The room's bounds are known: what was taken on before, and not sent yet, is held to them. */
	keepTo(limits: WelcomeLimits): void {
		for (const [id, waiting] of this.#waiting) {
			const refusal = waiting.wasSent ? null : whyNot(waiting, limits);
			if (refusal !== null) this.#fail(id, refusal);
		}
	}

	/** The connection is new: nothing that was sent on the last one counts. */
	reset(): void {
		this.#inFlight = 0;
		this.#resumeAt = 0;
		this.isInDoubt = false;
		for (const waiting of this.#waiting.values()) waiting.stage = "unsent";
	}

	/** Frames to send now, oldest first, each within the room's bounds. */
	takeFrames(now: number, { frameBytes, messagesPerFrame }: WelcomeLimits): string[] {
		if (now < this.#resumeAt) return [];
		this.#resumeAt = 0;
		const texts: string[] = [];
		const all = [...this.#waiting.values()];
		const suspects = all.filter(({ isSuspect }) => isSuspect);
		const inFlightMax = suspects.length > 0 ? 1 : CLIENT_IN_FLIGHT_MAX;
		for (const waiting of suspects.length > 0 ? suspects : all) {
			if (waiting.stage !== "unsent") continue;
			if (this.#inFlight >= inFlightMax) break;
			texts.push(waiting.text);
			waiting.stage = "sent";
			waiting.wasSent = true;
			this.#inFlight++;
		}
		return packFrames(texts, frameBytes, messagesPerFrame);
	}

	/** Settles what the room answered; true where the message was an answer to something here. */
	hear(message: ServerMessage, me: string, now: number): boolean {
		switch (message.type) {
			case "event":
				return message.from === me && message.id !== undefined && this.#fulfil(message.id, { seq: message.seq });
			case "ack":
				return this.#fulfil(
					message.id,
					message.seq === undefined ? { version: message.version } : { seq: message.seq },
				);
			case "history": {
				const { events, floor, head, more } = message;
				return this.#fulfil(message.id, { events, floor, head, more });
			}
			case "job":
				return this.#noted(message);
			case "error":
				return message.id === undefined ? this.#refusedWhole(message) : this.#refused(message.id, message, now);
			default:
				return false;
		}
	}

	/** Gives up on everything: the client has stopped. */
	abandon(reason: Reason): void {
		for (const id of [...this.#waiting.keys()]) this.#fail(id, reason);
	}

	#take(id: string): Waiting | undefined {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined) return undefined;
		this.#waiting.delete(id);
		if (waiting.stage === "sent") this.#inFlight--;
		return waiting;
	}

	/**
	 * Of a publish, a notice tells only what its check came to: an event also starts jobs under its
	 * own id, whose outcomes say nothing of the publish.
	 */
	#noted({ id, job, state, result, error }: JobNotice): boolean {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined || (waiting.type !== "publish" && waiting.type !== "job")) return false;
		if (state === "accepted" || state === "held") {
			if (state === "held") waiting.heldBy = job;
			if (waiting.stage === "sent") this.#inFlight--;
			waiting.stage = "taken";
			waiting.isSuspect = false;
			return true;
		}
		if (waiting.type === "publish" && (state === "done" || waiting.heldBy !== job)) return false;
		if (state === "done") return this.#fulfil(id, result);
		return this.#fail(id, { id, code: "rejected", message: "The job failed.", ...error });
	}

	#fulfil(id: string, answer: unknown): boolean {
		const waiting = this.#take(id);
		waiting?.resolve(answer);
		return waiting !== undefined;
	}

	#fail(id: string, reason: Reason): boolean {
		const waiting = this.#take(id);
		waiting?.reject(new RoomError(reason));
		return waiting !== undefined;
	}

	#refused(id: string, refusal: WireError, now: number): boolean {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined) return false;
		if (refusal.code === "internal") waiting.failures++;
		if (!PASSING.has(refusal.code) || waiting.failures >= CLIENT_FAILED_TRIES_MAX) {
			const { type: _, ...reason } = refusal;
			return this.#fail(id, reason);
		}
		if (waiting.stage === "sent") this.#inFlight--;
		waiting.stage = "unsent";
		this.#resumeAt = Math.max(this.#resumeAt, now + (refusal.retryAfterMs ?? RETRY_MS_DEFAULT));
		return true;
	}

	/**
	 * A frame is refused as a whole without an id. Where one message is in flight it was that one's; where several
	 * are, none is blamed: each is sent again by itself, over a connection on which nothing else is to be refused.
	 */
	#refusedWhole(refusal: Refusal): boolean {
		if (refusal.code !== "too_large" && refusal.code !== "malformed") return false;
		const inFlight = [...this.#waiting].filter(([, { stage }]) => stage === "sent");
		const [first] = inFlight;
		if (first === undefined) return false;
		if (inFlight.length === 1) return this.#fail(first[0], refusal);
		for (const [, waiting] of inFlight) waiting.isSuspect = true;
		this.isInDoubt = true;
		return true;
	}
}
