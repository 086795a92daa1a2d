/** Reading the archive: search across rooms, and the directory of rooms. */
import { SEARCH_MATCHES_MAX } from "../../protocol/job-limits.ts";
import { PAGE_BYTES_MAX } from "../../protocol/limits.ts";
import { IS_CONCEALED } from "./erasing.ts";
import { ready } from "./schema.ts";
import { roomWord, termsOf, uncutTermsOf } from "./words.ts";

export interface Found {
	room: string;
	epoch: string;
	seq: number;
	at: number;
	from: string;
	author: string;
	/** Where rules said it: the seq of the event at which. */
	of?: number;
	name: string;
	data: unknown;
}

interface Query {
	/** As they were typed. */
	words: string;
	/** Null for every room. */
	room: string | null;
}

/**
 * Where a search reads on. What is found is sorted by blocks of SEARCH_MATCHES_MAX, each of rows that were archived
 * after those of the next: from `top` down to `bottom`, in which it goes on below the event of `at` and `id`. A
 * `bottom` of 0 is the last block's.
 */
interface Place {
	top: number;
	bottom: number;
	at: number;
	id: number;
}

/** The beginning of the block from there on. */
const blockFrom = (top: number): Place => ({ top, bottom: 0, at: Number.MAX_SAFE_INTEGER, id: 0 });
const BEGINNING = blockFrom(Number.MAX_SAFE_INTEGER);

/** How much is read: the last event may pass the bytes, so that there is always one. */
interface Portion {
	events: number;
	bytes: number;
}

/** Events that hold all the words of `query`, the newest first, of the SEARCH_MATCHES_MAX that were archived last. */
export async function search(db: D1Database, query: string, room: string | null, limit: number): Promise<Found[]> {
	await ready(db);
	const matches = matchesOf({ words: query, room });
	if (matches === null) return [];
	const { results } = await read(db, matches, { events: limit, bytes: PAGE_BYTES_MAX }, BEGINNING).all<Row>();
	return results.map(foundIn);
}

/** A page of a search, of no more than it may hold, and the cursor of the next; null where the cursor is none. */
export async function searchPage(
	db: D1Database,
	query: Query,
	limit: number,
	cursor: string | null,
): Promise<{ events: Found[]; next?: string } | null> {
	const from = cursor === null ? BEGINNING : placeOf(cursor);
	if (from === null) return null;
	await ready(db);
	const matches = matchesOf(query);
	if (matches === null) return { events: [] };
	// One more than is wanted: where it is there, there is more.
	const found = await readBlock(db, matches, { events: limit + 1, bytes: PAGE_BYTES_MAX }, from);
	let left = PAGE_BYTES_MAX - found.rows.reduce((sum, { size }) => sum + size, 0);
	if (found.rows.length <= limit && left > 0 && found.bottom > 0) {
		// A block holds more than a page: what is missing is in the next one.
		const missing = { events: limit + 1 - found.rows.length, bytes: left };
		const more = await readBlock(db, matches, missing, blockFrom(found.bottom - 1));
		found.rows.push(...more.rows);
		left -= more.rows.reduce((sum, { size }) => sum + size, 0);
	}
	const shown = found.rows.slice(0, limit);
	const events = shown.map(foundIn);
	const last = shown.at(-1);
	// Where the bytes are used up, whether there is more is not known: the next page says so.
	if ((found.rows.length <= limit && left > 0) || last === undefined) return { events };
	return { events, next: [last.top, last.bottom, last.at, last.id].join(".") };
}

/** `size` is that of its data, in bytes. */
type Row = Omit<Found, "data" | "of"> & { data: string; of: number | null; id: number; size: number };
type PlacedRow = Row & { top: number; bottom: number };

