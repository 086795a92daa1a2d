/** What can be seen of the platform from outside the room: every checker sees it through this. */
import type { Effects } from "../../src/room/effects.ts";
import type { Input } from "../../src/room/inputs.ts";
import type { Attachment } from "../../src/room/session.ts";
import type { Commit } from "./disk.ts";
import type { Wire } from "./wire.ts";

/** What a message of the jobs' queue says. */
export interface Letter {
	epoch: string;
	job: string;
	run: number;
}

export interface Watch {
	/** A socket was accepted; its join waits for its turn. */
	accepted(session: string, wire: Wire): void;
	attached(wire: Wire, attachment: Attachment): void;
	/** A frame has reached the body. */
	received(wire: Wire, text: string | ArrayBuffer): void;
	/** The body has kept that frame for its turn, handled it, or refused it. */
	kept(wire: Wire): void;
	/** The room lets all that waits of other sockets and timers come first. */
	gaveWay(): void;
	/** A turn takes these from what waits; it may fail. */
	taken(inputs: readonly Input[]): void;
	/** The room handed a frame to a socket. */
	sent(wire: Wire, frame: string): void;
	/** The room tried to hand over a frame, and could not. */
	unsent(): void;
	/** The room closes a socket. */
	closing(wire: Wire, code: number): void;
	/** A transaction was committed; no effect of it has been performed. */
	committed(commit: Commit): void;
	/** A consumer acknowledged a message; `isIdle`: it was told that nothing is to be done. */
	acknowledged(letter: Letter, isIdle: boolean): void;
	/** The turn that is told of next tries again, by itself, what a turn that failed had taken. */
	retried(): void;
	/** A turn's effects have been performed. */
	turned(inputs: readonly Input[], effects: Effects, now: number): void;
	/** A room woke with the sessions whose sockets are there. */
	woken(attachments: readonly Attachment[], now: number): void;
	/** The machine died, and these sockets with it. */
	crashed(wires: readonly Wire[]): void;
	forgotten(): void;
	/** The room's clock was set back, and stands at `now`. */
	setBack(now: number): void;
}
