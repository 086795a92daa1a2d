/** What travels through a queue, and what a room answers for it. Always a reference, never content. */
import * as v from "valibot";
import type { Outcome, Task } from "../protocol/outcome.ts";

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

/** The room, as far as the consumer needs it. */
export interface JobSource {
	/** What the job is, or null where it is no longer owed. An older run may still do it. */
	takeJob(epoch: string, job: string, run: number): Promise<Task | null>;
	/** Accepts `done` of any run and `failed` of the newest (or of none: `run` null); the rest is ignored. */
	settleJob(epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void>;
}
