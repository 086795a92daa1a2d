/**
 * Every bound of a room and its clients, with its unit last in its name; those of jobs are in job-limits.ts, those of
 * the state in state-limits.ts, those of what a page loads late in speech-limits.ts and stream-limits.ts, and what the
 * platform allows in platform-limits.ts. What a deployer may change has its default here and its parser in settings.ts; the rest is fixed.
 */

// A client's frame.
export const FRAME_BYTES_MAX = 64 * 1024;
export const MESSAGES_PER_FRAME_MAX = 100;
export const DATA_DEPTH_MAX = 32;
export const ID_CHARS_MAX = 64;
/** Jobs that one `received` names. */
export const RECEIVED_JOBS_MAX = 100;
export const NAME_CHARS_MAX = 64;
/** A display name, in letters as people count them (grapheme clusters). */
export const NAME_LETTERS_MAX = 64;
/** And in bytes: a letter can be written in any number of code points. Four each, as many as the rarest single one takes. */
export const NAME_BYTES_MAX = 256;
export const SIGNAL_BYTES_MAX = 4 * 1024;
export const PRESENCE_BYTES_MAX = 2 * 1024;
export const MALFORMED_PER_MINUTE_MAX = 20;

/** A link in a text; what is longer is no link. Browsers and servers agree on addresses of about this length. */
export const LINK_CHARS_MAX = 2_000;
/** Links of one text that are links; to draw one costs a page some 0.2 ms, and 32 KiB hold thousands. */
export const LINKS_PER_TEXT_MAX = 100;

// A server's frame, and the parts that are cut to fit it.
export const SERVER_FRAME_BYTES_MAX = 256 * 1024;
export const PAGE_BYTES_MAX = 128 * 1024;
export const PAGE_EVENTS_MAX = 200;
export const PAGE_EVENTS_DEFAULT = 50;
export const REPLAY_EVENTS_MAX = 1000;
/** What is replayed comes in frames that a line of 6 KB/s gets through before its client gives up. */
export const REPLAY_FRAME_BYTES_MAX = 32 * 1024;
/** The members that a welcome names. */
export const MEMBERS_BYTES_MAX = 32 * 1024;
export const ROSTER_SAMPLE_MEMBERS_MAX = 200;

// What a room holds while it waits for its next turn.
export const TURN_BYTES_MAX = 1024 * 1024;
/** How long a burst in a large room waits at most for its turn. */
export const TURN_WINDOW_MS_MAX = 50;
/** Audiences up to this need no window: measured, with 100 members any window only delays. */
export const WINDOWLESS_SESSIONS_MAX = 200;
/** So many sessions more make the window a millisecond longer: their frames take the platform about as long. */
export const SESSIONS_PER_WINDOW_MS = 40;
/** How often a turn is put off at most because more arrives: each time for one macrotask, so that none waits long. */
export const POSTPONEMENTS_MAX = 16;
export const INBOX_MESSAGES_MAX = 10_000;
export const INBOX_BYTES_MAX = 16 * 1024 * 1024;
/** What one session, and all guests of one address, may have waiting while the inbox is over half full. A client that comes back sends at most 100 publishes of 32 KiB before it waits for an answer: that fits a session's share. */
export const INBOX_SESSION_BYTES_MAX = 4 * 1024 * 1024;
export const INBOX_ADDRESS_BYTES_MAX = 8 * 1024 * 1024;
/** What a session may be refused while the inbox is full before it is closed 4004: naming the ids means to look it through. In UTF-16 units of text that take as long. */
export const OVERLOAD_EFFORT_MAX = 1024 * 1024;
/** The least that a refusal counts for, however short what it refuses: it is answered all the same. */
export const REFUSAL_EFFORT_MIN = 256;
/** What a turn takes to decode, in UTF-16 units of text that take as long (weight.ts): at most some 40 ms. */
export const TURN_EFFORT_MAX = 1024 * 1024;
/** What a message takes beside its text: to look its id up, to decide, to store it; some 50 µs while the engine is cold. */
export const MESSAGE_EFFORT = 1_200;
/** What one session has of it where a turn cannot take all that waits. */
export const TURN_SESSION_EFFORT_MAX = 128 * 1024;
/** The same for all guests of one address. */
export const TURN_ADDRESS_EFFORT_MAX = 256 * 1024;
/** How much of a turn those of one address may have where nobody else wants it: three quarters, so that who comes next waits some 30 ms. With 64 bytes a message that is 528 of them a turn. */
export const TURN_ALONE_EFFORT_MAX = 768 * 1024;
/** In steps of so much, who has less to say comes first in such a turn. */
export const TURN_ROUND_EFFORT = 4 * 1024;
/** Frames of one session between two turns for which everyone else may have to wait: more small ones than a client has in flight. */
export const FRAMES_AT_ONCE_MAX = 128;
/** After so many beyond it, of all sessions together, everyone else's come first: at 12 µs each, 0.2 ms. */
export const FRAMES_BEYOND_MAX = 16;
/** A frame counts for one more with each so many units of text: 64 KiB take some 0.3 ms until they wait for their turn. */
export const FRAME_UNITS = 2 * 1024;
/** Joins that one turn takes: each is told who is here and what was said, some 64 KiB. */
export const TURN_JOINS_MAX = 32;

