/**
 * Brings the archive's database up by itself, so that a plain `wrangler dev` or `wrangler deploy` is enough.
 *
 * What it has seen stands in `d1_migrations`, the table in which `wrangler d1 migrations apply` keeps the same: so
 * whichever of the two comes first does a step, and the other one leaves it. An archive without that table is one of
 * the first step, whose every statement may run again.
 *
 * A step is one file, is never changed once it is published, and is one transaction with its row in that table. While
 * a deploy is under way the code before it writes too: what that writes must stay valid.
 */
import first from "./migrations/0001_archive.sql";
import second from "./migrations/0002_words.sql";
import third from "./migrations/0003_erasing.sql";
import fourth from "./migrations/0004_of.sql";

export interface Step {
	/** The file's. */
	name: string;
	sql: string;
}

/** Every file of the folder, in order. */
export const STEPS: readonly Step[] = [
	{ name: "0001_archive.sql", sql: first },
	{ name: "0002_words.sql", sql: second },
	{ name: "0003_erasing.sql", sql: third },
	{ name: "0004_of.sql", sql: fourth },
];

/** As wrangler makes it. */
const SEEN = `create table if not exists d1_migrations (
	id integer primary key autoincrement,
	name text unique,
	applied_at timestamp default current_timestamp not null
)`;

let isReady = false;

/**
 * Until it has succeeded once in an isolate, each caller does it for itself: a request must not wait for
 * another's, which may end in the middle.
 */
export async function ready(db: D1Database): Promise<void> {
	if (isReady) return;
	await bringUp(db, STEPS);
	isReady = true;
}

/** Takes the steps that the database has not seen, in order. */
export async function bringUp(db: D1Database, steps: readonly Step[]): Promise<void> {
	const seen = await seenIn(db);
	for (const step of steps) if (!seen.has(step.name)) await take(db, step);
}

async function seenIn(db: D1Database): Promise<Set<string>> {
	const [, seen] = await db.batch<{ name: string }>([db.prepare(SEEN), db.prepare("select name from d1_migrations")]);
	return new Set(seen?.results.map(({ name }) => name));
}

/** Two at once: names are unique, so the row of the second fails, and with it all of its batch. */
async function take(db: D1Database, { name, sql }: Step): Promise<void> {
	const statements = sql.split(/\n\s*\n/).map((statement) => db.prepare(statement));
	try {
		await db.batch([db.prepare("insert into d1_migrations (name) values (?)").bind(name), ...statements]);
	} catch (error) {
		if (!(await seenIn(db)).has(name)) throw error;
	}
}
