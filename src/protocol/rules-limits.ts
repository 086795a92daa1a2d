/** The bounds of what an app's rules do, each with its unit last in its name. */

// Of one decision.
/** Entries that it reads: each that is not known in the turn yet is a statement of some 15 µs. */
export const DECISION_READS_MAX = 100;
/** What it reads, as JSON, in UTF-16 units: read as values, it takes some 10 ms at most. */
export const DECISION_READ_UNITS_MAX = 512 * 1024;
export const DECISION_SETS_MAX = 100;
export const DECISION_PUBLISHES_MAX = 16;
export const DECISION_JOBS_MAX = 4;
/** What it sets and publishes together, keys and names too, in bytes of JSON: one frame tells it. */
export const DECISION_WRITE_BYTES_MAX = 192 * 1024;
/** What a refusal says to its sender, in UTF-16 units; and its code, without the `app.` before it. */
export const REFUSAL_CHARS_MAX = 500;
export const APP_CODE_CHARS_MAX = 48;

// Of one turn.
/**
 * What all of its decisions take, in the units of text in which turns are weighed (MESSAGE_EFFORT): some 20 ms. What
 * comes after them waits for the next turn. One decision that takes more goes alone.
 */
export const TURN_DECISIONS_EFFORT_MAX = 512 * 1024;
/** What a decision takes beside what it touches; each entry that it reads or sets; each event and job that it adds. */
export const DECISION_EFFORT = 400;
export const DECISION_ENTRY_EFFORT = 500;
export const DECISION_EVENT_EFFORT = 1_200;
/** What is set and published is read from the rule, stored, and told to everyone: so much more than what is only read. */
export const DECISION_WRITTEN_WORTH = 3;

// Of a second, in the same units.
/**
 * What the decisions on one member's events take: some 80 ms of the room's time, and a thousand that read an entry and
 * set it. What is taken beyond that is owed: rules are asked for that member again when it is made up for.
 */
export const MEMBER_DECISIONS_EFFORT_PER_SECOND = 2 * 1024 * 1024;
export const MEMBER_DECISIONS_BURST_SECONDS = 0.5;
/** Those on everyone's: a third of the room's time. What may come at once holds nobody up for 100 ms. */
export const ROOM_DECISIONS_EFFORT_PER_SECOND = 8 * 1024 * 1024;
export const ROOM_DECISIONS_BURST_SECONDS = 0.25;

// Of a room.
/** Deadlines that wait, one of each name. */
export const DEADLINES_MAX = 100;
/** The soonest and the latest that one may be due, from when it is set. */
export const DEADLINE_MS_MIN = 1_000;
export const DEADLINE_MS_MAX = 365 * 24 * 3_600_000;

// On a page.
/**
 * Events of one's own whose rules are run ahead of the room. Whenever it tells something they are run anew, each as long
 * as in the room at most; of what is published beyond them, what the room says shows.
 */
export const PREDICTIONS_MAX = 32;
