/** Reading the archive: search across rooms, the directory of rooms, and letters that nobody could deliver. */
import { ready } from "./schema.ts";

export interface Found {
	room: string;
	epoch: string;
	seq: number;
	at: number;
	from: string;
	author: string;
	name: string;
	data: unknown;
}

/** Events that hold all the words of `query`, the newest first. `room` null searches every room. */
export async function search(db: D1Database, query: string, room: string | null, limit: number): Promise<Found[]> {
	await ready(db);
	const words = query.normalize("NFC").match(/[\p{L}\p{N}]+/gu) ?? [];
	if (words.length === 0) return [];
	const { results } = await db
		.prepare(
			`select e.room, e.epoch, e.seq, e.at, e.member as "from", e.author, e.name, e.data
			from event_text join events e on e.id = event_text.rowid
			where event_text match ?1 and e.redacted = 0 and (?2 is null or e.room = ?2)
			order by e.at desc, e.id desc limit ?3`,
		)
		// Each word in quotes: nothing that people type is an operator.
		.bind(words.map((word) => `"${word}"`).join(" "), room, limit)
		.all<Omit<Found, "data"> & { data: string }>();
	return results.map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
}

export interface RoomLine {
	room: string;
	members: number;
	head: number;
	/** When something last happened there, Unix ms. */
	activeAt: number;
}

/** The rooms that were last active, the newest first. */
export async function directory(db: D1Database, limit: number): Promise<RoomLine[]> {
	await ready(db);
	const { results } = await db
		.prepare(`select room, members, head, active_at as "activeAt" from rooms order by active_at desc limit ?`)
		.bind(limit)
		.all<RoomLine>();
	return results;
}

/** Keeps a queue message whose room nobody can tell. */
export async function keepDeadLetter(db: D1Database, queue: string, body: string, reason: string): Promise<void> {
	await ready(db);
	await db
		.prepare("insert into dead_letters (at, queue, body, reason) values (?, ?, ?, ?)")
		.bind(Date.now(), queue, body, reason)
		.run();
}
