/** Everything that can happen to a room. Nothing else reaches it but time. */

import type { Decoded } from "../protocol/codec.ts";
import type { PostModeration } from "../protocol/http.ts";
import type { Capability, HistoryRequest } from "../protocol/messages.ts";
import type { Outcome } from "../protocol/outcome.ts";
import type { Sending } from "./jobs.ts";

export type Input =
	| Join
	| Frame
	| Leave
	| Post
	| Put
	| Alarm
	| Look
	| Sent
	| Settle
	| Replay
	| Wipe
	| Moderate
	| Flow
	| Page
	| Owed;

/** Who does something, as it was proven outside the room. */
export interface Identity {
	member: string;
	name: string;
	can: readonly Capability[];
	/** The keyed hash of a guest's network address; null for everyone else. */
	address?: string | null;
}

/** A socket was accepted for a member whose right to be here is proven. */
export interface Join extends Identity {
	type: "join";
	session: string;
	/** The cursor as it came, unread; null for a client that has seen nothing. */
	since: string | null;
	/** How many recent events a fresh join wants. */
	history: number;
	/** Under which host it reached the server. */
	host?: string;
	/** When its token expires, Unix ms; null never. */
	expiresAt?: number | null;
	/** A guest's private key, told to it in its welcome. */
	resume: string | null;
	/** True for one that wants no entries. */
	withoutState?: boolean;
}

/** A session's frame, decoded: each message stands alone, in order. */
export interface Frame {
	type: "frame";
	session: string;
	messages: readonly Decoded[];
	/** True where its socket had not taken all that it was sent before; told of frames that ask for pages alone. */
	isBehind?: boolean;
}

/** A session's socket is gone. */
export interface Leave {
	type: "leave";
	session: string;
}

/** An event published over HTTP; the answer is the effect `replies[reply]`. */
export interface Post extends Identity {
	type: "post";
	reply: string;
	publish: { id: string; name: string; data: unknown; expect?: number | undefined };
}

/** What an entry must be: of this version (0: not there), of one of these, or there at all. */
export type Expectation = number | readonly number[] | "some";

/** A set, and the id that makes it idempotent: it has `value`, of which null is a drop, or `add`. */
export interface Setting {
	id: string;
	key: string;
	value?: unknown;
	add?: number | undefined;
	expect?: Expectation | undefined;
}

/** An entry set over HTTP; the answer is the effect `replies[reply]`. */
export interface Put extends Identity {
	type: "put";
	reply: string;
	set: Setting;
}

/** A deadline has come. `pings` tells when each session last sent a heartbeat, Unix ms. */
export interface Alarm {
	type: "alarm";
	pings: ReadonlyMap<string, number>;
}

/** Somebody asks who is here, and a cable may be cut: `pings` as of an alarm. */
export interface Look {
	type: "look";
	reply: string;
	pings: ReadonlyMap<string, number>;
}

/** The platform has taken jobs, or could not. */
export interface Sent {
	type: "sent";
	jobs: readonly Sending[];
	isSent: boolean;
}

/** A consumer reports what came of a job. `run` is null where it is not known. */
export interface Settle {
	type: "settle";
	epoch: string;
	job: string;
	run: number | null;
	outcome: Outcome;
	/** `replies[reply]` tells that the outcome is stored. */
	reply: string | null;
}

/** An operator wants a failed job tried again; `replies[reply]` says whether there is one. */
export interface Replay {
	type: "replay";
	reply: string;
	job: string;
}

/** An operator wants everything that was said here gone. */
export interface Wipe {
	type: "wipe";
	reply: string;
	/** A random epoch for the history that begins anew. */
	epoch: string;
}

/** A moderator or operator acts over HTTP. */
export interface Moderate {
	type: "moderate";
	reply: string;
	by: Identity;
	action: PostModeration;
}

/** What the sockets' buffers say: whose is full, whose has drained, and who takes nothing any more. */
export interface Flow {
	type: "flow";
	full: readonly string[];
	drained: readonly string[];
	stuck: readonly string[];
}

/** A page of the history that a session has asked for and paid, and for which its turn had no room. */
export interface Page {
	type: "page";
	session: string;
	request: HistoryRequest;
}

/** A session's member is still owed outcomes, after the job of that number. */
export interface Owed {
	type: "owed";
	session: string;
	after: number;
}

/** The same inputs, each of one message: what is run again one by one after a turn that threw. */
export function splitInput(input: Input): Input[] {
	if (input.type !== "frame") return [input];
	return input.messages.map((message) => ({ ...input, messages: [message] }));
}

/** Under which id a message's answer is awaited. */
export function idOf(decoded: Decoded): string | undefined {
	return "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
}
