/** Reading the archive: search across rooms, the directory of rooms, and letters that nobody could deliver. */
import { SEARCH_MATCHES_MAX } from "../../protocol/limits.ts";
import { ready } from "./schema.ts";
import { roomWord, termsOf, uncutTermsOf } from "./words.ts";

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

/**
 * Events that hold all the words of `query`, the newest first, of the SEARCH_MATCHES_MAX that were archived last.
 * `room` null searches every room.
 */
export async function search(db: D1Database, query: string, room: string | null, limit: number): Promise<Found[]> {
	await ready(db);
	const terms = termsOf(query);
	if (terms.length === 0) return [];
	const words = `text : (${terms.join(" AND ")})`;
	const inRoom = room === null ? words : `room : "${roomWord(room)}" AND ${words}`;
	const { results } = await db
		.prepare(
			// The index walks its matches from the newest row and stops: nothing is sorted but what is returned from.
			`with matches (id) as (
				select * from (select rowid from event_words where event_words match ?1 order by rowid desc limit ?5)
				union all
				-- Rows that are not written again yet; their index does not know the room.
				select * from (select t.rowid from event_text t cross join events o on o.id = t.rowid
					where event_text match ?2 and (?3 is null or o.room = ?3) order by t.rowid desc limit ?5)
			)
			select e.room, e.epoch, e.seq, e.at, e.member as "from", e.author, e.name, e.data
			from matches cross join events e on e.id = matches.id
			where e.redacted = 0 and (?3 is null or e.room = ?3)
			order by e.at desc, e.id desc limit ?4`,
		)
		.bind(inRoom, uncutTermsOf(query).join(" "), room, limit, SEARCH_MATCHES_MAX)
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
