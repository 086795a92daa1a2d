/** The room, as far as the consumer needs it. */
import type { Outcome, Task } from "../protocol/outcome.ts";

export interface JobSource {
	/** What the job is, or null where it is no longer owed. An older run may still do it. */
	takeJob(epoch: string, job: string, run: number): Promise<Task | null>;
	/** Accepts `done` of any run and `failed` of the newest (or of none: `run` null); the rest is ignored. */
	settleJob(epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void>;
}
