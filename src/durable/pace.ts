/**
 * How fast the platform may bring what a few sockets send. It hands over one socket's frames one after the other for
 * as long as any are there, and looks at no other socket and no timer meanwhile: at some 12 µs a frame, whatever is made
 * of it, 128 KiB of `[]` hold everybody up for 200 ms. But of each socket it has one frame on its way at a time. So where
 * one sends more than a client has reason to, the room gives way: everyone's next frame, and whatever is due, comes
 * before more of that. Nothing is refused for it and nothing lost; what comes too fast waits where it was sent.
 */
import { FRAME_UNITS, FRAMES_AT_ONCE_MAX, FRAMES_BEYOND_MAX } from "../protocol/limits.ts";
import type { Machine } from "./surroundings.ts";
import type { TurnClock } from "./turn-clock.ts";

export class Pace {
	readonly #clock: Pick<TurnClock, "hurry">;
	readonly #machine: Pick<Machine, "giveWay">;
	/** Frames since the last turn, by session; large ones count for more. */
	#frames = new Map<string, number>();
	/** Frames of all that were beyond it, since the room last gave way. */
	#beyond = 0;

	constructor(clock: Pick<TurnClock, "hurry">, machine: Pick<Machine, "giveWay">) {
		this.#clock = clock;
		this.#machine = machine;
	}

	/** A frame of that session has come, of so many units of text. */
	heard(session: string, units: number): void {
		const count = 1 + Math.floor(units / FRAME_UNITS);
		const frames = (this.#frames.get(session) ?? 0) + count;
		this.#frames.set(session, frames);
		if (frames > FRAMES_AT_ONCE_MAX) this.#pass(count);
	}

	/** A frame has come that nobody reads, of one that was closed and goes on. */
	ignored(): void {
		this.#pass(1);
	}

	turned(): void {
		if (this.#frames.size > 0) this.#frames = new Map();
	}

	#pass(frames: number): void {
		this.#beyond += frames;
		if (this.#beyond < FRAMES_BEYOND_MAX) return;
		this.#beyond = 0;
		this.#clock.hurry();
		this.#machine.giveWay();
	}
}
