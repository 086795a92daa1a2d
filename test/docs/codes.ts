/** What each code means and what a client does about it, for docs/protocol.md. */
import type { CLOSE, HTTP_STATUS } from "../../src/protocol/codes.ts";

interface Told {
	/** Where it is met. */
	where: "socket" | "socket, HTTP" | "join" | "join, HTTP" | "socket, join, HTTP" | "HTTP";
	when: string;
	what: string;
}

const LATER = "Send the same again, with the same id, after `retryAfterMs` (1 s where it does not say).";
const FAULT = "Correct the client; the same is refused again.";
const TELL = "Tell the person.";

/** Of those that an app's rules give. */
export const APP_WORDS: Told = {
	where: "socket, HTTP",
	when: "a rule of the app's refuses it, under a name of its own and with a sentence of its own: see P-12",
	what: `${TELL} Nothing of it was kept, nor its id: another try is judged anew.`,
};

/** A code that is added does not compile without its words. */
export const ERROR_WORDS: Readonly<Record<keyof typeof HTTP_STATUS, Told>> = {
	malformed: {
		where: "socket, HTTP",
		when: "no JSON, no object with a `type`, or text that is not well-formed",
		what: `${FAULT} See L-4.`,
	},
	unknown_type: {
		where: "socket",
		when: "a `type` that this room does not know",
		what: "Do without it: the room is of an older version.",
	},
	invalid: {
		where: "socket, HTTP",
		when: "a field is missing or is not what it should be; the sentence names it",
		what: FAULT,
	},
	too_large: {
		where: "socket, HTTP",
		when: "more than a bound of [Limits](#limits)",
		what: "Send less. Where a whole frame is refused there is no `id`: see P-10.",
	},
	rate_limited: { where: "socket, join, HTTP", when: "a bucket is empty", what: LATER },
	overloaded: {
		where: "socket, join, HTTP",
		when: "the room, or the login's key server, cannot take more now",
		what: LATER,
	},
	forbidden: {
		where: "socket, join, HTTP",
		when: "a capability is missing, or the name is not yours to publish, or the key to set",
		what: `${TELL} An \`access\` may change it.`,
	},
	reserved_name: { where: "socket, HTTP", when: "an event name or a key that begins with `room.`", what: FAULT },
	conflict: {
		where: "socket, HTTP",
		when: "`expect` is not the head, or not the entry's version",
		what: "Look at what is, and send it anew under a new id.",
	},
	id_reused: {
		where: "socket, HTTP",
		when: "the id is known with another name or key, or other data",
		what: `${FAULT} Give each publish and each set an id of its own.`,
	},
	unknown_job: { where: "socket", when: "no kind of that name that members may ask for", what: FAULT },
	too_many_jobs: {
		where: "socket, HTTP",
		when: "too many jobs of yours, or of the room, wait for an outcome",
		what: "Wait until some have one, then send the same again.",
	},
	state_full: {
		where: "socket, HTTP",
		when: "the state, or your share of it, holds no more",
		what: "Drop entries that are over; tell the person.",
	},
	not_found: { where: "socket, HTTP", when: "no such event, entry, member, sanction, job or address", what: TELL },
	binary_reserved: { where: "socket", when: "a binary frame", what: FAULT },
	rejected: { where: "socket, HTTP", when: "a check did not clear it", what: `${TELL} The sentence is for them.` },
	internal: { where: "socket, join, HTTP", when: "the server failed, and kept nothing of it", what: LATER },
	bad_room: { where: "join, HTTP", when: "no name of a room: see T-4", what: FAULT },
	bad_request: {
		where: "join, HTTP",
		when: "the query, a header or the subprotocols are not what they should be",
		what: FAULT,
	},
	unauthorized: {
		where: "join, HTTP",
		when: "no token where one is asked for, or one that is not good",
		what: "Get a new token; without one, tell the person.",
	},
	origin_refused: {
		where: "join, HTTP",
		when: "a page of an origin that is not listed",
		what: "The deployer lists it under `ALLOWED_ORIGINS`.",
	},
	banned: { where: "join, HTTP", when: "a moderator banned this member or its address", what: TELL },
	room_locked: { where: "join, HTTP", when: "nobody new may come in until a moderator opens it", what: TELL },
	room_full: {
		where: "join",
		when: "as many sessions as a room holds, or a room that is too busy to welcome more",
		what: "Join again after `retryAfterMs`.",
	},
	newer_schema: {
		where: "join, HTTP",
		when: "a deploy is under way, and the room is ahead of this server",
		what: "Join again after `retryAfterMs`.",
	},
	method_not_allowed: {
		where: "HTTP",
		when: "a method that the address does not take",
		what: "`Allow` says which it takes.",
	},
	upgrade_required: { where: "HTTP", when: "an upgrade to anything but `websocket`", what: FAULT },
	not_configured: {
		where: "socket, HTTP",
		when: "what is asked for needs a binding or a secret that this server lacks: a job or an event that is checked first, search and lists of rooms, a route for operators. Nothing of it is kept",
		what: "The deployer sets what the sentence names.",
	},
	trimmed: {
		where: "HTTP",
		when: "`after` or `epoch` is no longer kept",
		what: "Read from the floor, knowing that something is missing.",
	},

	precondition_failed: {
		where: "HTTP",
		when: "the entry is not what `If-Match` or `If-None-Match` expects",
		what: "Look at what it is, which the answer tells, and set it anew.",
	},
};

/** The same of close codes. */
export const CLOSE_WORDS: Readonly<Record<keyof typeof CLOSE, { when: string; what: string }>> = {
	restarting: { when: "the room begins anew, or failed at this join", what: "Come back with the cursor." },
	tooSlow: { when: "what was sent was not read: see S-3", what: "Come back with the cursor." },
	heartbeatLost: { when: "nothing was heard for 75 s", what: "Come back with the cursor." },
	tokenRefused: {
		when: "the token has expired or was refused",
		what: "Get a new token first; without a way to get one, stop.",
	},
	busy: {
		when: "too much at once, of you or of everyone",
		what: "Come back with the cursor, after the `retryAfterMs` of the `error` before it and the backoff.",
	},
	removed: { when: "a moderator removed you", what: "Stop. The person may choose to join again." },
	banned: { when: "a moderator banned you", what: "Stop." },
	wiped: { when: "the room was wiped: nothing that was said is kept", what: "Stop, and show nothing of it any more." },
	violated: { when: "too many messages were malformed or refused: see L-4, L-5", what: "Stop, and mend the client." },
	forbidden: { when: "the join was refused for good; the `error` before it says why", what: "Stop." },
	replaced: {
		when: "a newer session of the same member took the place of this one",
		what: "Stop. Do not fight over it.",
	},
};
