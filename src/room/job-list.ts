/** The list of jobs that operators read, a page at a time: the newest first, and never more of it than a page may hold. */

import { JOB_HEAD_BYTES_MAX } from "../protocol/job-limits.ts";
import type { JobState } from "../protocol/jobs.ts";
import { PAGE_BYTES_MAX } from "../protocol/limits.ts";
import { encodeJob, encodeRange, rangeState } from "./job-view.ts";
import { jobId, jobNumber, type ListedJob, type RangeRow } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { JobSize, JobSizes, RoomStore } from "./store.ts";
import type { Veil } from "./veil.ts";

export interface JobsQuery {
	/** Null lists jobs of all states. */
	state: JobState | null;
	limit: number;
	/** What `next` was in the answer before; null begins with the newest. */
	cursor: string | null;
}

export interface JobsPage {
	/** Encoded jobs. */
	bodies: string[];
	/** The cursor of the page after this one; null where there is no more. */
	next: string | null;
}

interface Needs {
	store: RoomStore;
	record: RoomRecord;
	outbox: Outbox;
	ranges: Ranges;
	veil: Veil;
}

/** Jobs that may be listed, and how they are had. */
interface Candidates extends JobSizes {
	rows(count: number): ListedJob[];
}

export class JobList {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/**
	 * Jobs, and ranges in flight, by their numbers. One that was listed is never listed again, whatever is added
	 * meanwhile. Null where the cursor is none of this epoch.
	 */
	page({ state, limit, cursor }: JobsQuery): JobsPage | null {
		const { epoch } = this.#room.record;
		const before = cursor === null ? Number.MAX_SAFE_INTEGER : jobNumber(epoch, cursor);
		if (before === null) return null;
		// One more than is wanted: where it is there, there is more.
		const { sizes, last, rows } = this.#candidates(state, before, limit + 1);
		const ranges = this.#inFlight(state).filter(({ n }) => n < before && n >= (last ?? 0));
		const found = [...sizes, ...ranges.map(({ n }) => ({ n, bytes: 0 }))].sort((a, b) => b.n - a.n);
		const shown = found.slice(0, fitting(found, limit));
		const numbers = new Set(shown.map(({ n }) => n));
		const bodies = new Map<number, string>();
		for (const range of ranges) if (numbers.has(range.n)) bodies.set(range.n, encodeRange(range, epoch));
		const count = shown.length - bodies.size;
		if (count > 0) for (const row of rows(count)) bodies.set(row.n, encodeJob(this.#room.veil.overJob(row), epoch));
		const end = shown.length < found.length ? (shown.at(-1)?.n ?? null) : last;
		return { bodies: shown.map(({ n }) => bodies.get(n) ?? "null"), next: end === null ? null : jobId(epoch, end) };
	}

	/** At most `limit` jobs of a state before a number. The open ones are in memory: none is read for them. */
	#candidates(state: JobState | null, before: number, limit: number): Candidates {
		const { store, outbox } = this.#room;
		if (state !== "waiting" && state !== "sent") {
			return { ...store.jobSizes(state, before, limit), rows: (count) => store.jobs(state, before, count) };
		}
		const open = outbox
			.inState(state)
			.filter(({ n }) => n < before)
			.sort((a, b) => b.n - a.n)
			.slice(0, limit)
			.map((head) => ({ ...head, outcome: "null" }));
		return { sizes: open.map(({ n }) => ({ n, bytes: 0 })), last: null, rows: (count) => open.slice(0, count) };
	}

	#inFlight(state: JobState | null): RangeRow[] {
		return [...this.#room.ranges.rows()].filter(
			(row) => row.state !== "idle" && (state === null || rangeState(row) === state),
		);
	}
}

/** How many of at most `limit` jobs, from the first on, fit a page: at least one, where there is one. */
function fitting(found: readonly JobSize[], limit: number): number {
	let bytes = 0;
	for (const [count, size] of found.entries()) {
		bytes += size.bytes + JOB_HEAD_BYTES_MAX;
		if (count === limit || (count > 0 && bytes > PAGE_BYTES_MAX)) return count;
	}
	return found.length;
}
