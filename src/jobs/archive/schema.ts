/** Brings the archive's database up by itself, so that a plain `wrangler dev` or `wrangler deploy` is enough. */
import first from "./migrations/0001_archive.sql";

const MIGRATIONS = [first];

let isReady: Promise<void> | null = null;

/** Once an isolate; every statement may run again, so two that start at once do no harm. */
export function ready(db: D1Database): Promise<void> {
	isReady ??= bringUp(db).catch((error: unknown) => {
		isReady = null;
		throw error;
	});
	return isReady;
}

async function bringUp(db: D1Database): Promise<void> {
	const statements = MIGRATIONS.flatMap((file) => file.split(/\n\s*\n/)).map((statement) => db.prepare(statement));
	await db.batch(statements);
}
