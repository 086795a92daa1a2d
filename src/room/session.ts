/** A session: one member's one socket, and where it stands in the history. */
import { SEEN_REFRESH_MS } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Join } from "./inputs.ts";
import type { Standing } from "./standing.ts";

/**
 * `paused` has a full socket: it is sent nothing that is shared, and `cursor` is the seq of the last event it
 * was sent. `told` counts the bytes of what it was told in private since.
 *
 * `replaying` has been welcomed and is being sent what it missed, a page a turn: `cursor` is
 * the seq of the last event it was sent. `live` has everything and gets every turn's shared part.
 *
 * `state` is where it stands in the state. An attachment that an earlier version of the code wrote has none: then there
 * was no entry.
 */
export type Mode =
	| { kind: "replaying"; cursor: number; state?: Standing | undefined }
	| { kind: "live" }
	| { kind: "paused"; cursor: number; told: number; state?: Standing | undefined };

/** What a join asks of its welcome. */
export type Greeting = Pick<Join, "since" | "history" | "resume">;

export interface Session {
	id: string;
	member: string;
	name: string;
	host: string;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
	/** What it was let in with, and what is left of that while its member is muted. */
	granted: readonly Capability[];
	can: ReadonlySet<Capability>;
	/** When its token expires, Unix ms; null never. */
	expiresAt: number | null;
	/** Changed in one place: by its sessions' `setMode`. */
	mode: Mode;
	/** True for one that wants no entries. */
	withoutState?: boolean | undefined;
	/** What its welcome is to say, until it has been welcomed; then null. */
	greeting: Greeting | null;
	/** When it was last heard, Unix ms; after a wake, when it may have been at the latest. */
	seenAt: number;
	/** How much of that is not known, ms: it is never written as if it were. */
	assumedMs: number;
	/** The `seenAt` that its attachment holds. */
	seenSaved: number;
	/** A heartbeat that was noted by a clock that was ahead, Unix ms: it is a sign of life once. */
	aheadPing?: number | undefined;
	/** Times of its latest malformed messages, oldest first. */
	malformed: number[];
	/** True where its socket had not taken all that it was sent before its latest frame came. */
	isBehind: boolean;
	/** Pages that it asked for and waits for. */
	pagesAwaited: number;
}

/** What a session keeps beside its socket while the room sleeps. */
export interface Attachment {
	v: 1;
	session: string;
	member: string;
	name: string;
	granted: readonly Capability[];
	address: string | null;
	expiresAt: number | null;
	mode: Mode;
	seenAt: number;
	/** Under which host it reached the server. */
	host: string;
	aheadPing?: number | undefined;
	withoutState?: boolean | undefined;
}

export function attachmentOf(session: Session): Attachment {
	session.seenSaved = session.seenAt - session.assumedMs;
	return {
		v: 1,
		session: session.id,
		member: session.member,
		name: session.name,
		granted: session.granted,
		address: session.address,
		expiresAt: session.expiresAt,
		mode: session.mode,
		seenAt: session.seenSaved,
		host: session.host,
		...(session.aheadPing === undefined ? {} : { aheadPing: session.aheadPing }),
		...(session.withoutState === true ? { withoutState: true } : {}),
	};
}

/** The attachment, or null where another version of the code wrote it: such a session must join anew. */
export function readAttachment(value: unknown): Attachment | null {
	if (typeof value !== "object" || value === null) return null;
	return (value as { v?: unknown }).v === 1 ? (value as Attachment) : null;
}

/** It gave a sign of life then, Unix ms. */
export function seen(session: Session, at: number): void {
	if (at < session.seenAt) return;
	session.seenAt = at;
	session.assumedMs = 0;
}

/**
 * The session as it was before the room slept. Its attachment is refreshed only every
 * SEEN_REFRESH_MS, so it may have been heard that much later than is written there.
 */
export function wakeSession(attachment: Attachment, can: ReadonlySet<Capability>, now: number): Session {
	const seenAt = Math.min(now, attachment.seenAt + SEEN_REFRESH_MS);
	return {
		id: attachment.session,
		member: attachment.member,
		name: attachment.name,
		host: attachment.host,
		granted: attachment.granted,
		can,
		address: attachment.address,
		expiresAt: attachment.expiresAt,
		mode: attachment.mode,
		greeting: null,
		seenAt,
		assumedMs: Math.max(0, seenAt - attachment.seenAt),
		seenSaved: attachment.seenAt,
		aheadPing: attachment.aheadPing,
		withoutState: attachment.withoutState,
		malformed: [],
		isBehind: false,
		pagesAwaited: 0,
	};
}
