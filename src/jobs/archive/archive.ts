/**
 * `archive`: every room's events in one D1 database, for search across rooms and for keeping what
 * the rooms have trimmed. A range may be written twice and in any order with its own repeats, so:
 * a row that is there stays, a tombstone is never overwritten, and a wiped epoch takes no row.
 */

import { packRows } from "../../protocol/codec.ts";
import { ROOM_REDACTED } from "../../protocol/ids.ts";
import { ARCHIVE_EXPIRE_ROWS_MAX } from "../../protocol/job-limits.ts";
import { TOKEN_AHEAD_SECONDS_MAX } from "../../protocol/limits.ts";
import type { Event } from "../../protocol/messages.ts";
import { ARCHIVE_PARAMETER_BYTES_MAX } from "../../protocol/platform-limits.ts";
import type { RoomRedacted } from "../../protocol/room-events.ts";
import { readSettings } from "../../protocol/settings.ts";
import { type JobContext, type Range, type RangeKind, TryAfter } from "../kind.ts";
import { textOf } from "../text-of.ts";
import { eraseRows, unconceal } from "./erasing.ts";
import { recut, selectUncut, type Uncut } from "./recut.ts";
import { ready } from "./schema.ts";
import { cutWords } from "./words.ts";

const DAY_MS = 86_400_000;
/** What a room noted as later than so long from now was noted by a clock that was ahead: those of two machines differ by less. */
const CLOCKS_APART_MS_MAX = TOKEN_AHEAD_SECONDS_MAX * 1_000;

export const archive: RangeKind = {
	name: "archive",
	begins: "floor",
	keepsCopy: true,
	listsRooms: true,
	// Each attempt is a run of its own, of which the room keeps count: D1 may be gone for hours.
	retry: { attempts: 1, firstSeconds: 2, mostSeconds: 300 },
	runMsMax: 20_000,
	isActive: (env) => env.ARCHIVE !== undefined,
	run: async (range, { env, room, epoch }: JobContext<Cloudflare.Env>) => {
		const db = env.ARCHIVE;
		if (db === undefined) throw new TryAfter("There is no archive: the Worker lacks the binding ARCHIVE");
		await ready(db);
		const { archiveAgeMsMax } = readSettings(env as unknown as Record<string, unknown>);
		const now = Date.now();
		const results = await db.batch<Uncut>([
			...(archiveAgeMsMax === null ? [] : expire(db, now, archiveAgeMsMax)),
			...wipe(db, room, range.wiped),
			...insert(db, room, epoch, range.events),
			...erase(db, room, epoch, range),
			...redact(db, room, epoch, range.events),
			unconceal(db, room, epoch, range.to),
			note(db, room, epoch, { range, now }),
			...(range.wiped.length > 0 && range.head === 0 && range.count === 0 ? [unlist(db, room)] : []),
			selectUncut(db),
		]);
		const uncut = results.at(-1)?.results ?? [];
		if (uncut.length > 0) await db.batch(recut(db, uncut));
	},
};

/** Of each of these statements there is one, however much a range holds: D1 counts the queries of an invocation. */
function wipe(db: D1Database, room: string, epochs: readonly string[]): D1PreparedStatement[] {
	if (epochs.length === 0) return [];
	const list = JSON.stringify(epochs);
	return [
		db.prepare("insert or ignore into wiped (room, epoch) select ?, value from json_each(?)").bind(room, list),
		db.prepare("delete from events where room = ? and epoch in (select value from json_each(?))").bind(room, list),
	];
}

function insert(db: D1Database, room: string, epoch: string, events: readonly Event[]): D1PreparedStatement[] {
	const rows = events.map((event) => [
		event.seq,
		event.at,
		event.from,
		event.author,
		event.name,
		JSON.stringify(event.data),
		event.redacted === true ? "" : cutWords(textOf(event.data)),
		event.redacted === true ? 1 : 0,
		event.of ?? null,
	]);
	return packRows(rows, ARCHIVE_PARAMETER_BYTES_MAX).map(({ json }) =>
		db
			.prepare(
				`insert into events (room, epoch, seq, at, member, author, name, data, text, redacted, of_seq)
				select ?1, ?2, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
				from json_each(?3)
				where not exists (select 1 from wiped where room = ?1 and epoch = ?2)
				on conflict (room, epoch, seq) do update
				set data = excluded.data, text = excluded.text, redacted = 1,
					author = case excluded.author when '' then '' else events.author end
				where excluded.redacted = 1 and (events.redacted = 0 or excluded.author = '')`,
			)
			.bind(room, epoch, json),
	);
}

