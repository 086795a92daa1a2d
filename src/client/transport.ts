/** What carries frames between the client and its room: a WebSocket, or what takes its place where there is none. */

/** What an attempt to be let in brings. */
export interface Offer {
	/** The room's, `http` or `https`. */
	url: string;
	/** What else the join asks for: "", or `?` and a query. */
	query: string;
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
	/** Where this is no socket: one opens again, so the next attempt is to take one. */
	socketOpens(): void;
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

/** A join's query with where it takes up the history. */
export function withSince(query: string, since: string | null): string {
	return since === null ? query : `${query === "" ? "?" : `${query}&`}since=${encodeURIComponent(since)}`;
}
