/**
 * The consumer of both queues. A message is only a reference: the room is asked what is to be done
 * and whether it is still owed, the kind does it, the room is told the outcome, and only then is the
 * message acknowledged. So whatever dies in between, the job is done again and settles once (G5).
 */

import * as v from "valibot";
import { JobRef } from "../protocol/jobs.ts";
import { readSettings } from "../protocol/settings.ts";
import { keepDeadLetter } from "./archive/dead-letters.ts";
import { doJob, type Kinds } from "./do-job.ts";
import { Later } from "./failures.ts";
import { backoffSeconds } from "./kind.ts";
import type { JobSource } from "./source.ts";

/** Of a queue of dead jobs, which has one of these words in its name wherever it was not said by DEAD_JOBS_QUEUE. */
const DEAD = /(^|[-_.])(dead|dlq)([-_.]|$)/i;

/** Between the retries of a message whose room could not be reached: as many as the queue makes. */
const ROOM_BACKOFF = { firstSeconds: 1, mostSeconds: 60 };

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

async function work(message: Message, env: Cloudflare.Env, kinds: Kinds, queue: string): Promise<void> {
	const ref = v.safeParse(JobRef, message.body);
	if (!ref.success) return bury(message, env, queue, "No version of this code understands the message.");
	await doJob(ref.output, roomOf(env, ref.output.room), { env, kinds, attempt: message.attempts });
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