/**
 * Everything a member said in the room, and what jobs made of it, also what the room itself no longer keeps. From
 * the range on the room has redacted it already, and what the member said since then stays.
 */
function erase(db: D1Database, room: string, epoch: string, { erased, from }: Range): D1PreparedStatement[] {
	return erased.length === 0 ? [] : eraseRows(db, room, JSON.stringify(erased), { epoch, from });
}

/** A tombstone for each event that was redacted, whether its row is there yet or not. */
function redact(db: D1Database, room: string, epoch: string, events: readonly Event[]): D1PreparedStatement[] {
	const tombs = events
		.filter((event) => event.name === ROOM_REDACTED && event.redacted !== true)
		.map((event) => [(event.data as RoomRedacted).seq, event.at]);
	if (tombs.length === 0) return [];
	return [
		db
			.prepare(
				`insert into events (room, epoch, seq, at, member, author, name, data, text, redacted)
				select ?1, ?2, value->>0, value->>1, '', '', '', 'null', '', 1 from json_each(?3)
				where not exists (select 1 from wiped where room = ?1 and epoch = ?2)
				on conflict (room, epoch, seq) do update set data = 'null', text = '', redacted = 1`,
			)
			.bind(room, epoch, JSON.stringify(tombs)),
	];
}

/** What is noted of a room, and when, Unix ms. */
interface Noting {
	range: Range;
	now: number;
}

/**
 * The room's line in the directory: the newest that was heard of it, and nothing of a wiped epoch. What a clock noted
 * that was ahead is newer than nothing that is heard when it is right again.
 */
function note(db: D1Database, room: string, epoch: string, { range, now }: Noting): D1PreparedStatement {
	const activeAt = Math.min(range.events.at(-1)?.at ?? range.asOf, now);
	return db
		.prepare(
			`insert into rooms (room, members, head, active_at, as_of)
			select ?1, ?2, ?3, ?4, ?5 where not exists (select 1 from wiped where room = ?1 and epoch = ?6)
			on conflict (room) do update
			set members = ?2, head = ?3, as_of = ?5,
				active_at = case when active_at > ?7 then ?4 else max(active_at, ?4) end
			where as_of <= ?5 or as_of > ?7`,
		)
		.bind(room, range.count, range.head, activeAt, range.asOf, epoch, now + CLOCKS_APART_MS_MAX);
}

/** A room that was wiped and in which nothing has happened since is in no directory. */
function unlist(db: D1Database, room: string): D1PreparedStatement {
	return db.prepare("delete from rooms where room = ?").bind(room);
}

/**
 * What is old goes, a piece a range. An event may bear a time that has not been yet, of a room whose clock was ahead: of
 * which rows were there when a day began is known too, and those of a day that is long enough ago are old.
 */
function expire(db: D1Database, now: number, ageMsMax: number): D1PreparedStatement[] {
	const before = now - ageMsMax;
	const newest = "(select coalesce(max(id), 0) from events)";
	return [
		// Where the last rows are gone their numbers are given again.
		db.prepare(`update days set last = ${newest} where last > ${newest}`),
		db.prepare(`insert or ignore into days (at, last) select ?, ${newest}`).bind(Math.floor(now / DAY_MS) * DAY_MS),
		db
			.prepare("delete from events where id in (select id from events where at < ? limit ?)")
			.bind(before, ARCHIVE_EXPIRE_ROWS_MAX),
		db
			.prepare(
				`delete from events where id in (select id from events
				where id <= (select coalesce(max(last), 0) from days where at <= ?) order by id limit ?)`,
			)
			.bind(before, ARCHIVE_EXPIRE_ROWS_MAX),
		db.prepare("delete from days where at < (select max(at) from days where at <= ?)").bind(before),
	];
}
