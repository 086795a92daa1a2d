/**
 * The room's memory in SQLite. A turn costs a few statements however many events it holds: lists
 * travel as one JSON parameter.
 */

import { packRows } from "../protocol/codec.ts";
import { ROOM_JOB } from "../protocol/ids.ts";
import { UNINDEXED_ROWS_MAX } from "../protocol/limits.ts";
import { PARAMETER_BYTES_MAX } from "../protocol/platform-limits.ts";
import type { KeyAge } from "../room/known-keys.ts";
import type {
	DeadlineHead,
	DeadlineRow,
	ErasureRow,
	EventSize,
	Meta,
	NewEvent,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
} from "../room/store.ts";
import { ROWS } from "./database.ts";
import { SqliteState } from "./sqlite-state.ts";

export class SqliteStore extends SqliteState implements RoomStore {
	meta(): Meta | null {
		type Row = Omit<Meta, "oldestKey" | "olderKeys" | "setBack" | "isLocked"> & {
			isLocked: number;
			keyAt: number | null;
			keySeq: number | null;
			olderAt: number | null;
			olderSeq: number | null;
			setBackAt: number | null;
			setBackSeq: number | null;
		};
		const [row] = this.read<Row & Record<string, SqlStorageValue>>(
			`select epoch, head, floor, kept, held_bytes as "heldBytes", jobs, is_locked as "isLocked", salt, at, floor_at as "floorAt", bytes, key_at as "keyAt", key_seq as "keySeq",
				empty_since as "emptySince", older_at as "olderAt", older_seq as "olderSeq",
				set_back_at as "setBackAt", set_back_seq as "setBackSeq", decisions from meta`,
		);
		if (row === undefined) return null;
		const { keyAt, keySeq, olderAt, olderSeq, setBackAt, setBackSeq, isLocked, ...meta } = row;
		const ageOf = (at: number | null, seq: number | null): KeyAge | null =>
			at === null || seq === null ? null : { at, seq };
		return {
			...meta,
			isLocked: isLocked === 1,
			oldestKey: ageOf(keyAt, keySeq),
			olderKeys: ageOf(olderAt, olderSeq),
			setBack: ageOf(setBackAt, setBackSeq),
		};
	}

	saveMeta(meta: Meta): void {
		this.write(
			"insert or replace into meta values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			meta.epoch,
			meta.head,
			meta.floor,
			meta.kept,
			meta.heldBytes,
			meta.jobs,
			Number(meta.isLocked),
			meta.salt,
			meta.at,
			meta.floorAt,
			meta.bytes,
			meta.oldestKey?.at ?? null,
			meta.oldestKey?.seq ?? null,
			meta.emptySince,
			meta.olderKeys?.at ?? null,
			meta.olderKeys?.seq ?? null,
			meta.setBack?.at ?? null,
			meta.setBack?.seq ?? null,
			meta.decisions,
		);
	}

	roster(): RosterRow[] {
		return this.read<RosterRow & Record<string, SqlStorageValue>>(
			`select member, name, state, gone_since as "goneSince", address from roster order by place`,
		);
	}

	saveRoster(rows: readonly RosterRow[]): void {
		this.writeRows(
			`insert into roster (member, name, state, gone_since, address)
				select value->>0, value->>1, value->>2, value->>3, value->>4 ${ROWS} where true
				on conflict (member) do update set name = excluded.name, state = excluded.state,
				gone_since = excluded.gone_since, address = excluded.address`,
			rows.map((row) => [row.member, row.name, row.state, row.goneSince, row.address]),
		);
	}

	dropRoster(members: readonly string[]): void {
		this.writeRows(`delete from roster where member in (select value ${ROWS})`, members);
	}

	/**
	 * Rows of one value each, and what they share beside it: SQLite takes a list of texts for half the price of
	 * a list of rows (4 µs an event with its key, against 8), and one turn's events differ in nothing else.
	 */
	append(events: readonly NewEvent[]): void {
		for (const run of runsOf(events)) {
			const [{ seq, at, id }] = run;
			const bodies = run.map(({ body }) => body);
			for (const { first, json } of packRows(bodies, PARAMETER_BYTES_MAX)) {
				this.write(`insert into events (seq, at, body) select ? + row.key, ?, value ${ROWS}`, seq + first, at, json);
			}
			if (id === null) continue;
			this.addKeys(run, seq);
		}
		const abouts = events.flatMap(({ about, seq }) => (about === null ? [] : [[about, seq]]));
		this.writeRows(`insert into abouts select value->>0, value->>1 ${ROWS}`, abouts);
	}

