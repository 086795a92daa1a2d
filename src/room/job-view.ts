/** A job as operators see it, as JSON: what came of it is stored as such, and goes as it is. */
import type { JobState } from "../protocol/jobs.ts";
import { jobId, type ListedJob, type RangeRow } from "./jobs.ts";

export function encodeJob({ outcome, ...row }: ListedJob, epoch: string): string {
	const { n, kind: name, state, run, at, member, seq } = row;
	const head = JSON.stringify({
		...{ job: jobId(epoch, n), name, state, run, at },
		...(member === null ? {} : { member }),
		...(seq === null ? {} : { of: seq }),
	});
	if (state !== "done" && state !== "failed") return head;
	return `${head.slice(0, -1)},"${state === "done" ? "result" : "error"}":${outcome}}`;
}

/** A range that failed and waits to be tried again, or is not tried any more, is listed as failed, with its reason. */
export function rangeState({ state, reason }: RangeRow): JobState {
	if (state === "stopped" || (state === "waiting" && reason !== "")) return "failed";
	return state === "idle" ? "done" : state;
}

export function encodeRange(row: RangeRow, epoch: string): string {
	const state = rangeState(row);
	return JSON.stringify({
		...{ job: jobId(epoch, row.n), name: row.kind, state, run: row.run },
		...{ from: row.through + 1, to: row.to ?? row.through },
		...(state === "failed"
			? { error: { code: row.state === "stopped" ? "gone" : "exhausted", message: row.reason } }
			: {}),
	});
}
