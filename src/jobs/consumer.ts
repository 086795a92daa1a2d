/**
 * The consumer of both queues. A message is only a reference: the room is asked what is to be done
 * and whether it is still owed, the kind does it, the room is told the outcome, and only then is the
 * message acknowledged. So whatever dies in between, the job is done again and settles once (G5).
 */

import * as v from "valibot";
import { JobRef } from "../protocol/jobs.ts";
import type { Event } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import { readSettings } from "../protocol/settings.ts";
import { keepDeadLetter } from "./archive/dead-letters.ts";
import { failureOf, Later, type Log, logToConsole, type Run } from "./failures.ts";
import { backoffSeconds, isRangeKind, type Kind, NonRetryableError, type RangeKind } from "./kind.ts";
import type { JobSource } from "./source.ts";

/** Of a queue of dead jobs, which has one of these words in its name wherever it was not said by DEAD_JOBS_QUEUE. */
const DEAD = /(^|[-_.])(dead|dlq)([-_.]|$)/i;

/** Between the retries of a message whose room could not be reached: as many as the queue makes. */
const ROOM_BACKOFF = { firstSeconds: 1, mostSeconds: 60 };

export interface Kinds {
	kinds: readonly Kind[];
	ranges: readonly RangeKind[];
	/** Where it is said that a run failed: the console, if nothing is. */
	log?: Log;
}

/** Handles a batch; one bad message never holds up the others. */
export async function consume(batch: MessageBatch, env: Cloudflare.Env, kinds: Kinds): Promise<void> {
	const { deadJobsQueue } = readSettings(env as unknown as Record<string, unknown>);
	const isDead = deadJobsQueue === null ? DEAD.test(batch.queue) : batch.queue === deadJobsQueue;
	await Promise.all(
		batch.messages.map(async (message) => {
			try {
				if (isDead) await bury(message, env, batch.queue);
				else await work(message, env, kinds, batch.queue);
				message.ack();
			} catch (error) {
				const retry = error instanceof Later ? error : new Later(backoffOf(message));
				message.retry({ delaySeconds: retry.delaySeconds });
			}
		}),
	);
}

function backoffOf({ attempts }: Message): number {
	return backoffSeconds(ROOM_BACKOFF, attempts, Math.random());
}

function roomOf(env: Cloudflare.Env, room: string): JobSource {
	return env.ROOMS.getByName(room) as unknown as JobSource;
}

async function work(message: Message, env: Cloudflare.Env, app: Kinds, queue: string): Promise<void> {
	const ref = v.safeParse(JobRef, message.body);
	if (!ref.success) return bury(message, env, queue, "No version of this code understands the message.");
	const { room, epoch, job, run, host } = ref.output;
	const source = roomOf(env, room);
	const task = await source.takeJob(epoch, job, run);
	// Settled already, or wiped.
	if (task === null) return;
	const kind = [...app.kinds, ...app.ranges].find(({ name }) => name === task.kind);
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
	const { log = logToConsole } = app;
	const outcome = await outcomeOf(task, { kind, context, attempt: message.attempts, events, log });
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

/** Settles as failed what was tried in vain or cannot be understood; keeps it where its room cannot be told. */
async function bury(
	message: Message,
	env: Cloudflare.Env,
	queue: string,
	reason = "Every attempt ended without an answer.",
): Promise<void> {
	const known = v.safeParse(v.object({ room: v.string(), epoch: v.string(), job: v.string() }), message.body);
	const run = v.safeParse(v.object({ run: v.number() }), message.body);
	if (known.success) {
		const { room, epoch, job } = known.output;
		const error = { code: "dead_letter", message: reason };
		await roomOf(env, room).settleJob(epoch, job, run.success ? run.output.run : null, { state: "failed", error });
		return;
	}
	// What it says may be anybody's words: they are kept for operators to read, and are in no log.
	if (env.ARCHIVE === undefined) console.error(`A message of the queue ${queue} is dropped. ${reason}`);
	else await keepDeadLetter(env.ARCHIVE, queue, asText(message.body), reason);
}

/** A queue carries more than JSON can say; what it cannot is kept by its kind alone, instead of never. */
function asText(body: unknown): string {
	try {
		return JSON.stringify(body) ?? "";
	} catch {
		return JSON.stringify(`A ${typeof body} that JSON cannot hold.`);
	}
}