/** What a block still holds below a place. Where its bounds are not known yet they are seen at the same moment. */
async function readBlock(
	db: D1Database,
	matches: Matches,
	most: Portion,
	from: Place,
): Promise<{ rows: PlacedRow[]; bottom: number }> {
	const [rows, bounds] = await db.batch<unknown>([read(db, matches, most, from), bound(db, matches, from)]);
	const [seen] = (bounds?.results ?? []) as { top: number | null; bottom: number; size: number }[];
	// What leaves a block meanwhile does not make it the last one.
	const isLast = from.bottom === 0 && (seen?.size ?? 0) < SEARCH_MATCHES_MAX;
	const bottom = from.bottom > 0 ? from.bottom : isLast ? 0 : (seen?.bottom ?? 0);
	const top = from.bottom > 0 ? from.top : (seen?.top ?? 0);
	return { rows: ((rows?.results ?? []) as Row[]).map((row) => ({ ...row, top, bottom })), bottom };
}

function foundIn({ room, epoch, seq, at, from, author, of, name, data }: Row): Found {
	const cause = of === null ? {} : { of };
	return { room, epoch, seq, at, from, author, ...cause, name, data: JSON.parse(data) as unknown };
}

interface Matches {
	/** In the notation of FTS5, of the index that knows rooms, and of the first one. */
	words: string;
	uncut: string;
	room: string | null;
}

/** Null where nothing is asked for. */
function matchesOf({ words, room }: Query): Matches | null {
	const terms = termsOf(words);
	if (terms.length === 0) return null;
	const all = `text : (${terms.join(" AND ")})`;
	return {
		words: room === null ? all : `room : "${roomWord(room)}" AND ${all}`,
		uncut: uncutTermsOf(words).join(" "),
		room,
	};
}

/** The newest matches of a block, of either index, by row. The index walks them from the newest row and stops. */
const MATCHES = `select * from (select rowid from event_words where event_words match ?1
		and rowid between cast(?5 as integer) and cast(?6 as integer) order by rowid desc limit ?4)
	union all
	-- Rows that are not written again yet; their index does not know the room.
	select * from (select t.rowid from event_text t cross join events o on o.id = t.rowid
		where event_text match ?2 and t.rowid between cast(?5 as integer) and cast(?6 as integer)
		and (?3 is null or o.room = ?3) order by t.rowid desc limit ?4)`;

/** Nothing is sorted but what is returned from, and nothing read whole but what is returned. */
function read(db: D1Database, { words, uncut, room }: Matches, most: Portion, from: Place): D1PreparedStatement {
	return db
		.prepare(
			`with matches (id) as (${MATCHES}),
			page (id, at, size) as (
				select e.id, e.at, length(cast(e.data as blob))
				from matches cross join events e on e.id = matches.id
				where e.redacted = 0 and (?3 is null or e.room = ?3) and (e.at, e.id) < (?7, ?8)
				and not ${IS_CONCEALED}
				order by e.at desc, e.id desc limit ?9),
			portion (id, size, earlier) as (
				select id, size, sum(size) over (order by at desc, id desc) - size from page)
			select e.room, e.epoch, e.seq, e.at, e.member as "from", e.author, e.of_seq as "of", e.name, e.data, e.id, p.size
			from portion p cross join events e on e.id = p.id
			where p.earlier < ?10
			order by e.at desc, e.id desc`,
		)
		.bind(
			...[words, uncut, room, SEARCH_MATCHES_MAX],
			...[from.bottom, from.top, from.at, from.id],
			most.events,
			most.bytes,
		);
}

function bound(db: D1Database, { words, uncut, room }: Matches, from: Place): D1PreparedStatement {
	return db
		.prepare(
			`with matches (id) as (${MATCHES})
			select max(id) as top, min(id) as bottom, count(*) as size from matches`,
		)
		.bind(words, uncut, room, SEARCH_MATCHES_MAX, from.bottom, from.top);
}

function placeOf(cursor: string): Place | null {
	if (!/^[0-9]{1,16}(\.[0-9]{1,16}){3}$/.test(cursor)) return null;
	const [top = 0, bottom = 0, at = 0, id = 0] = cursor.split(".").map(Number);
	return { top, bottom, at, id };
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
