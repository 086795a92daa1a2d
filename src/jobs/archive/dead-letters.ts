/** Messages of a queue whose room nobody could tell: kept for operators to read, the newest DEAD_LETTERS_KEPT_MAX. */
import { DEAD_LETTER_UNITS_MAX, DEAD_LETTERS_KEPT_MAX } from "../../protocol/job-limits.ts";
import { ready } from "./schema.ts";

export interface DeadLetter {
	/** When it was given up, Unix ms. */
	at: number;
	queue: string;
	/** The message as JSON, cut to its first DEAD_LETTER_UNITS_MAX characters. */
	body: string;
	/** Why it came to nothing. */
	reason: string;
}

/** @param body as JSON. */
export async function keepDeadLetter(db: D1Database, queue: string, body: string, reason: string): Promise<void> {
	await ready(db);
	await db.batch([
		db
			.prepare("insert into dead_letters (at, queue, body, reason) values (?, ?, ?, ?)")
			.bind(Date.now(), queue, body, reason),
		db
			.prepare("delete from dead_letters where id <= (select max(id) from dead_letters) - ?")
			.bind(DEAD_LETTERS_KEPT_MAX),
	]);
}

/** A page of them, the newest first, and the cursor of the next; null where the cursor is none. */
export async function deadLettersPage(
	db: D1Database,
	limit: number,
	cursor: string | null,
): Promise<{ letters: DeadLetter[]; next?: string } | null> {
	if (cursor !== null && !/^[1-9][0-9]{0,14}$/.test(cursor)) return null;
	await ready(db);
	const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
	const { results } = await db
		.prepare(
			"select id, at, queue, substr(body, 1, ?) as body, reason from dead_letters where id < ? order by id desc limit ?",
		)
		.bind(DEAD_LETTER_UNITS_MAX, before, limit + 1)
		.all<DeadLetter & { id: number }>();
	const page = results.slice(0, limit);
	const letters = page.map(({ at, queue, body, reason }) => ({ at, queue, body, reason }));
	const last = page.at(-1);
	return results.length <= limit || last === undefined ? { letters } : { letters, next: String(last.id) };
}
