/**
 * The room's memory in SQLite. A turn costs a few statements however many events it holds: lists
 * travel as one JSON parameter. Nothing is created before the first write, so reading a room that
 * does not exist leaves no trace.
 */

import { packRows } from "../protocol/codec.ts";
import type { AskKey, JobHead, JobRow, JobState, RangeRow } from "../room/jobs.ts";
import type {
	EventSize,
	KeyAge,
	Meta,
	NewEvent,
	PublishKey,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
	Sync,
} from "../room/store.ts";
import { MIGRATIONS, migrate, storedVersion } from "./schema.ts";

/** A parameter holds at most 2 MB. */
const PARAMETER_BYTES_MAX = 1024 * 1024;

/** One that was stored as `room.job` names the event that it is about. */
const SUBJECT = "iif(body->>'$.name' = 'room.job', body->>'$.data.of', null)";

const HEAD_COLUMNS = `n, kind, purpose, member, ask, seq, state, run, due_at as "dueAt", deadline_at as "deadlineAt",
	is_owed as "isOwed", jobs.at`;
const JOB_COLUMNS = `${HEAD_COLUMNS}, input, outcome`;

const ROWS = "from json_each(?) as row";

export class SqliteStore implements RoomStore {
	readonly #storage: DurableObjectStorage;
	readonly #sql: SqlStorage;
	#version: number;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
		this.#version = storedVersion(this.#sql);
		// What older code wrote is brought up to date before anything is read; a room that was never stored stays so.
		if (this.#version > 0 && this.#version < MIGRATIONS.length) this.transaction(() => this.#migrate());
	}

	#migrate(): void {
		migrate(this.#sql, this.#version);
		this.#version = MIGRATIONS.length;
	}

	/** True where newer code has been here: nothing may be read or written by this one. */
	get isNewer(): boolean {
		return this.#version > MIGRATIONS.length;
	}

	/** To be called when everything was deleted. */
	forget(): void {
		this.#version = 0;
	}

	transaction<T>(work: () => Sync<T>): T {
		const version = this.#version;
		try {
			return this.#storage.transactionSync(work as () => T);
		} catch (error) {
			this.#version = version;
			throw error;
		}
	}

	#write(statement: string, ...bindings: SqlStorageValue[]): void {
		if (this.#version < MIGRATIONS.length) this.#migrate();
		this.#sql.exec(statement, ...bindings);
	}

