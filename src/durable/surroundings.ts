/**
 * All that surrounds a room's body, by what a part of it needs: a clock, storage, a network, and the machine that
 * it all runs on. `platform.ts` is the real one; the simulated world (test/simulation) has its own.
 */
import type { Settings } from "../protocol/settings.ts";
import type { Room } from "../room/room.ts";
import type { Attachment } from "../room/session.ts";

/** What may go wrong, and what the operator is told of it. */
export const MISHAPS = {
	turn: "A turn failed and was rolled back; its inputs run again one by one",
	input: "An input failed and was refused",
	delivery: "Delivering a turn failed; all sessions are dropped and will resume",
	choked: "Closed sockets hold more than a room may; all sessions are dropped and will resume",
	alarm: "An alarm failed and will be tried again",
	rule: "A rule failed at an event, which was refused",
	undone: "A rule failed or refused where it may not: what it did is undone, and the coming, going or deadline stands",
	dropped: "There was no room for what events start",
} as const;

export type Mishap = keyof typeof MISHAPS;

export interface Clock {
	/** Unix ms. */
	now(): number;
	/** A timer; of 0 ms for a macrotask. */
	after(ms: number, run: () => void): void;
}

export interface Storage {
	/** True where newer code has written the store: this one must not touch it. */
	readonly isNewer: boolean;
	/** Wakes the room from what is stored, and from what the sockets of its sessions keep. */
	wake(attachments: Attachment[]): Room;
	/** Runs `work` with the time of the alarm that is set, Unix ms or null, before anything arrives. */
	begin(work: (alarmAt: number | null) => void): void;
	/** In place of the alarm that is set, Unix ms. */
	setAlarm(at: number): void;
	/** Deletes all that is stored, and the alarm. */
	forget(): void;
}

/** What keeps the sockets while the room sleeps. */
export type SocketContext = Pick<
	DurableObjectState,
	"getWebSockets" | "acceptWebSocket" | "getWebSocketAutoResponseTimestamp"
>;

export interface Network {
	readonly sockets: SocketContext;
	/** Hands messages to the jobs' queue; `hear` is called with whether it took them, sooner or later or never. */
	send(messages: readonly unknown[], hear: (isSent: boolean) => void): void;
}

export interface Machine {
	/** An id that nobody can guess. */
	newId(): string;
	/** The name of a history that begins: no other bears it. */
	newEpoch(): string;
	report(mishap: Mishap, error: unknown): void;
	/** Has everything else that waits, of other sockets and of timers, come before the next frame of any one. */
	giveWay(): void;
	/** Drops memory and all sockets; what is stored stays. Nothing runs after it. */
	abort(reason: string): void;
}

export interface Surroundings extends Clock, Storage, Network, Machine {
	readonly settings: Settings;
}
