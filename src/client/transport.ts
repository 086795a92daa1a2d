/** What carries frames between the client and its room: a WebSocket, or what takes its place where there is none. */

/** What an attempt to be let in brings. */
export interface Offer {
	/** Where it takes up the history, as a cursor; null for one who comes anew. */
	since: string | null;
	token: string | null;
	/** A guest's private key; null with a token, and for a guest who has none yet. */
	key: string | null;
}

/** Whom a transport tells how it goes. */
export interface Hearer {
	/** The room can be spoken to. */
	opened(): void;
	heard(text: string): void;
	/** It is over, however it came to that; nothing is told after it. */
	closed(code: number, reason: string): void;
}

export interface Transport {
	/** Once, before anything else. @throws where the runtime or the token is not fit for it. */
	open(offer: Offer, hearer: Hearer): void;
	/** Drops the text where it is not open. */
	send(text: string): void;
	/** Bytes that were sent and have not left yet. */
	readonly unsentBytes: number;
	/** Ends it; `closed` is not called. */
	close(): void;
}
