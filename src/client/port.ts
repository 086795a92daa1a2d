/** The world, as far as the connection needs it: transports, time, chance, and the page that listens. */
import type { ServerMessage } from "../protocol/messages.ts";
import type { ConnectionState, Entry, Reason } from "./room.ts";

/** What a page hears: the room's messages, entries that are others now, and refusals that are the client's own. */
export type Told = ServerMessage | { type: "entries"; entries: Entry[] } | ({ type: "error" } & Reason);

export interface Port {
	/** Monotonic, ms. */
	now(): number;
	/** What the page's clock says, Unix ms: only to be shown. */
	date(): number;
	/** Uniform in [0, 1). */
	random(): number;
	/** Of a message: no two are ever the same. */
	newId(): string;
	/**
	 * Begins an attempt, with a fresh token where tokens are provided; `reaching`, `opened`, `heard`, `closed` and
	 * `refused` are called as it goes.
	 */
	open(since: string | null): void;
	send(text: string): void;
	/** Bytes that were sent and have not left yet. */
	unsentBytes(): number;
	/** Runs it when the task that is under way is over: a microtask. */
	soon(run: () => void): void;
	/** Ends the attempt and what it opened, if there is one; nothing more is called for it. `hangs`: it came to nothing in its time. */
	close(hangs?: boolean): void;
	/** Calls `wake` at that time, monotonic ms, and forgets any earlier request; null calls nothing. */
	wakeAt(at: number | null): void;
	/** True where another attempt could bring another token. */
	canRenewToken(): boolean;
	/** The state changed. */
	changed(state: ConnectionState): void;
	/** A message for the page, in the order in which it came. */
	message(message: Told): void;
}
