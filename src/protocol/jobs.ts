/** Jobs as they cross a queue and the wire: how one is referred to, how it stands, and what a check says. */
import * as v from "valibot";

/** How a job stands, as operators see it. */
export const JOB_STATES = ["waiting", "sent", "done", "failed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What travels through a queue: always a reference, never content. */
export const JobRef = v.object({
	v: v.literal(1),
	room: v.string(),
	epoch: v.string(),
	job: v.string(),
	/** Which time the room sends it, from 1. */
	run: v.pipe(v.number(), v.safeInteger()),
	/** Where the server was last reached. */
	host: v.optional(v.string()),
});
export type JobRef = v.InferOutput<typeof JobRef>;

const REFUSED = "It is not welcome in this room.";

/** What a check says of an event: `clear`, or `refuse` with a sentence for its author. */
export const Verdict = v.variant("verdict", [
	v.object({ verdict: v.literal("clear") }),
	v.object({ verdict: v.literal("refuse"), reason: v.fallback(v.string(), REFUSED) }),
]);
export type Verdict = v.InferOutput<typeof Verdict>;

/** The verdict that a check's result is; null where it is none. */
export function verdictIn(result: unknown): Verdict | null {
	const verdict = v.safeParse(Verdict, result);
	return verdict.success ? verdict.output : null;
}
