/** The bounds that someone who writes a client meets, as docs/protocol.md tells them: what, how much, and what follows. */
import * as limits from "../../src/protocol/limits.ts";

interface Bound {
	what: string;
	/** With its unit. */
	most: string;
	/** The code or close code that answers more. */
	answer: string;
}

const bytes = (count: number): string => (count % 1024 === 0 ? `${count / 1024} KiB` : `${count} bytes`);
const { DEFAULTS, BURST_SECONDS } = limits;
/** A rate and what a bucket of it holds. */
const rate = (perSecond: number, seconds = BURST_SECONDS): string =>
	`${perSecond} a second, ${perSecond * seconds} at once`;
const byteRate = (perSecond: number, seconds: number): string =>
	`${bytes(perSecond)} a second, ${bytes(perSecond * seconds)} at once`;

/** Of one message or frame. */
export const SIZES: readonly Bound[] = [
	{ what: "a frame from a client, UTF-8", most: bytes(limits.FRAME_BYTES_MAX), answer: "`too_large`, without an `id`" },
	{ what: "messages in it", most: String(limits.MESSAGES_PER_FRAME_MAX), answer: "`too_large`, without an `id`" },
	{
		what: "depth of `data` or `state`, in arrays and objects",
		most: String(limits.DATA_DEPTH_MAX),
		answer: "`invalid`",
	},
	{ what: "an `id`", most: `1 to ${limits.ID_CHARS_MAX} UTF-16 units`, answer: "`invalid`" },
	{ what: "a `name`", most: `1 to ${limits.NAME_CHARS_MAX} UTF-16 units`, answer: "`invalid`" },
	{
		what: "`data` of a publish or job",
		most: `${bytes(DEFAULTS.EVENT_MAX_BYTES)}, of which a deployer may make up to ${bytes(limits.EVENT_BYTES_CEILING)}`,
		answer: "`too_large`",
	},
	{ what: "`data` of a signal", most: bytes(limits.SIGNAL_BYTES_MAX), answer: "`too_large`" },
	{ what: "a presence `state`", most: bytes(limits.PRESENCE_BYTES_MAX), answer: "`too_large`" },
	{ what: "`jobs` of a `received`", most: "100", answer: "`invalid`" },
	{
		what: "a frame from the room",
		most: bytes(limits.SERVER_FRAME_BYTES_MAX),
		answer: "more comes in several; one message that is larger goes alone",
	},
	{ what: "a frame of a replay", most: bytes(limits.REPLAY_FRAME_BYTES_MAX), answer: "the same" },
	{
		what: "a page of the history",
		most: `${limits.PAGE_EVENTS_MAX} events and ${bytes(limits.PAGE_BYTES_MAX)}`,
		answer: "`more` is true",
	},
	{
		what: "`members` of a welcome",
		most: `${limits.ROSTER_SAMPLE_MEMBERS_MAX} and ${bytes(limits.MEMBERS_BYTES_MAX)}`,
		answer: "`count` is exact",
	},
	{ what: "a token", most: `${limits.TOKEN_CHARS_MAX} characters`, answer: "`unauthorized`" },
];

/** Over time. */
export const RATES: readonly Bound[] = [
	{ what: "publishes", most: `${rate(DEFAULTS.PUBLISH_PER_SECOND)}; the deployer sets it`, answer: "`rate_limited`" },
	{
		what: "publishes of all members of a room",
		most: `${rate(DEFAULTS.ROOM_PUBLISH_PER_SECOND)}; the deployer sets it`,
		answer: "`rate_limited`",
	},
	{
		what: "repeats of publishes and jobs",
		most: `${rate(limits.REPEATS_PER_SECOND, limits.REPEATS_BURST_SECONDS)}; an answer with an outcome counts once more for each ${limits.REPEAT_UNITS} characters`,
		answer: "`rate_limited`",
	},
	{
		what: "signals",
		most: `${rate(DEFAULTS.SIGNAL_PER_SECOND)}; the deployer sets it`,
		answer: "`rate_limited`, without an `id`",
	},
	{
		what: "what the app's rules take to decide on one's events",
		most: "some 80 ms of the room's time a second, half of that at once; a third of it for everyone together",
		answer: "`rate_limited`",
	},
	{ what: "presence states", most: rate(limits.PRESENCE_PER_SECOND), answer: "`rate_limited`, without an `id`" },
	{
		what: "pages of the history, and whatever is read over HTTP",
		most: rate(limits.HISTORY_PER_SECOND),
		answer: "`rate_limited`",
	},
	{
		what: "reads of a room by all operators, and of all rooms at one place",
		most: rate(limits.OPERATOR_READS_PER_SECOND),
		answer: "`rate_limited`",
	},
	{ what: "jobs that are asked for", most: rate(limits.JOB_PER_SECOND), answer: "`rate_limited`" },
	{ what: "moderation", most: rate(limits.MODERATE_PER_SECOND), answer: "`rate_limited`" },
	{
		what: "what a member says: `data` and `state` as JSON, together",
		most: byteRate(limits.MEMBER_BYTES_PER_SECOND, limits.MEMBER_BYTES_BURST_SECONDS),
		answer: "`rate_limited`",
	},
	{
		what: "what a room tells: that, times the sessions that hear it",
		most: byteRate(limits.FANOUT_BYTES_PER_SECOND, limits.FANOUT_BURST_SECONDS),
		answer: "`rate_limited`",
	},
	{
		what: "jobs and held publishes of a member without an outcome",
		most: `${DEFAULTS.JOBS_MAX_PENDING_PER_MEMBER}; the deployer sets it`,
		answer: "`too_many_jobs`",
	},
	{ what: "malformed messages of a session", most: `${limits.MALFORMED_PER_MINUTE_MAX - 1} a minute`, answer: "4503" },
	{
		what: "refusals of a session",
		most: rate(limits.REFUSALS_PER_SECOND, limits.REFUSALS_SECONDS),
		answer: "`overloaded` and 4004; 4503 where it is so again within a minute",
	},
	{
		what: "what waits for the room's next turn",
		most: `${limits.INBOX_MESSAGES_MAX} messages and ${bytes(limits.INBOX_BYTES_MAX)}, and of one session ${bytes(limits.INBOX_SESSION_BYTES_MAX)} while it is over half full`,
		answer: "`overloaded`, for each `id`; 4004 where that is not heeded",
	},
	{
		what: "sessions of a member",
		most: `${DEFAULTS.MEMBER_MAX_SESSIONS}; the deployer sets it`,
		answer: "the one that was silent longest is closed 4505",
	},
	{ what: "sessions of a room", most: `${DEFAULTS.ROOM_MAX_SESSIONS}; the deployer sets it`, answer: "`room_full`" },
];
