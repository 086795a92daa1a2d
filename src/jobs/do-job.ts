/** One run of a job: the room is asked what is to be done and whether it is still owed, the kind does it, and the room is told. */
import * as v from "valibot";
import type { JobRef } from "../protocol/jobs.ts";
import type { Event } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import { failureOf, type Log, logToConsole, type Run } from "./failures.ts";
import { isRangeKind, type JobContext, type Kind, NonRetryableError, type RangeKind } from "./kind.ts";
import type { JobSource } from "./source.ts";

export interface Kinds {
	kinds: readonly Kind[];
	ranges: readonly RangeKind[];
	/** Where it is said that a run failed: the console, if nothing is. */
	log?: Log;
}

export interface Doing {
	env: JobContext["env"];
	kinds: Kinds;
	/** Which attempt it is, from 1. */
	attempt: number;
}

/** @throws Later where the run failed and may be tried again. */
export async function doJob(ref: JobRef, source: JobSource, { env, kinds, attempt }: Doing): Promise<void> {
	const { room, epoch, job, run, host } = ref;
	const task = await source.takeJob(epoch, job, run);
	// Settled already, or wiped.
	if (task === null) return;
	const kind = [...kinds.kinds, ...kinds.ranges].find(({ name }) => name === task.kind);
	if (kind === undefined) {
		const error = { code: "unknown_job", message: `This server has no job kind ${task.kind}.` };
		await source.settleJob(epoch, job, run, { state: "failed", error });
		return;
	}
	const context = {
		...{ env, room, epoch, job, run },
		event: task.event === null ? null : (JSON.parse(task.event) as Event),
		member: task.by?.member ?? null,
		name: task.by?.name ?? "",
		ownHosts: host === undefined ? [] : [host],
		signal: AbortSignal.timeout(kind.runMsMax),
	};
	const events = task.range === null ? [] : (JSON.parse(task.range.events) as Event[]);
	const { log = logToConsole } = kinds;
	const outcome = await outcomeOf(task, { kind, context, attempt, events, log });
	await source.settleJob(epoch, job, run, outcome);
}

/** @throws Later where the run failed and may be tried again. */
async function outcomeOf(task: Task, run: Run): Promise<Outcome> {
	try {
		return { state: "done", result: (await resultOf(task, run)) ?? null };
	} catch (error) {
		return failureOf(error, run);
	}
}

function resultOf(task: Task, { kind, context, events }: Run): Promise<unknown> {
	if (isRangeKind(kind)) {
		if (task.range === null) throw new NonRetryableError("invalid", "The job has no range.");
		return inTime(kind.run({ ...task.range, events }, context), context.signal);
	}
	const input = v.safeParse(kind.input, JSON.parse(task.input));
	if (!input.success) throw new NonRetryableError("invalid", faultIn(kind.name, input.issues[0]));
	return inTime(kind.run(input.output, context), context.signal);
}

/** Says where, and not what: the sentence is told to whom the job concerns, and logged. */
function faultIn(kind: string, issue: v.BaseIssue<unknown>): string {
	const field = v.getDotPath(issue);
	const where = field === null ? "" : `: look at \`${field}\``;
	return `The input is not what the kind \`${kind}\` takes${where}. It expects ${issue.expected ?? "something else"}.`;
}

/** A run that ignores its signal is given up all the same. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return Promise.race([
		work,
		new Promise<never>((_, reject) => {
			signal.addEventListener("abort", () => reject(new Error("It took too long.")));
		}),
	]);
}
