/**
 * The bounds of what a page says, each with its unit last in its name: they are loaded with what says it, and in
 * limits.ts they would be in what every page loads first.
 */

/** What waits for an answer, and of one's own sets what waits to be sent. */
export const CLIENT_OUTBOX_MAX = 1_000;
/** How often a message is sent that the room fails at: one at which it always does, as by a fault of the app's rules, ends. */
export const CLIENT_FAILED_TRIES_MAX = 10;
/** As many as the room takes in one frame. */
export const CLIENT_IN_FLIGHT_MAX = 100;
/** Presence and signals, by name and receiver, that may wait as their newest. */
export const CLIENT_NEWEST_MAX = 1_000;
/** How much of the room's rate is used: of a second's worth here not more than that arrives in a second there. */
export const CLIENT_NEWEST_SHARE = 0.9;
/** While the line holds more than this, what only its newest is worth waits; looked at again so soon. */
export const CLIENT_UNSENT_BYTES_MAX = 16 * 1024;
export const LINE_POLL_MS = 50;
/** How often a function that makes an entry's next value of its last is asked anew, because another was first. Of those who set one entry at once one gets through each time: so many may. */
export const CLIENT_SET_TRIES_MAX = 100;
