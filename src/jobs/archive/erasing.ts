/**
 * A member is erased: the room tells nothing more of it from its answer on, and its ranges bring that here a little later.
 * Until they have, nothing of it is found here either.
 */
import { formerIdOf, ROOM_JOB } from "../../protocol/ids.ts";
import { ready } from "./schema.ts";

/** Where the room stood when it had erased the member, or a little later. */
export interface Standing {
	room: string;
	/** Empty where nothing is stored of the room any more. */
	epoch: string;
	head: number;
}

/** Keeps from being found what the member said in the room up to there, and what jobs and rules made of it. */
export async function conceal(db: D1Database, member: string, { room, epoch, head }: Standing): Promise<void> {
	await ready(db);
	const former = formerIdOf(member);
	const members = JSON.stringify(former === null ? [member] : [member, former]);
	if (epoch === "") {
		// A room that has deleted itself has no ranges: what is here of it is all that there is.
		await db.batch(eraseRows(db, room, members, { epoch, from: 0 }));
		return;
	}
	await db
		.prepare(
			`insert or replace into erasing (room, member, epoch, seq, last)
			select ?1, value, ?3, ?4, (select coalesce(max(id), 0) from events) from json_each(?2)`,
		)
		.bind(room, members, epoch, head)
		.run();
}

/** The range up to `to` is archived: nothing up to there says any more what was to be concealed. */
export function unconceal(db: D1Database, room: string, epoch: string, to: number): D1PreparedStatement {
	return db
		.prepare(
			`delete from erasing where room = ?1
			and (epoch = ?2 and seq <= ?3 or epoch in (select epoch from wiped where room = ?1))`,
		)
		.bind(room, epoch, to);
}

/** Which event a row of `events` tells of: what came of a job, or what a rule said at it. */
const aboutOf = (row: string): string => `coalesce(${row}.of_seq, ${row}.data->>'of')`;
const tellsOf = (row: string): string => `(${row}.of_seq is not null or ${row}.name = '${ROOM_JOB}')`;

/**
 * True of a row of `events` that is concealed. What came of a job that was asked for tells of no event: whose it was is
 * not known here, so for so long none of these is found.
 */
export const IS_CONCEALED = `exists (select 1 from erasing x
	where x.room = e.room and (e.id <= x.last or (e.epoch = x.epoch and e.seq <= x.seq))
	and (e.member = x.member or (${tellsOf("e")} and (${aboutOf("e")} is null or exists (
		select 1 from events a
		where a.room = e.room and a.epoch = e.epoch and a.seq = ${aboutOf("e")} and a.member = x.member
	)))))`;

/**
 * Takes from the rows everything that the members said in the room, and what jobs and rules made of it: of other epochs than
 * `epoch` all, and of that one what stands before `from`. `members`: as JSON.
 */
export function eraseRows(
	db: D1Database,
	room: string,
	members: string,
	{ epoch, from }: { epoch: string; from: number },
): D1PreparedStatement[] {
	return [
		"member in (select value from json_each(?2))",
		`${tellsOf("events")} and exists (select 1 from events as about where about.room = ?1
			and about.epoch = events.epoch and about.seq = ${aboutOf("events")}
			and about.member in (select value from json_each(?2)))`,
	].map((isTheirs) =>
		db
			.prepare(
				`update events set data = 'null', text = '', author = '', redacted = 1
				where room = ?1 and ${isTheirs} and (epoch <> ?3 or seq < ?4)`,
			)
			.bind(room, members, epoch, from),
	);
}