	#read<T extends Record<string, SqlStorageValue>>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.#version === 0 ? [] : this.#sql.exec<T>(statement, ...bindings).toArray();
	}

	meta(): Meta | null {
		type Row = Omit<Meta, "oldestKey" | "isLocked"> & { isLocked: number; keyAt: number | null; keySeq: number | null };
		const [row] = this.#read<Row & Record<string, SqlStorageValue>>(
			`select epoch, head, floor, kept, held_bytes as "heldBytes", jobs, is_locked as "isLocked", salt, at, floor_at as "floorAt", bytes, key_at as "keyAt", key_seq as "keySeq",
				empty_since as "emptySince" from meta`,
		);
		if (row === undefined) return null;
		const { keyAt, keySeq, isLocked, ...meta } = row;
		return {
			...meta,
			isLocked: isLocked === 1,
			oldestKey: keyAt === null || keySeq === null ? null : { at: keyAt, seq: keySeq },
		};
	}

	saveMeta(meta: Meta): void {
		this.#write(
			"insert or replace into meta values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
		);
	}

	roster(): RosterRow[] {
		return this.#read<RosterRow & Record<string, SqlStorageValue>>(
			`select member, name, state, gone_since as "goneSince", address from roster order by place`,
		);
	}

	/** Lists travel as JSON, in as many statements as their parameters' bound asks for: nearly always one. */
	#writeRows(statement: string, rows: readonly unknown[]): void {
		for (const { json } of packRows(rows, PARAMETER_BYTES_MAX)) this.#write(statement, json);
	}

	saveRoster(rows: readonly RosterRow[]): void {
		this.#writeRows(
			`insert into roster (member, name, state, gone_since, address)
				select value->>0, value->>1, value->>2, value->>3, value->>4 ${ROWS} where true
				on conflict (member) do update set name = excluded.name, state = excluded.state,
				gone_since = excluded.gone_since, address = excluded.address`,
			rows.map((row) => [row.member, row.name, row.state, row.goneSince, row.address]),
		);
	}

	dropRoster(members: readonly string[]): void {
		this.#writeRows(`delete from roster where member in (select value ${ROWS})`, members);
	}

	findKeys(keys: readonly PublishKey[]): (PublishKey & { seq: number })[] {
		const texts = keys.map(({ member, id }) => keyOf(member, id));
		return packRows(texts, PARAMETER_BYTES_MAX).flatMap(({ json }) =>
			this.#read<{ key: string; seq: number }>(
				`select known.key, known.seq ${ROWS} cross join publish_keys as known on known.key = row.value`,
				json,
			).map(({ key, seq }) => {
				const end = key.indexOf(" ");
				return { member: key.slice(0, end), id: key.slice(end + 1), seq };
			}),
		);
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
				this.#write(`insert into events (seq, at, body) select ? + row.key, ?, value ${ROWS}`, seq + first, at, json);
			}
			if (id === null) continue;
			const keys = run.map((event) => keyOf(event.from, event.id ?? ""));
			for (const { first, json } of packRows(keys, PARAMETER_BYTES_MAX)) {
				this.#write(
					`insert into publish_keys (key, seq, at) select value, ? + row.key, ? ${ROWS}`,
					seq + first,
					at,
					json,
				);
			}
		}
	}

	after(seq: number, limit: number): StoredEvent[] {
		return this.#read<StoredEvent & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes, body from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	/** A text's length stands before it: it is known without reading the text. */
	sizesAfter(seq: number, limit: number): EventSize[] {
		return this.#read<EventSize & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	rewrite(events: readonly Pick<StoredEvent, "seq" | "body" | "bytes">[]): void {
		for (const { seq, body } of events) this.#write("update events set body = ? where seq = ?", body, seq);
	}

	dropEvents(seq: number): void {
		this.#write("delete from events where seq <= ?", seq);
	}

	dropKeys(at: number, seq: number, limit: number): KeyAge | null {
		this.#write(
			`delete from publish_keys where key in
				(select key from publish_keys where at < ? or seq <= ? order by seq limit ?)`,
			at,
			seq,
			limit,
		);
		return this.#read<{ at: number; seq: number }>("select at, seq from publish_keys order by seq limit 1")[0] ?? null;
	}

	jobsInHand(): JobHead[] {
		return this.#readJobs<JobHead>(
			`select ${HEAD_COLUMNS} from jobs where state in ('waiting', 'sent') or is_owed order by n`,
		);
	}

	job(n: number): JobRow | null {
		return this.#readJobs<JobRow>(`select ${JOB_COLUMNS} from jobs where n = ?`, n)[0] ?? null;
	}

	jobs(state: JobState | null, before: number, limit: number): JobRow[] {
		return this.#readJobs<JobRow>(
			`select ${JOB_COLUMNS} from jobs where n < ?1 and (?2 is null or state = ?2) order by n desc limit ?3`,
			before,
			state,
			limit,
		);
	}

	findAsks(keys: readonly AskKey[]): JobRow[] {
		return packRows(
			keys.map((key) => [key.member, key.ask, key.purpose]),
			PARAMETER_BYTES_MAX,
		).flatMap(({ json }) =>
			this.#readJobs<JobRow>(
				`select ${JOB_COLUMNS} ${ROWS}
				cross join jobs on jobs.member = value->>0 and jobs.ask = value->>1 and jobs.purpose = value->>2`,
				json,
			),
		);
	}

	addJobs(jobs: readonly JobRow[]): void {
		this.#writeRows(
			`insert into jobs (n, kind, purpose, member, ask, seq, state, run, due_at, deadline_at, is_owed, at, input, outcome)
				select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
					value->>9, value->>10, value->>11, value->>12, value->>13 ${ROWS}`,
			jobs.map((job) => [
				job.n,
				job.kind,
				job.purpose,
				job.member,
				job.ask,
				job.seq,
				job.state,
				job.run,
				job.dueAt,
				job.deadlineAt,
				Number(job.isOwed),
				job.at,
				job.input,
				job.outcome,
			]),
		);
	}

	changeJobs(jobs: readonly (JobHead & { input?: string; outcome?: string })[]): void {
		this.#writeRows(
			`update jobs set seq = value->>1, state = value->>2, run = value->>3, due_at = value->>4, is_owed = value->>5,
				input = coalesce(value->>6, input), outcome = coalesce(value->>7, outcome)
				${ROWS} where jobs.n = value->>0`,
			jobs.map((job) => [
				job.n,
				job.seq,
				job.state,
				job.run,
				job.dueAt,
				Number(job.isOwed),
				job.input ?? null,
				job.outcome ?? null,
			]),
		);
	}

	oldestSettledJob(): number | null {
		const [row] = this.#read<{ at: number }>(
			"select due_at as at from jobs where state in ('done', 'failed') order by n limit 1",
		);
		return row?.at ?? null;
	}

	dropSettledJobs(at: number, limit: number): number | null {
		this.#write(
			"delete from jobs where n in (select n from jobs where state in ('done', 'failed') and due_at <= ? limit ?)",
			at,
			limit,
		);
		return this.oldestSettledJob();
	}

	ranges(): RangeRow[] {
		type Row = Omit<RangeRow, "wiped" | "erased" | "to"> & { wiped: string; erased: string; end: number | null };
		return this.#read<Row & Record<string, SqlStorageValue>>(
			`select kind, through, end, n, state, run, due_at as "dueAt", reason, told, wiped, erased from ranges`,
		).map(({ end, wiped, erased, ...row }) => ({
			...row,
			to: end,
			wiped: JSON.parse(wiped) as string[],
			erased: JSON.parse(erased) as string[],
		}));
	}

	saveRange(row: RangeRow): void {
		const { kind, through, to, n, state, run, dueAt, reason, told } = row;
		this.#write(
			"insert or replace into ranges values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			...[kind, through, to, n, state, run, dueAt, reason, told, JSON.stringify(row.wiped), JSON.stringify(row.erased)],
		);
	}

	sanctions(): SanctionRow[] {
		return this.#read<SanctionRow & Record<string, SqlStorageValue>>(
			"select kind, subject, member, until from sanctions order by rowid",
		);
	}

	saveSanction({ kind, subject, member, until }: SanctionRow): void {
		this.#write(
			"insert or replace into sanctions (kind, subject, member, until) values (?, ?, ?, ?)",
			kind,
			subject,
			member,
			until,
		);
	}

	dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void {
		this.#write("delete from sanctions where kind = ? and subject = ? and member = ?", kind, subject, member);
	}

	seqsOf(member: string, after: number, limit: number): number[] {
		return this.#read<{ seq: number }>(
			`select seq from events where seq > ?2 and (body->>'$.from' = ?1 or exists
				(select 1 from events as about where about.seq = ${SUBJECT.replaceAll("body", "events.body")} and about.body->>'$.from' = ?1))
				order by seq limit ?3`,
			member,
			after,
			limit,
		).map(({ seq }) => seq);
	}

	seqsAbout(seq: number): number[] {
		return this.#read<{ seq: number }>(`select seq from events where ${SUBJECT} = ? order by seq`, seq).map(
			(row) => row.seq,
		);
	}

	eraseJobs(member: string): void {
		this.#write("update jobs set input = 'null', outcome = 'null', is_owed = 0 where member = ?", member);
	}

	wipe(): void {
		for (const table of ["roster", "events", "publish_keys", "jobs"]) this.#write(`delete from ${table}`);
	}

	/** SQLite has no booleans. */
	#readJobs<T extends JobHead>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.#read<Record<string, SqlStorageValue>>(statement, ...bindings).map(
			(row) => ({ ...row, isOwed: row.isOwed === 1 }) as unknown as T,
		);
	}
}

function keyOf(member: string, id: string): string {
	return `${member} ${id}`;
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
