/** What a job looks like in the room's store, on its way out and on the wire. */
import { type AppCode, isAppCode } from "../protocol/codes.ts";
import type { JobState } from "../protocol/jobs.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Failure } from "../protocol/outcome.ts";

/** Why there is a job: a member asked, an event started it, an event waits for it or is looked at again, or a rule asked. */
export type Purpose = "asked" | "event" | "hold" | "review" | "rule";

/** What became of a job that is not open any more. */
export type SettledState = Extract<JobState, "done" | "failed">;

/** A job without what it holds: what the room keeps in memory while the job is owed. */
export interface JobHead {
	/** Its number in the epoch, from 1. */
	n: number;
	kind: string;
	purpose: Purpose;
	/** Who asked, or whose event it is about; null where nobody is to be told. */
	member: string | null;
	/** The id under which it was asked for or its event published. */
	ask: string | null;
	/** The event that it is about. */
	seq: number | null;
	state: JobState;
	/** How often it was sent, from 1. */
	run: number;
	/** Waiting: when it is to be sent. Sent: when its lease ends. Settled: when it is forgotten. Unix ms. */
	dueAt: number;
	/** When a held event is no longer held for its check, Unix ms. */
	deadlineAt: number | null;
	/** True while its outcome has not been received by whom it concerns. */
	isOwed: boolean;
	/** When it came to be, Unix ms. */
	at: number;
	/** Of a held event, by which its repeats are known; empty for every other job. */
	digest: string;
}

export interface JobRow extends JobHead {
	/** The display name of who asked for it; empty for every other job. */
	name: string;
	/** JSON: what was asked, or the event that is held. */
	input: string;
	/** JSON: a result, or {code, message}. */
	outcome: string;
}

/** A job as it is listed: neither what was asked is shown, nor the name of who asked. */
export type ListedJob = Omit<JobRow, "name" | "input">;

/** What a kind has done of the history, and the one range of it that is in flight. */
export interface RangeRow {
	kind: string;
	/** The seq up to which everything is settled. */
	through: number;
	/** The end of the range in flight, frozen; null where none is. */
	to: number | null;
	/** The number of its job, or 0. */
	n: number;
	/** Stopped: its receiver is gone. Nothing is sent, nor kept for it, until an operator tries it again. */
	state: "idle" | "waiting" | "sent" | "stopped";
	run: number;
	dueAt: number;
	/** For how long it was put off when its last run failed, ms: where the clock steps back it waits no longer. */
	waitMs: number;
	/** Why its last run failed; empty where it did not. */
	reason: string;
	/** How many events the next range holds at most while one is looked for that cannot be taken; 0 where none is. */
	most: number;
	/** How many events in a row were set aside. */
	aside: number;
	/** The count of members that it was last sent. */
	count: number;
	/** Epochs whose traces it is still to remove. */
	wiped: readonly string[];
	/** Members whose words it is still to take back, also those that the room no longer keeps. */
	erased: readonly string[];
}

/** What is written of a job again; what is missing stays as it is. */
export type JobChange = JobHead & Partial<Pick<JobRow, "name" | "input" | "outcome">>;

/** What a job is made of. */
export type JobDraft = Pick<JobRow, "kind" | "purpose" | "member" | "ask" | "seq" | "input" | "deadlineAt"> & {
	name?: string;
	digest?: string;
};

export interface AskKey {
	member: string;
	ask: string;
	purpose: Purpose;
}

export interface Publication {
	id: string;
	name: string;
	data: unknown;
	author: string;
	/** What its author might do when it published it; missing where an earlier version held it. */
	can?: readonly Capability[];
}

/** A job that the platform is to send; the same one may be sent again as a higher run. */
export interface Sending {
	job: string;
	run: number;
}

/** A job's public id: its number within the epoch, which is random and so makes it unique everywhere. */
export function jobId(epoch: string, n: number): string {
	return `${epoch}-${n}`;
}

/** The number of a job of this epoch, or null for any other id. */
export function jobNumber(epoch: string, id: string): number | null {
	if (!id.startsWith(`${epoch}-`)) return null;
	const digits = id.slice(epoch.length + 1);
	return /^[1-9][0-9]{0,14}$/.test(digits) ? Number(digits) : null;
}

/** What the author of a held event is told where it is not published: the verdict's or the rule's reason, or that there was none. */
export function rejectionOf(failure: Failure | null): { code: "rejected" | AppCode; message: string } {
	if (failure?.code === "rejected") return { code: "rejected", message: failure.message };
	if (failure !== null && isAppCode(failure.code)) return { code: failure.code, message: failure.message };
	return {
		code: "rejected",
		message: "It could not be checked, so it was not published; try again later under another id.",
	};
}

/** What a member asked for or has in hold counts for it; what its events start does not. */
export function countsFor(head: JobHead): head is JobHead & { member: string; ask: string } {
	return head.member !== null && head.ask !== null && (head.purpose === "asked" || head.purpose === "hold");
}

/**
 * What changes of a job that is owed where the clock was set back to `now`; null where nothing does. One that came to be
 * later than that begins now. `leaseMs`: its kind's.
 */
export function setBackJob({ at, state, dueAt, deadlineAt }: JobHead, now: number, leaseMs: number) {
	const aheadMs = Math.max(0, at - now);
	const latest = now + (state === "sent" ? leaseMs : 0);
	if (aheadMs === 0 && dueAt <= latest) return null;
	return {
		at: at - aheadMs,
		dueAt: Math.min(dueAt, latest),
		deadlineAt: deadlineAt === null ? null : deadlineAt - aheadMs,
	};
}

export function headOf({ name: _, input: __, outcome: ___, ...head }: JobChange): JobHead {
	return head;
}

export function keyOf({ member, ask, purpose }: Pick<JobHead, "member" | "ask" | "purpose">): string {
	return `${purpose} ${member} ${ask}`;
}
