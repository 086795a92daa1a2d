/** The archive's tables in the test's own database: a reset takes them, and an isolate brings them up only once. */
import { env } from "cloudflare:workers";
import { bringUp, STEPS } from "../../src/jobs/archive/schema.ts";

export function bringUpArchive(): Promise<void> {
	return bringUp(env.ARCHIVE, STEPS);
}

/** Only some of the steps, for an archive from before the others: from `from` up to `to`, which is not run. Where it is not said, to the last. */
export function bringUpSteps(from: number, to = STEPS.length): Promise<void> {
	return bringUp(env.ARCHIVE, STEPS.slice(from, to));
}