// Rates of one member, over all its sessions. A bucket holds BURST_SECONDS of its rate.
export const PRESENCE_PER_SECOND = 10;
/** Pages of the history by socket, and over HTTP whatever is read of a room: each costs about as much. */
export const HISTORY_PER_SECOND = 5;
/** What operators read of one room over HTTP, all together: a dashboard that looks at it once a second for each of 50 people. */
export const OPERATOR_READS_PER_SECOND = 50;
export const JOB_PER_SECOND = 5;
export const MODERATE_PER_SECOND = 20;
export const BURST_SECONDS = 2;
/** Pages for which one session waits that has not taken what it was sent: as many as it may ask for at once. */
export const PAGES_AWAITED_MAX = HISTORY_PER_SECOND * BURST_SECONDS;
/** What a member may say a second, of JSON in UTF-16 units: publishes, asks, signals and presence together. A whole outbox of 32 KiB each passes in a minute. */
export const MEMBER_BYTES_PER_SECOND = 256 * 1024;
export const MEMBER_BYTES_BURST_SECONDS = 8;
/** What a room tells all of its members a second: what is said, times those who hear it. Measured: 200 members hear 32 KiB in some 25 ms, so at this rate a seventh of the room's time goes into it, and half a second's worth at once holds nobody up for 100 ms. */
export const FANOUT_BYTES_PER_SECOND = 32 * 1024 * 1024;
export const FANOUT_BURST_SECONDS = 0.5;
/** Of presence apart, so that 200 members who come at once may each show 2 KiB: one alone has no more than 20 at once. */
export const PRESENCE_FANOUT_BURST_SECONDS = 3;
/** Refusals of one session: more than so many a second for so long, and it is closed; within a minute again, for good. */
export const REFUSALS_PER_SECOND = 100;
export const REFUSALS_SECONDS = 10;
export const REFUSALS_MEMORY_MS = 60_000;
/** Publishes and asks that were made before, each a look into a table and an answer. A whole outbox that is sent again passes at once. */
export const REPEATS_PER_SECOND = 100;
export const REPEATS_BURST_SECONDS = 12;
/** An answer to a repeat costs one token more for each so many characters that it holds: a job's outcome is up to 32 KiB. */
export const REPEAT_UNITS = 256;
export const BUCKETS_KEPT_MAX = 20_000;

// Life, grace and sweeps. A dead session is found at the latest
// SEEN_REFRESH_MS + SILENCE_MS_MAX + SWEEP_INTERVAL_MS_MIN = 115 s after it was last heard (G9: 2 minutes).
export const HEARTBEAT_MS = 20_000;
export const PONG_MS_MAX = 10_000;
export const SILENCE_MS_MAX = 75_000;
export const SWEEP_INTERVAL_MS_MIN = 30_000;
/** Of a member who is alone, whom nobody sees: G9 promises ten minutes, and each look wakes a room that sleeps. */
export const ALONE_SWEEP_INTERVAL_MS = 600_000;
export const SEEN_REFRESH_MS = 10_000;
export const GRACE_MS = 10_000;

// How long things are kept.
export const IDEMPOTENCY_MS = 24 * 3_600_000;
export const IDEMPOTENCY_PUBLISHES = 1_000_000;
export const KEY_SWEEP_MS = 3_600_000;
export const YOUNG_EVENT_MS = 60_000;
export const EMPTY_ROOM_MS = 24 * 3_600_000;
/** How long after an alarm failed it is tried again. */
export const ALARM_RETRY_MS = 30_000;
/** What one alarm takes from the history, in rows and in bytes. Then it rests as long as a wipe does for as many rows beyond those that came meanwhile. Measured: 2 MiB are freed in some 10 ms. */
export const TRIM_ROWS_MAX = 2_000;
export const TRIM_BYTES_MAX = 2 * 1024 * 1024;