	after(seq: number, limit: number): StoredEvent[] {
		return this.read<StoredEvent & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes, body from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	/** A text's length stands before it: it is known without reading the text. */
	sizesAfter(seq: number, limit: number): EventSize[] {
		return this.read<EventSize & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	rewrite(events: readonly Pick<StoredEvent, "seq" | "body" | "bytes">[]): void {
		for (const { seq, body } of events) this.write("update events set body = ? where seq = ?", body, seq);
	}

	dropEvents(seq: number): void {
		this.write("delete from events where seq <= ?", seq);
		this.write("delete from abouts where subject <= ?", seq);
	}

	sanctions(): SanctionRow[] {
		return this.read<SanctionRow & Record<string, SqlStorageValue>>(
			"select kind, subject, member, since, until from sanctions order by rowid",
		);
	}

	saveSanction({ kind, subject, member, since, until }: SanctionRow): void {
		this.write(
			"insert or replace into sanctions (kind, subject, member, since, until) values (?, ?, ?, ?, ?)",
			kind,
			subject,
			member,
			since,
			until,
		);
	}

	dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void {
		this.write("delete from sanctions where kind = ? and subject = ? and member = ?", kind, subject, member);
	}

	deadlines(): DeadlineHead[] {
		return this.read<DeadlineHead & Record<string, SqlStorageValue>>(
			`select name, at, wait_ms as "waitMs" from deadlines order by name`,
		);
	}

	deadlineData(name: string): string | null {
		return this.read<{ data: string }>("select data from deadlines where name = ?", name)[0]?.data ?? null;
	}

	saveDeadlines(rows: readonly DeadlineRow[]): void {
		this.writeRows(
			`insert or replace into deadlines (name, at, wait_ms, data) select value->>0, value->>1, value->>2, value->>3 ${ROWS}`,
			rows.map(({ name, at, waitMs, data }) => [name, at, waitMs, data]),
		);
	}

	dropDeadlines(names: readonly string[]): void {
		this.writeRows(`delete from deadlines where name in (select value ${ROWS})`, names);
	}

	erasures(): ErasureRow[] {
		return this.read<ErasureRow & Record<string, SqlStorageValue>>(
			`select member, eraser as "by", through, done, jobs_through as "jobsThrough", jobs_done as "jobsDone",
				state_through as "stateThrough", state_done as "stateDone"
				from erasures order by member`,
		);
	}

	saveErasure({ member, by, through, done, jobsThrough, jobsDone, stateThrough, stateDone }: ErasureRow): void {
		this.write(
			`insert or replace into erasures
				(member, eraser, through, done, jobs_through, jobs_done, state_through, state_done) values (?, ?, ?, ?, ?, ?, ?, ?)`,
			...[member, by, through, done, jobsThrough, jobsDone, stateThrough, stateDone],
		);
	}

	dropErasure(member: string): void {
		this.write("delete from erasures where member = ?", member);
	}

	seqsAbout(seq: number): number[] {
		const indexed = this.read<{ seq: number }>("select seq from abouts where subject = ? order by seq", seq);
		const [unindexed] = this.read<{ before: number }>("select before from unindexed");
		const before = Math.min(unindexed?.before ?? 0, seq + UNINDEXED_ROWS_MAX);
		if (seq >= before) return indexed.map((row) => row.seq);
		const found = this.read<{ seq: number }>(
			`select seq from events where seq > ?1 and seq < ?2 and instr(body, '"name":"${ROOM_JOB}"') > 0
				and body->>'$.name' = '${ROOM_JOB}' and body->>'$.data.of' = ?1 order by seq`,
			seq,
			before,
		);
		return [...found, ...indexed].map((row) => row.seq);
	}

	wipe(): void {
		// Of these there are few.
		for (const table of ["roster", "unindexed", "unlisted", "deadlines", "erasures"])
			this.write(`delete from ${table}`);
		this.setAside(["events", "abouts", "jobs", "failed_jobs"]);
		this.wipeKeys();
		this.wipeState();
	}
}

/** The events in runs of the same time that all have a key, or have none. Seqs have no gap. */
function runsOf(events: readonly NewEvent[]): [NewEvent, ...NewEvent[]][] {
	const runs: [NewEvent, ...NewEvent[]][] = [];
	for (const event of events) {
		const run = runs.at(-1);
		if (run !== undefined && run[0].at === event.at && (run[0].id === null) === (event.id === null)) run.push(event);
		else runs.push([event]);
	}
	return runs;
}
