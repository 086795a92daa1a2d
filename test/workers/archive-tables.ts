/** The archive's tables in the test's own database: a reset takes them, and an isolate brings them up only once. */
import { env } from "cloudflare:workers";
import first from "../../src/jobs/archive/migrations/0001_archive.sql";
import second from "../../src/jobs/archive/migrations/0002_words.sql";

/** The steps in their order, one file each. */
const STEPS = [first, second];

export async function bringUpArchive(): Promise<void> {
	await bringUpSteps(0, STEPS.length);
}

/** Only some of the steps, for an archive from before the others: from `from` up to `to`, which is not run. */
export async function bringUpSteps(from: number, to: number): Promise<void> {
	const statements = STEPS.slice(from, to).flatMap((step) => step.split(/\n\s*\n/));
	await env.ARCHIVE.batch(statements.map((statement) => env.ARCHIVE.prepare(statement)));
}
