/** What the member who asked for a job, or whose event is held, is told of it. */
import type { JobNotice } from "../protocol/messages.ts";
import type { Failure } from "../protocol/outcome.ts";
import { type JobHead, jobId, type Purpose, rejectionOf } from "./jobs.ts";

export function noticeOf(row: JobHead & { outcome: string }, epoch: string): JobNotice {
	const { n, kind, ask, purpose, state, outcome } = row;
	const notice = { type: "job", id: ask ?? "", job: jobId(epoch, n), name: kind } as const;
	if (state === "done") return { ...notice, state, result: JSON.parse(outcome) as unknown };
	if (state === "failed") return { ...notice, state, error: toldOf(purpose, JSON.parse(outcome) as Failure | null) };
	return { ...notice, state: purpose === "hold" ? "held" : "accepted" };
}

function toldOf(purpose: Purpose, error: Failure | null): Failure {
	// Why a check failed is the operators' to know; the author is told what it means.
	if (purpose === "hold" || error === null) return rejectionOf(error);
	// So is what a failing service said.
	if (error.code !== "exhausted") return error;
	return { code: error.code, message: "It was tried several times and failed; try again later." };
}
