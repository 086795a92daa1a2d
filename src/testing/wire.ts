/** Both ends of a socket in memory. Frames arrive in order, in no time unless it is slow; a cut tells neither end. */
import type { TestClock } from "./clock.ts";

const OPEN = 1;
const CLOSED = 3;

/** The room's side, as the platform would call it. */
export interface RoomEnd {
	heard(wire: Wire, text: string): void;
	closed(wire: Wire, code: number | null): void;
}

/** A client's side: what a `WebSocket` tells. */
export interface ClientEnd {
	opened(): void;
	heard(text: string): void;
	closed(code: number, reason: string): void;
}

export class Wire {
	readonly #clock: TestClock;
	readonly #room: RoomEnd;
	readonly #client: ClientEnd;
	/** As JSON: what it keeps is a copy. */
	#attachment = "null";
	#isCut = false;
	/** How long each frame takes, ms, either way. */
	#lateMs = 0;
	/** What was sent before arrives before, Unix ms: that down to the client, and that up to the room. */
	readonly #arrivesAt = { down: 0, up: 0 };
	#isTwice = false;
	#clientIsOpen = true;
	/** The room's end, as the platform shows it. */
	readyState: number = OPEN;
	readonly bufferedAmount = 0;
	/** When the platform last answered a `ping`; null never. */
	pingAt: Date | null = null;

	constructor(clock: TestClock, room: RoomEnd, client: ClientEnd) {
		this.#clock = clock;
		this.#room = room;
		this.#client = client;
	}

	/** The cable is cut: nothing arrives any more, and nobody is told. */
	cut(): void {
		this.#isCut = true;
	}

	/** From now on each frame takes so long. */
	slow(ms: number): void {
		this.#lateMs = ms;
	}

	/** What the client says next arrives twice. */
	repeat(): void {
		this.#isTwice = true;
	}

	#travel(way: "down" | "up", arrive: () => void): void {
		const at = Math.max(this.#arrivesAt[way], this.#clock.now + this.#lateMs);
		this.#arrivesAt[way] = at;
		this.#clock.after(at - this.#clock.now, arrive);
	}

	#down(run: () => void): void {
		this.#travel("down", () => {
			if (this.#clientIsOpen && !this.#isCut) run();
		});
	}

	// The room's end.

	send(text: string): void {
		if (this.readyState !== OPEN) throw new Error("The socket is not open.");
		this.#down(() => this.#client.heard(text));
	}

	close(code = 1005, reason = ""): void {
		const wasOpen = this.readyState === OPEN;
		this.readyState = CLOSED;
		if (wasOpen) this.#down(() => this.#end(code, reason));
	}

	serializeAttachment(attachment: unknown): void {
		this.#attachment = JSON.stringify(attachment);
	}

	deserializeAttachment(): unknown {
		return JSON.parse(this.#attachment);
	}

	/** The machine is gone, and its sockets with it. */
	drop(): void {
		this.readyState = CLOSED;
		this.#down(() => this.#end(1006, ""));
	}

	#end(code: number, reason: string): void {
		this.#clientIsOpen = false;
		this.#client.closed(code, reason);
	}

	// The client's end.

	open(): void {
		this.#down(() => this.#client.opened());
	}

	say(text: string): void {
		this.#say(text);
		if (!this.#isTwice || text === "ping") return;
		this.#isTwice = false;
		this.#say(text);
	}

	#say(text: string): void {
		if (text === "ping") return this.#ping();
		this.#travel("up", () => {
			if (!this.#isCut && this.readyState === OPEN) this.#room.heard(this, text);
		});
	}

	/** The platform answers; where nothing is slow, at once: most of what a quiet hour brings are these. */
	#ping(): void {
		const { down, up } = this.#arrivesAt;
		const isAtOnce = Math.max(down, up, this.#clock.now + this.#lateMs) <= this.#clock.now;
		const answer = (): void => {
			if (this.#isCut || this.readyState !== OPEN) return;
			this.pingAt = new Date(this.#clock.now);
			if (isAtOnce) this.#clock.heartbeat(() => this.#pong());
			else this.#travel("down", () => this.#pong());
		};
		if (isAtOnce) answer();
		else this.#travel("up", answer);
	}

	#pong(): void {
		if (this.#clientIsOpen && !this.#isCut) this.#client.heard("pong");
	}

	/** The client goes. */
	leave(): void {
		this.#clientIsOpen = false;
		this.#travel("up", () => {
			if (this.#isCut || this.readyState !== OPEN) return;
			this.readyState = CLOSED;
			this.#room.closed(this, 1005);
		});
	}
}
