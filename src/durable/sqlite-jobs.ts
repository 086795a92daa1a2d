/** The jobs and ranges of a room in SQLite. */

import { JOBS_LOOKED_AT_MAX, OUTCOME_KEPT_MS } from "../protocol/job-limits.ts";
import { fitting } from "../room/fitting.ts";
import type { AskKey, JobChange, JobHead, JobRow, ListedJob, RangeRow, SettledState } from "../room/jobs.ts";
import type { DroppedJobs, ErasedJobs, ErasureRow, JobSize, JobSizes } from "../room/store.ts";
import { ROWS } from "./database.ts";
import { SqliteRemains } from "./sqlite-remains.ts";

const HEAD_COLUMNS = `n, kind, purpose, member, ask, seq, state, run, due_at as "dueAt", deadline_at as "deadlineAt",
	is_owed as "isOwed", jobs.at, digest`;
const JOB_COLUMNS = `${HEAD_COLUMNS}, name, input, outcome`;

/** What {@link JobSizes} are made of. */
interface Found {
	numbers: number[];
	last: number | null;
}

export class SqliteJobs extends SqliteRemains {
	jobsInHand(): JobHead[] {
		return this.#readJobs<JobHead>(
			`select ${HEAD_COLUMNS} from jobs where state in ('waiting', 'sent') or is_owed order by n`,
		);
	}

	job(n: number): JobRow | null {
		return this.#readJobs<JobRow>(`select ${JOB_COLUMNS} from jobs where n = ?`, n)[0] ?? null;
	}

	inputBytes(n: number): number {
		return this.read<{ bytes: number }>("select octet_length(input) as bytes from jobs where n = ?", n)[0]?.bytes ?? 0;
	}

	jobs(state: SettledState | null, before: number, limit: number): ListedJob[] {
		const { numbers } = this.#find(state, before, limit);
		return this.readRows(
			`select ${HEAD_COLUMNS}, outcome ${ROWS} cross join jobs on jobs.n = value order by row.key`,
			numbers,
		).map(asJob<ListedJob>);
	}

	jobSizes(state: SettledState | null, before: number, limit: number): JobSizes {
		const { numbers, last } = this.#find(state, before, limit);
		const sizes = this.readRows<JobSize & Record<string, SqlStorageValue>>(
			`select n, octet_length(outcome) as bytes ${ROWS} cross join jobs on jobs.n = value order by row.key`,
			numbers,
		);
		return { sizes, last };
	}

	/** Those that failed are indexed, all but what failed before there was an index; those that are done are looked for. */
	#find(state: SettledState | null, before: number, limit: number): Found {
		if (state === "done") return this.#look(state, before, limit);
		if (state === null) {
			return {
				numbers: this.#numbers("select n from jobs where n < ? order by n desc limit ?", before, limit),
				last: null,
			};
		}
		const [unlisted = 0] = this.#numbers("select before as n from unlisted");
		const indexed = this.#numbers(
			"select n from failed_jobs where n < ? and n >= ? order by n desc limit ?",
			...[before, unlisted, limit],
		);
		if (indexed.length === limit || unlisted === 0) return { numbers: indexed, last: null };
		const { numbers, last } = this.#look(state, Math.min(before, unlisted), limit - indexed.length);
		return { numbers: [...indexed, ...numbers], last };
	}

	/** Looks through as many numbers as may be, from the newest job on. */
	#look(state: SettledState, before: number, limit: number): Found {
		const [newest] = this.#numbers("select n from jobs where n < ? order by n desc limit 1", before);
		if (newest === undefined) return { numbers: [], last: null };
		const first = newest - JOBS_LOOKED_AT_MAX + 1;
		const numbers = this.#numbers(
			"select n from jobs where n <= ? and n >= ? and state = ? order by n desc limit ?",
			...[newest, first, state, limit],
		);
		const isCut = numbers.length < limit && this.#numbers("select n from jobs where n < ? limit 1", first).length > 0;
		return { numbers, last: isCut ? first : null };
	}

	#numbers(statement: string, ...bindings: SqlStorageValue[]): number[] {
		return this.read<{ n: number }>(statement, ...bindings).map(({ n }) => n);
	}

	findAsks(keys: readonly AskKey[]): JobHead[] {
		return this.readRows(
			`select ${HEAD_COLUMNS} ${ROWS}
				cross join jobs on jobs.member = value->>0 and jobs.ask = value->>1 and jobs.purpose = value->>2`,
			keys.map((key) => [key.member, key.ask, key.purpose]),
		).map(asJob<JobHead>);
	}

	addJobs(jobs: readonly JobRow[]): void {
		this.writeRows(
			`insert into jobs (n, kind, purpose, member, ask, seq, state, run, due_at, deadline_at, is_owed, at, input, outcome, digest, name)
				select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
					value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15 ${ROWS}`,
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
				job.digest,
				job.name,
			]),
		);
		this.#indexFailed(jobs);
	}

	changeJobs(jobs: readonly JobChange[]): void {
		this.writeRows(
			`update jobs set seq = value->>1, state = value->>2, run = value->>3, due_at = value->>4, is_owed = value->>5,
				input = coalesce(value->>6, input), outcome = coalesce(value->>7, outcome), name = coalesce(value->>8, name),
				deadline_at = value->>9, at = value->>10
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
				job.name ?? null,
				job.deadlineAt,
				job.at,
			]),
		);
		this.#indexFailed(jobs);
	}

	/** A job that failed may be tried again: then it waits. */
	#indexFailed(jobs: readonly JobHead[]): void {
		const numbersOf = (state: JobHead["state"]) => jobs.filter((job) => job.state === state).map(({ n }) => n);
		this.writeRows(`insert or ignore into failed_jobs select value ${ROWS}`, numbersOf("failed"));
		this.writeRows(`delete from failed_jobs where n in (select value ${ROWS})`, numbersOf("waiting"));
	}

	oldestSettledJob(): number | null {
		const [row] = this.read<{ at: number }>(
			"select due_at as at from jobs where state in ('done', 'failed') order by n limit 1",
		);
		return row?.at ?? null;
	}

	dropSettledJobs(at: number, limit: number, bytesMax: number): DroppedJobs {
		// The oldest are looked at, due or not: among a week's jobs nothing is searched for.
		type Row = { n: number; member: string | null; dueAt: number; bytes: number };
		const oldest = this.read<Row>(
			`select n, member, due_at as "dueAt", octet_length(input) + octet_length(outcome) as bytes
				from jobs where state in ('done', 'failed') order by n limit ?`,
			limit,
		);
		const due = oldest.filter(({ dueAt }) => dueAt <= at);
		const dropped = due.slice(
			0,
			fitting(limit, bytesMax, (first, many) => due.slice(first, first + many)),
		);
		const numbers = dropped.map(({ n }) => n);
		for (const table of ["jobs", "failed_jobs"]) {
			this.writeRows(`delete from ${table} where n in (select value ${ROWS})`, numbers);
		}
		const latest = at + OUTCOME_KEPT_MS;
		const ahead = oldest.filter(({ dueAt }) => dueAt > latest).map(({ n }) => [n, latest]);
		this.writeRows(`update jobs set due_at = value->>1 ${ROWS} where jobs.n = value->>0`, ahead);
		return { dropped, nextAt: this.oldestSettledJob() };
	}

	ranges(): RangeRow[] {
		type Row = Omit<RangeRow, "wiped" | "erased" | "to"> & { wiped: string; erased: string; end: number | null };
		return this.read<Row & Record<string, SqlStorageValue>>(
			`select kind, through, end, n, state, run, due_at as "dueAt", reason, told as "count", wiped, erased, most, aside, wait_ms as "waitMs"
				from ranges`,
		).map(({ end, wiped, erased, ...row }) => ({
			...row,
			to: end,
			wiped: JSON.parse(wiped) as string[],
			erased: JSON.parse(erased) as string[],
		}));
	}

	saveRange(row: RangeRow): void {
		const { kind, through, to, n, state, run, dueAt, reason, count, most, aside, waitMs } = row;
		const lists = [JSON.stringify(row.wiped), JSON.stringify(row.erased)];
		this.write(
			"insert or replace into ranges values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			...[kind, through, to, n, state, run, dueAt, reason, count, ...lists, most, aside, waitMs],
		);
	}

	eraseJobs({ member, jobsDone, jobsThrough }: ErasureRow, rowsMax: number, bytesMax: number): ErasedJobs {
		// What others' hold stays: it weighs nothing.
		const rows = this.read<{ n: number; isTheirs: number; bytes: number }>(
			`select n, member is ?3 as "isTheirs",
				iif(member is ?3, octet_length(input) + octet_length(outcome), 0) as bytes
				from jobs where n > ?1 and n <= ?2 order by n limit ?4`,
			...[jobsDone, jobsThrough, member, rowsMax],
		);
		const count = fitting(rows.length, bytesMax, (first, many) => rows.slice(first, first + many));
		const done = count < rowsMax && count === rows.length ? jobsThrough : (rows[count - 1]?.n ?? jobsDone);
		this.write(
			"update jobs set name = '', input = 'null', outcome = 'null', is_owed = 0 where n > ? and n <= ? and member = ?",
			...[jobsDone, done, member],
		);
		return { done, count: rows.slice(0, count).filter(({ isTheirs }) => isTheirs === 1).length };
	}

	#readJobs<T extends JobHead>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.read(statement, ...bindings).map(asJob<T>);
	}
}

/** SQLite has no booleans. */
function asJob<T extends JobHead>(row: Record<string, SqlStorageValue>): T {
	return { ...row, isOwed: row.isOwed === 1 } as unknown as T;
}
