/** A session: one member's one socket, and where it stands in the history. */
import { SEEN_REFRESH_MS } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";

/**
 * `replaying` has been welcomed and is being sent what it missed, a page a turn: `cursor` is
 * the seq of the last event it was sent. `live` has everything and gets every turn's shared part.
 */
export type Mode = { kind: "replaying"; cursor: number } | { kind: "live" };

export interface Session {
	id: string;
	member: string;
	name: string;
	host: string;
	can: ReadonlySet<Capability>;
	mode: Mode;
	/** When it was last heard, Unix ms. */
	seenAt: number;
	/** The `seenAt` that its attachment holds. */
	seenSaved: number;
	/** Times of its latest malformed messages, oldest first. */
	malformed: number[];
}

/** What a session keeps beside its socket while the room sleeps. */
export interface Attachment {
	v: 1;
	session: string;
	member: string;
	name: string;
	can: Capability[];
	mode: Mode;
	seenAt: number;
	/** Under which host it reached the server. */
	host: string;
}

export function attachmentOf(session: Session): Attachment {
	session.seenSaved = session.seenAt;
	return {
		v: 1,
		session: session.id,
		member: session.member,
		name: session.name,
		can: [...session.can],
		mode: session.mode,
		seenAt: session.seenAt,
		host: session.host,
	};
}

/** The attachment, or null where another version of the code wrote it: such a session must join anew. */
export function readAttachment(value: unknown): Attachment | null {
	if (typeof value !== "object" || value === null) return null;
	return (value as { v?: unknown }).v === 1 ? (value as Attachment) : null;
}

/**
 * The session as it was before the room slept. Its attachment is refreshed only every
 * SEEN_REFRESH_MS, so it may have been heard that much later than is written there.
 */
export function wakeSession(attachment: Attachment, now: number): Session {
	return {
		id: attachment.session,
		member: attachment.member,
		name: attachment.name,
		host: attachment.host,
		can: new Set(attachment.can),
		mode: attachment.mode,
		seenAt: Math.min(now, attachment.seenAt + SEEN_REFRESH_MS),
		seenSaved: attachment.seenAt,
		malformed: [],
	};
}
