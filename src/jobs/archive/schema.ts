/** Brings the archive's database up by itself, so that a plain `wrangler dev` or `wrangler deploy` is enough. */
import first from "./migrations/0001_archive.sql";
import second from "./migrations/0002_words.sql";

const MIGRATIONS = [first, second];

let isReady = false;

/**
 * Until it has succeeded once in an isolate, each caller does it for itself: a request must not wait for
 * another's, which may end in the middle. Every statement may run again, so two at once do no harm.
 */
export async function ready(db: D1Database): Promise<void> {
	if (isReady) return;
	await bringUp(db);
	isReady = true;
}

async function bringUp(db: D1Database): Promise<void> {
	const statements = MIGRATIONS.flatMap((file) => file.split(/\n\s*\n/)).map((statement) => db.prepare(statement));
	await db.batch(statements);
}