/** What one piece removes of what was wiped, and how long until the next. Rows written cost, and nobody waits: so it is 8,000 a second, and a million keys go in two minutes. Measured: 2 MiB, or 2,000 keys, in some 5 ms. */
export const REMAINS_ROWS_MAX = 2_000;
export const REMAINS_BYTES_MAX = 2 * 1024 * 1024;
export const REMAINS_PAUSE_MS = 250;
/** A table of at most so many rows is emptied at once: a new name costs about as much. */
export const REMAINS_AT_ONCE_ROWS_MAX = 100;
/** A table of small rows that holds no more is dropped whole: that is a matter of a millisecond, and counts no row as written. */
export const REMAINS_DROP_ROWS_MAX = 10_000;

// The client.
export const BACKOFF_MS_MIN = 250;
export const BACKOFF_MS_MAX = 30_000;
export const RETRY_MS_DEFAULT = 1_000;
/** When to join again a room that is full: seldom enough that thousands who wait leave it time for those who are in. */
export const FULL_RETRY_MS = 10_000;
/** And one that newer code has written: a deploy reaches every place within a minute or so. */
export const NEWER_SCHEMA_RETRY_MS = 30_000;
/** A page's own token function has this long: it may ask a login that asks a person. */
export const CLIENT_TOKEN_MS_MAX = 30_000;
/** A socket that has not opened by then hangs: a slow line opens one in two seconds, and two that hang leave time for another way. */
export const CLIENT_OPEN_MS_MAX = 8_000;
/** Of one that is open, the longest silence before it is let in. On 6 KB/s a frame of 32 KiB takes six seconds. */
export const CLIENT_CONNECT_MS_MAX = 15_000;
/** An attempt that is this old when the page or the network is back was begun in another world: it is begun anew. */
export const CLIENT_HANG_MS = 4_000;
/** Two sockets may fail by accident; after so many in a row that came to nothing though the room is there, something on the way forbids them, and a stream goes around it. */
export const CLIENT_SOCKETS_IN_VAIN = 2;
/** Events that are held for those who begin to listen late; older ones are asked for. */
export const CLIENT_FEED_EVENTS_MAX = 200;
/** How long a page that was just reloaded may still have the guest's lock. */
export const GUEST_LOCK_MS_MAX = 1_000;
/** The largest EVENT_MAX_BYTES that a deployer may set: an event must fit a client's frame. */
export const EVENT_BYTES_CEILING = 61_440;
/** Defaults of what a deployer sets in `[vars]`. */
export const DEFAULTS = {
	PUBLISH_PER_SECOND: 50,
	SIGNAL_PER_SECOND: 100,
	ROOM_PUBLISH_PER_SECOND: 2000,
	EVENT_MAX_BYTES: 32_768,
	HISTORY_MAX_EVENTS: 10_000,
	HISTORY_MAX_AGE_DAYS: 30,
	HISTORY_MAX_BYTES: 1024 ** 3,
	ROOM_MAX_SESSIONS: 5000,
	MEMBER_MAX_SESSIONS: 10,
	JOBS_MAX_PENDING_PER_MEMBER: 20,
	ARCHIVE_MAX_AGE_DAYS: 0,
	WEBHOOK_MAX_EVENTS: 100,
	WEBHOOK_MAX_BYTES: 65_536,
	STATE_MAX_ENTRIES: 4_096,
	STATE_MAX_BYTES: 4 * 1024 * 1024,
	STATE_MAX_AGE_DAYS: 365,
} as const;
// The door.
/** How often the Worker sees whether a stream is still read, and pings its session: three times in SILENCE_MS_MAX with time to spare, and before a proxy takes it for idle. */
export const STREAM_PING_MS = 10_000;
/** What the Worker holds of a stream that its reader has not taken: as much as a socket may hold before its session is paused. */
export const STREAM_UNTAKEN_BYTES_MAX = 1024 * 1024;
/** The period of the per-address limits in wrangler.toml, ms. */
export const DOOR_PERIOD_MS = 60_000;
/** Names of headers that a preflight asks for: Datadog's are some ten, and a browser names none twice. */
export const PREFLIGHT_HEADERS_MAX = 20;
/** A JWKS server that is slower refuses joins, and harms nobody inside. */
export const JWKS_MS_MAX = 2_500;
export const JWKS_BYTES_MAX = 256 * 1024;
/** How soon after a fetch an unknown key may cause another. */
export const JWKS_COOLDOWN_MS = 2_000;
export const JWKS_CACHE_MS = 10 * 60_000;
export const TOKEN_CHARS_MAX = 8_192;
/** An HS256 key is at least as long as its hash (RFC 7518 section 3.2). */
export const TOKEN_SECRET_BYTES_MIN = 32;
/** Twelve random letters and digits are 71 bits: more than anyone tries over a network. */
export const OPERATOR_KEY_CHARS_MIN = 12;
/** By the Standard Webhooks specification. */
export const WEBHOOK_SECRET_BYTES_MIN = 24;
/** How far a token's `nbf` and `iat` may be ahead: what clocks that are kept by NTP differ by at the worst, and no more. */
export const TOKEN_AHEAD_SECONDS_MAX = 30;
/** A time in seconds that is in the year 5138; one in milliseconds of today is beyond it. */
export const TOKEN_SECONDS_MAX = 100_000_000_000;
/** Guests of one address together have so many members' worth of every bucket. */
export const GUESTS_PER_ADDRESS_WORTH = 20;
/** Of a guest without a socket, whom its room knows by its address alone: all who share that address share their keys, and no two of them think of the same sixteen characters. A random UUID has 36. */
export const GUEST_KEY_CHARS_MIN = 16;
/** Bans and mutes that a room keeps; the soonest to expire go first. */
export const SANCTIONS_MAX = 10_000;
/** Of how many guests who left, and for how long, the address is kept for a ban: so long a moderator may take to act. Each costs a row written. */
export const DEPARTED_MAX = 1_000;
export const DEPARTED_MS = 600_000;
export const SANCTION_SECONDS_MAX = 100 * 365 * 86_400;
/** What one turn of an erasure looks at, in rows and in bytes, and what it takes back; it goes on in the next. Measured: 512 KiB in some 10 ms. */
export const ERASE_ROWS_MAX = 100;
export const ERASE_BYTES_MAX = 512 * 1024;
export const ERASE_EVENTS_MAX = 50;
/** How far behind an event what a job made of it is looked for, where it was stored before there was an index: a job is done within some hundreds of events. */
export const UNINDEXED_ROWS_MAX = 500;
/** The jobs that one turn of an erasure looks at; of what they hold it takes as many bytes as of events. Then it rests as long as a wipe does for as many rows. */
export const ERASE_JOBS_MAX = 2_000;
/** How soon the alarm goes on with an erasure that a crash cut off. */
export const ERASE_RETRY_MS = 1_000;

