/** The jobs and ranges of a room in SQLite. */

import type { JobState } from "../protocol/jobs.ts";
import { JOBS_LOOKED_AT_MAX, OUTCOME_KEPT_MS } from "../protocol/limits.ts";
import { fitting } from "../room/fitting.ts";
import type { AskKey, JobChange, JobHead, JobRow, ListedJob, RangeRow } from "../room/jobs.ts";
import type { DroppedJobs, JobSize, JobSizes } from "../room/store.ts";
import { ROWS } from "./database.ts";
import { SqliteRemains } from "./sqlite-remains.ts";

const HEAD_COLUMNS = `n, kind, purpose, member, ask, seq, state, run, due_at as "dueAt", deadline_at as "deadlineAt",
	is_owed as "isOwed", jobs.at, digest`;
const JOB_COLUMNS = `${HEAD_COLUMNS}, name, input, outcome`;

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

	jobs(state: JobState | null, before: number, limit: number): ListedJob[] {
		return this.#readJobs<ListedJob>(
			`select ${HEAD_COLUMNS}, outcome from jobs where n < ?1 and (?2 is null or state = ?2) order by n desc limit ?3`,
			before,
			state,
			limit,
		);
	}

	jobSizes(state: JobState | null, before: number, limit: number): JobSizes {
		const [row] =
			state === null
				? []
				: this.read<{ n: number }>(
						"select n from jobs where n < ? order by n desc limit 1 offset ?",
						before,
						JOBS_LOOKED_AT_MAX - 1,
					);
		const sizes = this.read<JobSize & Record<string, SqlStorageValue>>(
			`select n, octet_length(outcome) as bytes from jobs
				where n < ?1 and n >= ?2 and (?3 is null or state = ?3) order by n desc limit ?4`,
			...[before, row?.n ?? 0, state, limit],
		);
		return { sizes, last: sizes.length < limit ? (row?.n ?? null) : null };
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
		this.writeRows(`delete from jobs where n in (select value ${ROWS})`, numbers);
		const latest = at + OUTCOME_KEPT_MS;
		const ahead = oldest.filter(({ dueAt }) => dueAt > latest).map(({ n }) => [n, latest]);
		this.writeRows(`update jobs set due_at = value->>1 ${ROWS} where jobs.n = value->>0`, ahead);
		return { dropped, nextAt: this.oldestSettledJob() };
	}

	ranges(): RangeRow[] {
		type Row = Omit<RangeRow, "wiped" | "erased" | "to"> & { wiped: string; erased: string; end: number | null };
		return this.read<Row & Record<string, SqlStorageValue>>(
			`select kind, through, end, n, state, run, due_at as "dueAt", reason, told, wiped, erased, most, aside
				from ranges`,
		).map(({ end, wiped, erased, ...row }) => ({
			...row,
			to: end,
			wiped: JSON.parse(wiped) as string[],
			erased: JSON.parse(erased) as string[],
		}));
	}

	saveRange(row: RangeRow): void {
		const { kind, through, to, n, state, run, dueAt, reason, told, most, aside } = row;
		const lists = [JSON.stringify(row.wiped), JSON.stringify(row.erased)];
		this.write(
			"insert or replace into ranges values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			...[kind, through, to, n, state, run, dueAt, reason, told, ...lists, most, aside],
		);
	}

	eraseJobs(member: string): void {
		this.write("update jobs set name = '', input = 'null', outcome = 'null', is_owed = 0 where member = ?", member);
	}

	#readJobs<T extends JobHead>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.read(statement, ...bindings).map(asJob<T>);
	}
}

/** SQLite has no booleans. */
function asJob<T extends JobHead>(row: Record<string, SqlStorageValue>): T {
	return { ...row, isOwed: row.isOwed === 1 } as unknown as T;
}
