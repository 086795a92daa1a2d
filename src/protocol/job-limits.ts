/** Every bound of the jobs: how many a room owes, what one turn or alarm takes of them, and what a kind fetches and sends. */

// What a room owes.
export const JOBS_PENDING_MAX = 10_000;
/** Of these, what events start may take so many: a card that is missing harms less than a check or an answer for which there is no room, so 2,000 are left to those. Beyond it an event starts nothing, and is published all the same. */
export const JOBS_STARTED_MAX = 8_000;
/** With these, what is reviewed may take so many: an event that cannot be reviewed is refused, and 1,000 are left to what others hold and ask for. A member and an address have as many reviews as cards. */
export const JOBS_REVIEWED_MAX = 9_000;
/** Of one member: ten seconds of its publishes at their default rate, and so few that sixteen must work together. */
export const JOBS_STARTED_PER_MEMBER_MAX = 500;
/** Of one address, whose guests can be as many members as they like: a quarter of what there is. */
export const JOBS_STARTED_PER_ADDRESS_MAX = 2_000;
/** How often at most the operator reads how many were dropped. */
export const JOBS_DROPPED_TOLD_INTERVAL_MS = 60_000;
export const OUTCOME_KEPT_MS = 7 * 24 * 3_600_000;
export const OUTCOMES_OWED_PER_MEMBER_MAX = 200;
/** What one alarm forgets of settled jobs, in rows and in bytes of what they hold. */
export const JOBS_TRIM_ROWS_MAX = 500;
export const JOBS_TRIM_BYTES_MAX = 2 * 1024 * 1024;
/** Held events that one turn takes up, because they are cleared or refused or have run out: each is read and written once more. Less where the audience is large. Measured: 1 MiB of them took 110 ms in a room of 20. */
export const HELD_BYTES_MAX = 256 * 1024;
/** Jobs that one turn hands over, and that one alarm looks at because they are due: a room that wakes may have 10,000 of them. */
export const JOBS_DUE_MAX = 500;
/** What a turn hands to the queue: one batch of its, of which each takes some milliseconds while the engine is cold. */
export const JOBS_SENT_MAX = 100;
/** Numbers of jobs that one page of their list looks through, twice, where it wants those that are done, or that failed before there was an index of these: so that OPERATOR_READS_PER_SECOND pages read at most 50,000 rows a second. */
export const JOBS_LOOKED_AT_MAX = 500;
/** What a listed job takes of a page beside its outcome, at most: its id, kind, member and numbers. */
export const JOB_HEAD_BYTES_MAX = 512;
/** Dead letters that are kept, and how much of each is shown: in a page of 200 of them 800 KiB at most. */
export const DEAD_LETTERS_KEPT_MAX = 10_000;
export const DEAD_LETTER_UNITS_MAX = 4_096;
/** How long an attempt to hand a job to the queue may hang before it is tried again. */
export const SEND_MS_MAX = 60_000;
export const SEND_RETRY_MS = 5_000;
export const HOLD_MS_DEFAULT = 5 * 60_000;
export const RANGE_EVENTS_MAX = 500;
export const RANGE_BYTES_MAX = 1024 * 1024;
/** How long events gather for the next range after one that left little behind. */
export const RANGE_PAUSE_MS = 1_000;
/** When a range that failed is tried again, where its consumer does not say when. */
export const RANGE_RETRY_MS = 60_000;
/** So long a receiver may ask to be left alone: a day. */
export const RANGE_RETRY_MS_MAX = 24 * 3_600_000;
/** So many events in a row that a receiver will not take are no fault of theirs: the order is held. */
export const RANGE_ASIDE_MAX = 10;
/** How long a change of the count alone may wait until the directory hears of it. */
export const DIRECTORY_LAG_MS = 10_000;
/** A kind's result as JSON. */
export const OUTCOME_BYTES_MAX = 32 * 1024;
/** Rows from before an index changed that one range writes again: at most some 6 MB, and far less as a rule. */
export const ARCHIVE_RECUT_ROWS_MAX = 100;
/** Matches that a search reads, the newest; a page of results is far smaller. */
export const SEARCH_MATCHES_MAX = 1_000;

// What kinds fetch, send and write.
export const UNFURL_MS_MAX = 5_000;
/** What is read of a page that someone linked to: what it says of itself stands at its beginning. */
export const UNFURL_BYTES_MAX = 512 * 1024;
export const UNFURL_REDIRECTS_MAX = 3;
/** Within so much of a page its encoding is looked for: browsers look through 1,024 bytes, and begin again where it comes a little later. */
export const ENCODING_WITHIN_BYTES = 8 * 1024;
export const CARD_TITLE_CHARS_MAX = 200;
export const CARD_DESCRIPTION_CHARS_MAX = 400;
/** How much of a card's text is looked at: an entity is written in up to some thirty characters. */
export const CARD_RAW_CHARS_MAX = 16 * 1024;
/** How many elements are asked what they say: pages have some dozens, and each is a call out of the reader and back. */
export const CARD_METAS_MAX = 500;
/** How long a webhook's receiver may take. */
export const WEBHOOK_ANSWER_MS_MAX = 10_000;
/** Expired rows that one range removes from the archive. */
export const ARCHIVE_EXPIRE_ROWS_MAX = 1_000;
/** What is searched for. */
export const SEARCH_CHARS_MAX = 200;
/** What the body of a delivery holds beside its events, with a room's name of 64 characters: some 180 bytes. */
export const WEBHOOK_ENVELOPE_BYTES = 256;
/** Characters of a room's mark in a cursor of the directory: 48 bits of a digest, of which two in a directory of a million rooms are hardly the same. */
export const ROOM_MARK_CHARS = 8;
