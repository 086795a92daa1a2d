/**
 * The consumer of both queues. A message is only a reference: the room is asked what is to be done
 * and whether it is still owed, the kind does it, the room is told the outcome, and only then is the
 * message acknowledged. So whatever dies in between, the job is done again and settles once (G5).
 */

import * as v from "valibot";
import type { Event } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import { keepDeadLetter } from "./archive/search.ts";
import { backoffSeconds, Hopeless, type JobContext, type Kind, type Range, type RangeKind } from "./kind.ts";
import { JobRef, type JobSource } from "./ref.ts";

export const DEAD_JOBS_QUEUE = "rotunda-dead-jobs";

/** The retry of a message whose room could not be reached. */
const ROOM_RETRY = { attempts: 10, firstSeconds: 1, mostSeconds: 60 };

export interface Kinds {
	kinds: readonly Kind[];
	ranges: readonly RangeKind[];
}

/** Handles a batch; one bad message never holds up the others. */
export async function consume(batch: MessageBatch, env: Cloudflare.Env, kinds: Kinds): Promise<void> {
	await Promise.all(
		batch.messages.map(async (message) => {
			try {
				if (batch.queue === DEAD_JOBS_QUEUE) await bury(message, env, batch.queue);
				else await work(message, env, kinds, batch.queue);
				message.ack();
			} catch (error) {
				const retry = error instanceof Later ? error : new Later(backoffOf(ROOM_RETRY, message));
				message.retry({ delaySeconds: retry.delaySeconds });
			}
		}),
	);
}

/** Try again after so many seconds. */
class Later extends Error {
	readonly delaySeconds: number;

	constructor(delaySeconds: number) {
		super("later");
		this.delaySeconds = delaySeconds;
	}
}

function backoffOf(retry: Kind["retry"], { attempts }: Message): number {
	return backoffSeconds(retry, attempts, Math.random());
}

function roomOf(env: Cloudflare.Env, room: string): JobSource {
	return env.ROOMS.getByName(room) as unknown as JobSource;
}

async function work(message: Message, env: Cloudflare.Env, { kinds, ranges }: Kinds, queue: string): Promise<void> {
	const ref = v.safeParse(JobRef, message.body);
	if (!ref.success) return bury(message, env, queue, "No version of this code understands the message.");
	const { room, epoch, job, run, host } = ref.output;
	const source = roomOf(env, room);
	const task = await source.takeJob(epoch, job, run);
	// Settled already, or wiped.
	if (task === null) return;
	const kind = kinds.find(({ name }) => name === task.kind) ?? ranges.find(({ name }) => name === task.kind);
	if (kind === undefined) {
		const error = { code: "unknown_job", message: `This server has no job kind ${task.kind}.` };
		await source.settleJob(epoch, job, run, { state: "failed", error });
		return;
	}
	const outcome = await outcomeOf(kind, task, message, {
		env,
		room,
		epoch,
		job,
		run,
		event: task.event === null ? null : (JSON.parse(task.event) as Event),
		ownHosts: host === undefined ? [] : [host],
		signal: AbortSignal.timeout(kind.runMsMax),
	});
	await source.settleJob(epoch, job, run, outcome);
}

/** @throws Later where the run failed and may be tried again. */
async function outcomeOf(kind: Kind | RangeKind, task: Task, message: Message, context: JobContext): Promise<Outcome> {
	try {
		return { state: "done", result: (await runOf(kind, task, context)) ?? null };
	} catch (error) {
		if (error instanceof Hopeless) return { state: "failed", error: { code: error.code, message: error.message } };
		if (message.attempts < kind.retry.attempts) throw new Later(backoffOf(kind.retry, message));
		const why = error instanceof Error ? error.message : "it did not say why";
		return {
			state: "failed",
			error: { code: "exhausted", message: `It failed ${message.attempts} times, last: ${why}` },
		};
	}
}

function runOf(kind: Kind | RangeKind, task: Task, context: JobContext): Promise<unknown> {
	if ("begins" in kind) {
		if (task.range === null) throw new Hopeless("invalid", "The job has no range.");
		const range: Range = { ...task.range, events: JSON.parse(task.range.events) as Event[] };
		return inTime(kind.run(range, context), context.signal);
	}
	const input = v.safeParse(kind.input, JSON.parse(task.input));
	if (!input.success) throw new Hopeless("invalid", "The job's input is not what its kind takes.");
	return inTime(kind.run(input.output, context), context.signal);
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
	await keepDeadLetter(env.ARCHIVE, queue, asText(message.body), reason);
}

/** A queue carries more than JSON can say; what it cannot is kept by its kind alone, instead of never. */
function asText(body: unknown): string {
	try {
		return JSON.stringify(body) ?? "";
	} catch {
		return JSON.stringify(`A ${typeof body} that JSON cannot hold.`);
	}
}
