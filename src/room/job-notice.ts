/** What the member who asked for a job, or whose event is held, is told of it. */
import type { JobNotice } from "../protocol/messages.ts";
import type { Failure, Outcome } from "../protocol/outcome.ts";
import { type JobHead, jobId, type Purpose, rejectionOf } from "./jobs.ts";

/** What a job came to, as it is stored and told: its result, or why it failed. */
export function gistOf(outcome: Outcome): unknown {
	return outcome.state === "done" ? (outcome.result ?? null) : outcome.error;
}

/** `gist` counts where it is settled. */
export function noticeOf({ n, kind, ask, purpose, state }: JobHead, gist: unknown, epoch: string): JobNotice {
	const notice = { type: "job", id: ask ?? "", job: jobId(epoch, n), name: kind } as const;
	if (state === "done") return { ...notice, state, result: gist };
	if (state === "failed") return { ...notice, state, error: toldOf(purpose, gist as Failure | null) };
	return { ...notice, state: purpose === "hold" ? "held" : "accepted" };
}

function toldOf(purpose: Purpose, error: Failure | null): Failure {
	// Why a check failed is the operators' to know; the author is told what it means.
	if (purpose === "hold" || error === null) return rejectionOf(error);
	// So is what a failing service said.
	if (error.code !== "exhausted") return error;
	return { code: error.code, message: "It was tried several times and failed; try again later." };
}
