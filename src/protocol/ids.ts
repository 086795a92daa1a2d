/** Names and ids: what they may look like, and the cursor that a client carries. */
import { firstLetters, isVisible, shapeOf, withoutHidden } from "./letters.ts";
import { NAME_BYTES_MAX, NAME_LETTERS_MAX } from "./limits.ts";

export const ROOM_NAME = /^[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}$/;
export const MEMBER_ID = /^[A-Za-z0-9._~@:-]{1,128}$/;
/** A guest's private key, as its welcome gave it. */
export const RESUME_KEY = /^[A-Za-z0-9_-]{16,128}$/;

/** Ids and event names that begin so are the room's own to give. */
export const RESERVED_MEMBERS = ["guest:", "room:"] as const;
/** Who an operator's events are from. */
export const OPERATOR = "room:operator";
export const RESERVED_EVENTS = "room.";
/** What came of a job that concerns the room. */
export const ROOM_JOB = "room.job";
/** Another event was taken back. */
export const ROOM_REDACTED = "room.redacted";

const GUEST_ID_DIGITS = 32;
const GUEST = /^guest:[0-9a-f]{32}$/;
const FORMER_GUEST_CHARS = "guest:0123456789abcdef".length;
/** What guests' ids were before they had 32 digits: rows and events of then bear them. */
export const FORMER_GUEST_ID = /^guest:[0-9a-f]{16}$/;

/** A guest's id: `guest:` and the first 128 bits of a digest in hex. */
export function guestIdOf(hex: string): string {
	return `guest:${hex.slice(0, GUEST_ID_DIGITS)}`;
}

/** Begins the hash of an address that is nobody's own: one's own machine, or not known. */
export const SHARED_ADDRESS = "~";

/** The digits of a guest's id; null for everyone else. */
export function digestOfGuest(member: string): string | null {
	return GUEST.test(member) ? member.slice("guest:".length) : null;
}

/** What this guest's id was where it has rows from before ids had 32 digits: its beginning. Null for everyone else. */
export function formerIdOf(member: string): string | null {
	return GUEST.test(member) ? member.slice(0, FORMER_GUEST_CHARS) : null;
}

/** True for what programs write in place of a value that they do not have: nobody's name, and no one member's id. */
export function isNoValue(text: string): boolean {
	return text === "undefined" || text === "null";
}

/** Keys that begin so are the room's own. */
export const RESERVED_KEYS = "room.";

/** The last thing that a client has seen. Written `{epoch}.{seq}`, or `{epoch}.{seq}.{version}` by one that holds the state. */
export interface Cursor {
	epoch: string;
	seq: number;
	/** Of the state. */
	version?: number | undefined;
}

export function formatCursor(cursor: Cursor): string {
	const { epoch, seq, version } = cursor;
	return version === undefined ? `${epoch}.${seq}` : `${epoch}.${seq}.${version}`;
}

/** Reads a cursor; `null` for anything that {@link formatCursor} could not have written. */
export function parseCursor(text: string): Cursor | null {
	const match = /^([A-Za-z0-9_-]{1,64})\.(0|[1-9][0-9]{0,15})(?:\.(0|[1-9][0-9]{0,15}))?$/.exec(text);
	if (match?.[1] === undefined || match[2] === undefined) return null;
	const seq = Number(match[2]);
	const version = Number(match[3] ?? 0);
	if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(version)) return null;
	return { epoch: match[1], seq, ...(match[3] === undefined ? {} : { version }) };
}

/**
 * A display name without what could hide or reorder text: control characters, zero-width and bidirectional marks, and
 * joiners that join nothing. Runs of white space become one space.
 */
export function cleanName(name: string): string {
	// What hides goes first: between two spaces it would keep them apart. Tabs and line breaks are white space.
	return withoutHidden(name).replace(/\s+/gu, " ").trim();
}

/** The names by which the room itself and its operators speak. */
export const ROOM_AUTHOR = "Room";
/** Who the room's own events are from. */
export const ROOM_MEMBER = "room:events";
export const OPERATOR_AUTHOR = "Operator";
/** Marked, so that what only knows ids, as the client, is spared it. */
const VOICES = /* @__PURE__ */ [ROOM_AUTHOR, OPERATOR_AUTHOR].map(shapeOf);

/** The name that one is shown by who calls oneself so: clean, and cut to its bounds. Null for what is no name, and for the room's own. */
export function displayName(text: string): string | null {
	const clean = cleanName(text.toWellFormed());
	const cut = firstLetters(clean, NAME_LETTERS_MAX, NAME_BYTES_MAX);
	// Behind what was cut off a joiner joins nothing any more.
	const name = cut === clean ? clean : cleanName(cut);
	return isVisible(name) && !isNoValue(name) && !VOICES.includes(shapeOf(name)) ? name : null;
}

/** True where `name` fits a pattern in which `*` matches any run of characters, from its beginning to its end. */
export function matchesPattern(name: string, pattern: string): boolean {
	const parts = pattern.split("*");
	const [first = "", ...rest] = parts;
	if (!name.startsWith(first)) return false;
	if (rest.length === 0) return name.length === first.length;
	let at = first.length;
	const last = rest.pop() ?? "";
	// Each part at its earliest place leaves the most for those behind it: no backtracking, whatever the pattern.
	for (const part of rest) {
		const found = name.indexOf(part, at);
		if (found === -1) return false;
		at = found + part.length;
	}
	return name.length - last.length >= at && name.endsWith(last);
}
