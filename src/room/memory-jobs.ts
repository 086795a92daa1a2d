/** What the reference store has beneath it: a transaction with an undo log, and the jobs. */

import { JOBS_LOOKED_AT_MAX, OUTCOME_KEPT_MS } from "../protocol/job-limits.ts";
import { utf8Bytes } from "../protocol/text.ts";
import { fitting } from "./fitting.ts";
import {
	type AskKey,
	headOf,
	type JobChange,
	type JobHead,
	type JobRow,
	type ListedJob,
	type SettledState,
} from "./jobs.ts";
import type { DroppedJobs, ErasedJobs, ErasureRow, JobSizes, Sync } from "./store.ts";

export class MemoryJobs {
	protected jobRows = new Map<number, JobRow>();
	/** How to take back what the open transaction did, newest last; null outside of one. */
	#undo: (() => void)[] | null = null;

	transaction<T>(work: () => Sync<T>): T {
		if (this.#undo !== null) return work();
		const undo: (() => void)[] = [];
		this.#undo = undo;
		try {
			return work();
		} catch (error) {
			for (const step of undo.reverse()) step();
			throw error;
		} finally {
			this.#undo = null;
		}
	}

	protected willChange(undo: () => void): void {
		if (this.#undo === null) throw new Error("A store is written inside a transaction only.");
		this.#undo.push(undo);
	}

	#jobsWillChange(): void {
		const before = new Map(this.jobRows);
		this.willChange(() => {
			this.jobRows = before;
		});
	}

	jobsInHand(): JobHead[] {
		return [...this.jobRows.values()]
			.filter((job) => job.isOwed || job.state === "waiting" || job.state === "sent")
			.sort((a, b) => a.n - b.n)
			.map(headOf);
	}

	job(n: number): JobRow | null {
		const job = this.jobRows.get(n);
		return job === undefined ? null : { ...job };
	}

	inputBytes(n: number): number {
		return utf8Bytes(this.jobRows.get(n)?.input ?? "");
	}

	#before(n: number): JobRow[] {
		return [...this.jobRows.values()].filter((job) => job.n < n).sort((a, b) => b.n - a.n);
	}

	jobs(state: SettledState | null, before: number, limit: number): ListedJob[] {
		return this.#find(state, before, limit).rows.map(({ name: _, input: __, ...job }) => job);
	}

	jobSizes(state: SettledState | null, before: number, limit: number): JobSizes {
		const { rows, last } = this.#find(state, before, limit);
		return { sizes: rows.map(({ n, outcome }) => ({ n, bytes: utf8Bytes(outcome) })), last };
	}

	/** As if those that failed had an index and those that are done had none. */
	#find(state: SettledState | null, before: number, limit: number): { rows: JobRow[]; last: number | null } {
		const all = this.#before(before);
		const first = (all[0]?.n ?? 0) - JOBS_LOOKED_AT_MAX + 1;
		const isIndexed = state !== "done";
		const looked = isIndexed ? all : all.filter(({ n }) => n >= first);
		const rows = looked.filter((job) => state === null || job.state === state).slice(0, limit);
		return { rows, last: rows.length < limit && looked.length < all.length ? first : null };
	}

	findAsks(keys: readonly AskKey[]): JobHead[] {
		return keys.flatMap(({ member, ask, purpose }) =>
			[...this.jobRows.values()]
				.filter((job) => job.member === member && job.ask === ask && job.purpose === purpose)
				.map(headOf),
		);
	}

	addJobs(jobs: readonly JobRow[]): void {
		this.#jobsWillChange();
		for (const job of jobs) this.jobRows.set(job.n, { ...job });
	}

	changeJobs(jobs: readonly JobChange[]): void {
		this.#jobsWillChange();
		for (const job of jobs) {
			const before = this.jobRows.get(job.n);
			if (before !== undefined) this.jobRows.set(job.n, { ...before, ...job });
		}
	}

	#settledJobs(): JobRow[] {
		return [...this.jobRows.values()]
			.filter((job) => job.state === "done" || job.state === "failed")
			.sort((a, b) => a.n - b.n);
	}

	oldestSettledJob(): number | null {
		return this.#settledJobs()[0]?.dueAt ?? null;
	}

	dropSettledJobs(at: number, limit: number, bytesMax: number): DroppedJobs {
		this.#jobsWillChange();
		const due = this.#settledJobs().filter((job) => job.dueAt <= at);
		const sizes = due.map(({ input, outcome }) => ({ bytes: utf8Bytes(input) + utf8Bytes(outcome) }));
		const count = fitting(limit, bytesMax, (first, many) => sizes.slice(first, first + many));
		const dropped = due.slice(0, count).map(({ n, member }) => ({ n, member }));
		for (const { n } of dropped) this.jobRows.delete(n);
		const latest = at + OUTCOME_KEPT_MS;
		for (const job of this.#settledJobs().slice(0, limit)) {
			if (job.dueAt > latest) this.jobRows.set(job.n, { ...job, dueAt: latest });
		}
		return { dropped, nextAt: this.oldestSettledJob() };
	}

	eraseJobs({ member, jobsDone, jobsThrough }: ErasureRow, rowsMax: number, bytesMax: number): ErasedJobs {
		this.#jobsWillChange();
		const rows = this.#before(jobsThrough + 1)
			.filter(({ n }) => n > jobsDone)
			.toReversed()
			.slice(0, rowsMax);
		const bytesOf = (job: JobRow): number =>
			job.member === member ? utf8Bytes(job.input) + utf8Bytes(job.outcome) : 0;
		const count = fitting(rows.length, bytesMax, (first, many) =>
			rows.slice(first, first + many).map((job) => ({ bytes: bytesOf(job) })),
		);
		const erased = { name: "", input: "null", outcome: "null", isOwed: false };
		const theirs = rows.slice(0, count).filter((job) => job.member === member);
		for (const job of theirs) this.jobRows.set(job.n, { ...job, ...erased });
		const isAll = count < rowsMax && count === rows.length;
		return { done: isAll ? jobsThrough : (rows[count - 1]?.n ?? jobsDone), count: theirs.length };
	}
}
