/** What keeps one from the room, in words for people: what happened, and what to do. */
import { CLOSE, type Refusal } from "../../protocol/codes.ts";

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

/** The connection is tried again by itself. `refusal` is what the room said instead of a welcome. */
export function passingTrouble(refusal: Refusal | null, hasJoined: boolean): Trouble {
	const passing = (what: string, advice: string): Trouble => ({ what, advice, rejoin: null });
	switch (refusal?.code) {
		case undefined:
			return hasJoined
				? passing("The connection is gone.", "What you write meanwhile is kept, and sent when you are back.")
				: passing("The room cannot be reached.", KEPT);
		case "room_full":
			return passing("The room is full.", "You come in as soon as there is a place; leave this page open.");
		case "rate_limited":
			return passing("Too many have come in from your network just now.", "You come in after a short pause.");
		case "newer_schema":
			return passing("The room is being updated.", "It opens again in a moment; leave this page open.");
		case "overloaded":
			return passing("The room is too busy to let you in.", KEPT);
		default:
			return passing(sentence(refusal?.message) ?? "The room could not let you in.", KEPT);
	}
}

/** The connection is over, and is not tried again. */
export function lastingTrouble(
	closed: { code: number; reason: string },
	refusal: Refusal | null,
	isSignedIn: boolean,
): Trouble {
	const lasting = (what: string, advice: string, rejoin: string | null = null): Trouble => ({ what, advice, rejoin });
	const said = sentence(refusal?.message);
	switch (refusal?.code) {
		case "origin_refused":
			return lasting(
				"This server takes no visitors from the address of this page.",
				"If the server is yours, list the address under ALLOWED_ORIGINS; else open the room on its own site.",
			);
		case "room_locked":
			return lasting(
				"The room is locked: nobody new comes in for now.",
				"Ask someone inside to unlock it, then try again.",
				"Try again",
			);
		case "unauthorized":
			return isSignedIn
				? lasting(said ?? "The room did not accept your sign-in.", FRESH_LINK)
				: lasting(
						"This room is only for those who have signed in.",
						"Open it with the link that you get where you sign in.",
					);
		case "bad_request":
		case "bad_room":
			return lasting(said ?? "The room did not understand this page.", "Reload the page to begin anew.");
	}
	switch (closed.code) {
		case CLOSE.tokenRefused:
			return lasting("Your sign-in for this room has expired.", FRESH_LINK);
		case CLOSE.removed:
			return lasting("A moderator has removed you from the room.", "You may come in again.", "Join again");
		case CLOSE.banned:
			return lasting(said ?? "You are banned from this room.", ONLY_MODERATORS);
		case CLOSE.wiped:
			return lasting(
				"The room was wiped: all that was said in it is gone for good.",
				"Join again to begin anew.",
				"Join again",
			);
		case CLOSE.violated:
			return lasting("This page sent what the room does not understand.", "Reload the page to go on.");
		case CLOSE.forbidden:
			return lasting(said ?? "This room is not open to you.", OTHER_LINK);
		case CLOSE.replaced:
			return lasting(
				"You have this room open in too many places, and a newer one has taken the place of this one.",
				"Go on there, or come back here.",
				"Come back here",
			);
		default:
			return lasting(
				sentence(closed.reason) ?? "The room has closed the connection.",
				"Join again to go on.",
				"Join again",
			);
	}
}

/** A reason as the room gave it, with a sentence's beginning and end; a bare code is for programs. */
function sentence(reason = ""): string | null {
	const words = reason.trim();
	if (!words.includes(" ")) return null;
	const begun = words.charAt(0).toUpperCase() + words.slice(1);
	return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