// Members that do not read.
/** A session whose socket holds more unsent bytes is paused. */
export const BUFFER_PAUSE_BYTES = 1024 * 1024;
/** It is caught up when its socket holds less than this. */
export const BUFFER_RESUME_BYTES = 256 * 1024;
/** One whose socket was not once found empty for so long is paused as soon as it holds as much: it may be gone, and nobody said so. */
export const BEHIND_MS_MAX = 5_000;
/** What a paused session may still be told that concerns it alone. */
export const PAUSED_PRIVATE_BYTES_MAX = 64 * 1024;
/** A paused socket that has taken nothing for so long is closed. */
export const STUCK_MS_MAX = 60_000;
/** Unsent bytes of all sockets of a room together, closing ones included. */
export const BUFFERED_BYTES_MAX = 32 * 1024 * 1024;
/** So many turns' shared parts fill them: a turn tells so much less where more hear it. Measured with 16 KiB a message and 100 members, a third delivers 1.4 times what a quarter does; half makes turns of 75 ms. */
export const TURNS_BUFFERED = 3;
/** The newest events that are held in memory while somebody is behind, in UTF-16 units (8 MiB at most): four times what fills a socket (BUFFER_PAUSE_BYTES), so that few are further behind. */
export const RECENT_UNITS_MAX = 4 * 1024 * 1024;
/** What holding an event takes beside its text, in the same units. */
export const RECENT_EVENT_UNITS = 200;
/** What one page of a replay holds at least where so many catch up at once that their sockets together would hold too much. */
export const REPLAY_PAGE_BYTES_MIN = 16 * 1024;
/** What one turn tells single sessions of what is stored, together: welcomes, pages, replays and owed outcomes. UTF-16 units. */
export const TURN_PRIVATE_UNITS_MAX = 1024 * 1024;
export const FLOW_POLL_MS = 25;
/** How often a socket is looked at that has not taken what it was last sent, though nothing more is sent. */
export const STILL_POLL_MS = 1_000;
/** When nobody has said anything for so long, closed sockets that hold their buffers may no longer keep a room awake. */
export const QUIET_MS = 120_000;
