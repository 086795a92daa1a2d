/** A job as operators and the consumer see it. */
import type { Failure } from "../protocol/outcome.ts";
import { type JobRow, type JobState, jobId, type RangeRow } from "./jobs.ts";

export interface JobView {
	job: string;
	name: string;
	state: JobState;
	/** Which time it was sent, from 1. */
	run: number;
	/** Unix ms; missing for a range. */
	at?: number;
	member?: string;
	/** The event that it is about. */
	of?: number;
	/** The events of a range job. */
	from?: number;
	to?: number;
	result?: unknown;
	error?: Failure;
}

export function jobView(row: JobRow, epoch: string): JobView {
	const view: JobView = { job: jobId(epoch, row.n), name: row.kind, state: row.state, run: row.run, at: row.at };
	if (row.member !== null) view.member = row.member;
	if (row.seq !== null) view.of = row.seq;
	if (row.state === "done") view.result = JSON.parse(row.outcome);
	if (row.state === "failed") view.error = JSON.parse(row.outcome) as Failure;
	return view;
}

/** A range that failed and waits to be tried again is listed as failed, with its reason. */
export function rangeView(row: RangeRow, epoch: string): JobView {
	const isFailed = row.state === "waiting" && row.reason !== "";
	const view: JobView = {
		job: jobId(epoch, row.n),
		name: row.kind,
		state: isFailed ? "failed" : row.state === "idle" ? "done" : row.state,
		run: row.run,
		from: row.through + 1,
		to: row.to ?? row.through,
	};
	if (isFailed) view.error = { code: "exhausted", message: row.reason };
	return view;
}
