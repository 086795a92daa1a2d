/**
 * One socket, both its ends and what is on its way between them. Frames keep their order in each direction;
 * a cut loses what had not arrived, and neither end need be told.
 */
import type { Capability } from "../../src/protocol/messages.ts";
import type { Attachment } from "../../src/room/session.ts";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** When the platform itself gives up a line that is dead. */
const TCP_MS_MAX = 9 * 60_000;

/** How the ends are told. */
export interface Ends {
	/** The room's side. */
	toRoom: {
		sent(wire: Wire, frame: string): void;
		attached(wire: Wire, attachment: Attachment): void;
		closing(wire: Wire, code: number): void;
		message(wire: Wire, text: string | ArrayBuffer): void;
		closed(wire: Wire, code: number): void;
		/** A frame that was on its way never arrives: the line was cut. */
		lost(): void;
		/** Thrown at the send of a frame, where the delivery is to fail. */
		mayFail(): void;
	};
	/** The member's side. */
	toMember: {
		opened(): void;
		heard(text: string): void;
		closed(code: number, reason: string): void;
	};
}

type Parcel = { text: string } | { close: number; reason: string };

export class Wire {
	readonly id: number;
	readonly member: string;
	/** What the join carried, for the checkers. */
	readonly since: string | null;
	readonly history: number;
	readonly can: readonly Capability[];
	readonly address: string | null;
	/** When its token expires, by the room's clock; null never. */
	readonly expiresAt: number | null;
	/** The room's end, as the platform shows it. */
	readyState: number = OPEN;
	/** When the platform last answered a `ping`, by the room's clock; null never. */
	pingAt: number | null = null;
	/** When the room's end last heard anything at all, by the room's clock. */
	heardAt: number;
	/** The same, by the clock that never goes back. */
	#heardSteadyAt: number;
	/** False while the member reads nothing. */
	isReading = true;
	/** How slow the line is, ms at most. */
	lagMs = 20;
	/** When the line last took something of what waited, true time. */
	takenAt: number;
	#attachment: Attachment | null = null;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #ends: Ends;
	/** Each byte that waits counts so often: small frames fill a large buffer. */
	readonly #scale: number;
	#unsent: Parcel[] = [];
	#unsentBytes = 0;
	#downAt = 0;
	#upAt = 0;
	/** What arrives after this is lost: the line is cut. */
	#lostAfter = Number.POSITIVE_INFINITY;
	/** The line is dead and nobody knows; what is sent is lost, or piles up where it `clogs`. */
	#isDead = false;
	#clogs = false;
	#memberIsOpen = true;
	#roomWasTold = false;

	constructor(
		id: number,
		who: Pick<Wire, "member" | "since" | "history" | "can" | "address" | "expiresAt">,
		clock: Clock,
		random: Random,
		ends: Ends,
		scale: number,
	) {
		this.id = id;
		this.member = who.member;
		this.since = who.since;
		this.history = who.history;
		this.can = who.can;
		this.address = who.address;
		this.expiresAt = who.expiresAt;
		this.#clock = clock;
		this.#random = random;
		this.#ends = ends;
		this.#scale = scale;
		this.heardAt = clock.roomNow;
		this.#heardSteadyAt = clock.steadyNow;
		this.takenAt = clock.now;
	}

	/** For how long the room's end has heard nothing; a clock that went back meanwhile makes that no shorter. */
	get silentMs(): number {
		return this.#clock.steadyNow - this.#heardSteadyAt;
	}

	get isDead(): boolean {
		return this.#isDead;
	}

	// The room's end.

	get bufferedAmount(): number {
		return this.#unsentBytes * this.#scale;
	}

	send(frame: string): void {
		if (this.readyState !== OPEN) throw new Error("The socket is not open.");
		this.#ends.toRoom.mayFail();
		this.#ends.toRoom.sent(this, frame);
		this.#unsent.push({ text: frame });
		this.#unsentBytes += frame.length;
		this.#pump();
	}

	/** The platform's own answer to a `ping`. */
	pong(): void {
		if (this.readyState !== OPEN) return;
		this.#unsent.push({ text: "pong" });
		this.#unsentBytes += 4;
		this.#pump();
	}

	close(code = 1005, reason = ""): void {
		if (this.readyState >= CLOSING) {
			// The answer to the member's close.
			this.readyState = CLOSED;
			return;
		}
		this.readyState = CLOSING;
		this.#ends.toRoom.closing(this, code);
		this.#unsent.push({ close: code, reason });
		this.#pump();
	}

	serializeAttachment(attachment: Attachment): void {
		this.#attachment = copyOf(attachment);
		this.#ends.toRoom.attached(this, this.#attachment);
	}

	deserializeAttachment(): Attachment | null {
		return this.#attachment === null ? null : copyOf(this.#attachment);
	}

