/** The archive's tables in the test's own database: a reset takes them, and an isolate brings them up only once. */
import { env } from "cloudflare:workers";
import { bringUp, STEPS } from "../../src/jobs/archive/schema.ts";

export function bringUpArchive(): Promise<void> {
	return bringUp(env.ARCHIVE, STEPS);
}
