/** What it costs to say something: the bytes that its sender may say, and those that everyone is sent of it. */
import {
	FANOUT_BURST_SECONDS,
	FANOUT_BYTES_PER_SECOND,
	MEMBER_BYTES_BURST_SECONDS,
	MEMBER_BYTES_PER_SECOND,
	PRESENCE_FANOUT_BURST_SECONDS,
	REFUSALS_PER_SECOND,
	REFUSALS_SECONDS,
	REPEATS_BURST_SECONDS,
	REPEATS_PER_SECOND,
} from "../protocol/limits.ts";
import {
	DECISION_EFFORT,
	MEMBER_DECISIONS_BURST_SECONDS,
	MEMBER_DECISIONS_EFFORT_PER_SECOND,
	ROOM_DECISIONS_BURST_SECONDS,
	ROOM_DECISIONS_EFFORT_PER_SECOND,
} from "../protocol/rules-limits.ts";
import type { Settings } from "../protocol/settings.ts";
import type { Buckets, Toll, Who } from "./buckets.ts";

/** What a repeat is taken from, of a publish and of a job that was asked for. */
export const REPEAT_TOLL: Toll = {
	what: "repeat",
	perSecond: REPEATS_PER_SECOND,
	burstSeconds: REPEATS_BURST_SECONDS,
};

/** What a refused post is taken from. A session that is refused as often is closed. */
export const REFUSAL_TOLL: Toll = {
	what: "refusal",
	perSecond: REFUSALS_PER_SECOND,
	burstSeconds: REFUSALS_SECONDS,
};

/** What there were too many of, by what each is taken from. */
const MANY: Readonly<Record<string, string>> = {
	read: "Too many reads",
	signal: "Too many signals",
	presence: "Too many presence states",
	job: "Too many jobs asked for",
	moderate: "Too many acts of moderation",
};

/** Said to one who does something too often. */
export function tooMany(what: string): string {
	return `${MANY[what] ?? "Too many messages"}; wait a little and try again.`;
}

/** Takes a token of the bucket of publishes, and of the room's: 0, or after how many ms there is one. */
export function takePublish(buckets: Buckets, who: Who, settings: Settings, now: number): number {
	const { publishPerSecond, roomPublishPerSecond } = settings;
	if (publishPerSecond === 0) return 0;
	return (
		buckets.takeFor(who, { what: "publish", perSecond: publishPerSecond }, now) ||
		buckets.take("", { what: "publish", perSecond: roomPublishPerSecond }, now)
	);
}

const SAID = { what: "bytes", perSecond: MEMBER_BYTES_PER_SECOND, burstSeconds: MEMBER_BYTES_BURST_SECONDS };
const SHOWN: Toll = {
	what: "presence fan-out",
	perSecond: FANOUT_BYTES_PER_SECOND,
	burstSeconds: PRESENCE_FANOUT_BURST_SECONDS,
};
const HEARD: Toll = { what: "fan-out", perSecond: FANOUT_BYTES_PER_SECOND, burstSeconds: FANOUT_BURST_SECONDS };

const DECIDED: Toll = {
	what: "decision",
	perSecond: MEMBER_DECISIONS_EFFORT_PER_SECOND,
	burstSeconds: MEMBER_DECISIONS_BURST_SECONDS,
	cost: DECISION_EFFORT,
};
const ALL_DECIDED: Toll = {
	...DECIDED,
	perSecond: ROOM_DECISIONS_EFFORT_PER_SECOND,
	burstSeconds: ROOM_DECISIONS_BURST_SECONDS,
};

/** Takes what any decision takes: 0, or after how many ms a rule is asked again. */
export function takeDecision(buckets: Buckets, who: Who, now: number): number {
	return buckets.takeFor(who, DECIDED, now) || buckets.take("", ALL_DECIDED, now);
}

/** What a decision has taken beyond that is owed. */
export function oweDecision(buckets: Buckets, who: Who, effort: number, now: number): void {
	const cost = effort - DECISION_EFFORT;
	buckets.oweFor(who, { ...DECIDED, cost }, now);
	buckets.owe("", { ...ALL_DECIDED, cost }, now);
}

/** What is said: so long, to so many. */
interface Load {
	units: number;
	audience: number;
	isPresence?: boolean;
}

/**
 * Takes what `units` of JSON cost, which `audience` sessions are sent.
 * @returns 0, or after how many ms it may be said again.
 */
export function takeBytes(buckets: Buckets, who: Who, load: Load, now: number): number {
	return (
		buckets.takeFor(who, { ...SAID, cost: load.units }, now) ||
		buckets.take("", { ...(load.isPresence === true ? SHOWN : HEARD), cost: load.units * load.audience }, now)
	);
}
