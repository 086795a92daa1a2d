/** What keeps one from the room, in words for people: what happened, and what to do. */
import type { Reason } from "../../client/room.ts";
import { CLOSE } from "../../protocol/codes.ts";

export interface Trouble {
	what: string;
	advice: string;
	/** What the button says that joins again; null where joining again is no use. */
	rejoin: string | null;
}

const FRESH_LINK = "Open the room with a fresh link from where you signed in.";
const OTHER_LINK = "Another link or sign-in may let you in.";
const ONLY_MODERATORS = "Only a moderator of the room can change that.";
const KEPT = "What you write meanwhile is kept, and sent when you are in.";

/** The words for a trouble; `said` is the room's own sentence, where it gave one. */
type Words = (said: string | null) => Trouble;

/** Its words are these, whatever the room said. */
const plain =
	(what: string, advice: string, rejoin: string | null = null): Words =>
	() => ({ what, advice, rejoin });

/** The room knows better what happened; these are for where it said nothing. */
const asSaid =
	(what: string, advice: string): Words =>
	(said) => ({ what: said ?? what, advice, rejoin: null });

const PASSING: Partial<Record<Reason["code"], Words>> = {
	room_full: plain("The room is full.", "You come in as soon as there is a place; leave this page open."),
	rate_limited: plain("Too many have come in from your network just now.", "You come in after a short pause."),
	newer_schema: plain("The room is being updated.", "It opens again in a moment; leave this page open."),
	overloaded: plain("The room is too busy to let you in.", KEPT),
};
const PASSING_ELSE = asSaid("The room could not let you in.", KEPT);
const GONE = plain("The connection is gone.", "What you write meanwhile is kept, and sent when you are back.");
const UNREACHED = asSaid("The room cannot be reached.", KEPT);

/** The connection is tried again by itself. */
export function passingTrouble(reason: Reason | null, hasJoined: boolean): Trouble {
	if (reason === null || reason.code === "unreachable")
		return (hasJoined ? GONE : UNREACHED)(sentence(reason?.message));
	return (PASSING[reason.code] ?? PASSING_ELSE)(sentence(reason.message));
}

const NOT_UNDERSTOOD = asSaid("The room did not understand this page.", "Reload the page to begin anew.");
const NOT_SIGNED_IN = plain(
	"This room is only for those who have signed in.",
	"Open it with the link that you get where you sign in.",
);

const REFUSED: Partial<Record<Reason["code"], Words>> = {
	origin_refused: plain(
		"This server takes no visitors from the address of this page.",
		"If the server is yours, list the address under ALLOWED_ORIGINS; else open the room on its own site.",
	),
	room_locked: plain(
		"The room is locked: nobody new comes in for now.",
		"Ask someone inside to unlock it, then try again.",
		"Try again",
	),
	unauthorized: asSaid("The room did not accept your sign-in.", FRESH_LINK),
	not_found: plain("There is no room at this address.", "It may have moved: ask whoever gave you the address."),
	bad_request: NOT_UNDERSTOOD,
	bad_room: NOT_UNDERSTOOD,
};

const CLOSED: Record<number, Words> = {
	[CLOSE.tokenRefused]: plain("Your sign-in for this room has expired.", FRESH_LINK),
	[CLOSE.removed]: plain("A moderator has removed you from the room.", "You may come in again.", "Join again"),
	[CLOSE.banned]: asSaid("You are banned from this room.", ONLY_MODERATORS),
	[CLOSE.wiped]: plain(
		"The room was wiped: all that was said in it is gone for good.",
		"Join again to begin anew.",
		"Join again",
	),
	[CLOSE.violated]: plain("This page sent what the room does not understand.", "Reload the page to go on."),
	[CLOSE.forbidden]: asSaid("This room is not open to you.", OTHER_LINK),
	[CLOSE.replaced]: plain(
		"You have this room open in too many places, and a newer one has taken the place of this one.",
		"Go on there, or come back here.",
		"Come back here",
	),
};

/** The connection is over, and is not tried again. */
export function lastingTrouble(
	closed: { code: number; reason: string },
	refusal: Reason | null,
	isSignedIn: boolean,
): Trouble {
	const code = refusal?.code ?? "unreachable";
	const refused = code === "unauthorized" && !isSignedIn ? NOT_SIGNED_IN : REFUSED[code];
	const words =
		refused ??
		CLOSED[closed.code] ??
		plain(sentence(closed.reason) ?? "The room has closed the connection.", "Join again to go on.", "Join again");
	return words(sentence(refusal?.message));
}

/** A reason as the room gave it, with a sentence's beginning and end; a bare code is for programs. */
function sentence(reason = ""): string | null {
	const words = reason.trim();
	if (!words.includes(" ")) return null;
	const begun = words.charAt(0).toUpperCase() + words.slice(1);
	return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