	get attachment(): Attachment | null {
		return this.#attachment;
	}

	// The member's end.

	memberSends(text: string | ArrayBuffer): void {
		if (!this.#memberIsOpen || this.#isDead) return;
		this.#upAt = Math.max(this.#upAt, this.#clock.now + 1 + this.#random.below(this.lagMs));
		const at = this.#upAt;
		this.#clock.at(at, () => {
			if (at > this.#lostAfter || this.readyState >= CLOSING) return;
			this.heardAt = this.#clock.roomNow;
			this.#heardSteadyAt = this.#clock.steadyNow;
			this.#ends.toRoom.message(this, text);
		});
	}

	memberCloses(): void {
		if (!this.#memberIsOpen) return;
		this.#memberIsOpen = false;
		if (this.#isDead) return;
		this.#upAt = Math.max(this.#upAt, this.#clock.now + 1 + this.#random.below(this.lagMs));
		const at = this.#upAt;
		this.#clock.at(at, () => {
			if (at <= this.#lostAfter) this.#tellRoom(1005);
		});
	}

	/** Takes at most `frames` of what waits for a member that reads nothing. */
	trickle(frames: number): void {
		if (!this.#isDead) this.#pump(frames);
	}

	reads(isReading: boolean): void {
		this.isReading = isReading;
		this.#pump();
	}

	/** The member's end opens so much later; nothing arrives there before. */
	opens(afterMs: number): void {
		this.#downAt = this.#clock.now + afterMs;
		this.#clock.at(this.#downAt, () => {
			if (this.#memberIsOpen) this.#ends.toMember.opened();
		});
	}

	// The line.

	/** The line is cut; each end learns of it in its own time. What is on its way and has not arrived by `lostMs` is lost. */
	cut(lostMs: number, roomMs: number, memberMs: number): void {
		this.#lostAfter = Math.min(this.#lostAfter, this.#clock.now + lostMs);
		this.#isDead = true;
		this.#clock.after(roomMs, () => this.#tellRoom(1006));
		this.#clock.after(Math.max(memberMs, lostMs), () => this.#tellMember(1006, ""));
	}

	/** The line goes dead and no end is told. */
	die(clogs: boolean): void {
		this.#isDead = true;
		this.#clogs = clogs;
		this.#lostAfter = Math.min(this.#lostAfter, this.#clock.now);
		this.#clock.after(TCP_MS_MAX, () => this.#tellRoom(1006));
	}

	/** The room's machine is gone: what is on its way may still arrive for `lostMs`. */
	drop(lostMs: number, memberMs: number): void {
		this.readyState = CLOSED;
		this.#roomWasTold = true;
		this.#lostAfter = Math.min(this.#lostAfter, this.#clock.now + lostMs);
		this.#unsent = [];
		this.#unsentBytes = 0;
		if (!this.#isDead) this.#clock.after(Math.max(memberMs, lostMs), () => this.#tellMember(1006, ""));
	}

	#tellRoom(code: number): void {
		if (this.#roomWasTold || this.readyState === CLOSED) return;
		this.#roomWasTold = true;
		if (this.readyState === OPEN) this.readyState = CLOSING;
		this.#unsent = [];
		this.#unsentBytes = 0;
		this.#ends.toRoom.closed(this, code);
		this.readyState = CLOSED;
	}

	#tellMember(code: number, reason: string): void {
		if (!this.#memberIsOpen) return;
		this.#memberIsOpen = false;
		this.#ends.toMember.closed(code, reason);
	}

	#pump(framesMax = Number.POSITIVE_INFINITY): void {
		if (this.#isDead ? this.#clogs : !this.isReading && framesMax === Number.POSITIVE_INFINITY) return;
		for (let count = 0; count < framesMax; count++) {
			const parcel = this.#unsent.shift();
			if (parcel === undefined) return;
			this.takenAt = this.#clock.now;
			if ("text" in parcel) this.#unsentBytes -= parcel.text.length;
			if (!this.#isDead) this.#travel(parcel);
		}
	}

	#travel(parcel: Parcel): void {
		this.#downAt = Math.max(this.#downAt, this.#clock.now + 1 + this.#random.below(this.lagMs));
		const at = this.#downAt;
		this.#clock.at(at, () => {
			if (!this.#memberIsOpen) return;
			if (at > this.#lostAfter) return this.#ends.toRoom.lost();
			if ("text" in parcel) {
				this.#ends.toMember.heard(parcel.text);
				return;
			}
			this.#tellMember(parcel.close, parcel.reason);
			// The member's end answers by itself.
			this.#clock.after(1 + this.#random.below(this.lagMs), () => {
				if (!this.#isDead) this.#tellRoom(parcel.close);
			});
		});
	}
}

function copyOf(attachment: Attachment): Attachment {
	return { ...attachment, granted: [...attachment.granted], mode: { ...attachment.mode } };
}
