/** The archive's tables in the test's own database: a reset takes them, and an isolate brings them up only once. */
import { env } from "cloudflare:workers";
import first from "../../src/jobs/archive/migrations/0001_archive.sql";

export async function bringUpArchive(): Promise<void> {
	await env.ARCHIVE.batch(first.split(/\n\s*\n/).map((statement) => env.ARCHIVE.prepare(statement)));
}
