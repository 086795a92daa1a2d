/** Queue messages made by hand, a consumer that is given them, and what it did with each. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { consume } from "../../src/jobs/consumer.ts";
import type { Kinds } from "../../src/jobs/do-job.ts";
import type { Kind } from "../../src/jobs/kind.ts";
import type { Outcome } from "../../src/protocol/outcome.ts";

export const JOBS_QUEUE = "rotunda-jobs";

export interface Letter {
	body: unknown;
	attempts?: number;
}

/** What became of each message: it was acknowledged, comes again, or (which must not be) neither. */
export async function deliver(
	letters: readonly Letter[],
	kinds: Kinds,
	bindings: Cloudflare.Env = env,
	queue = JOBS_QUEUE,
): Promise<("taken" | "again" | "neither")[]> {
	const batch = createMessageBatch(
		queue,
		letters.map(({ body, attempts = 1 }, index) => ({ id: String(index), timestamp: new Date(0), attempts, body })),
	);
	await consume(batch, bindings, kinds);
	const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
	return letters.map((_, index) => {
		if (explicitAcks.includes(String(index))) return "taken";
		return retryMessages.some(({ msgId }) => msgId === String(index)) ? "again" : "neither";
	});
}

/** Delivers a message again and again, as a queue would, until it is acknowledged; gives how often. */
export async function deliverUntilTaken(body: unknown, kinds: Kinds, bindings: Cloudflare.Env = env): Promise<number> {
	for (let attempts = 1; attempts <= 11; attempts++) {
		const [taken] = await deliver([{ body, attempts }], kinds, bindings);
		if (taken === "taken") return attempts;
	}
	throw new Error("It was never taken.");
}

/** A kind that does `run`, under a name that the shipped app lets members ask for. */
export function kindOf(run: Kind["run"], more: Partial<Kind> = {}): Kind {
	return {
		name: "unfurl",
		input: v.unknown(),
		asked: true,
		concerns: "room",
		retry: { attempts: 4, firstSeconds: 1, mostSeconds: 8 },
		runMsMax: 1_000,
		run,
		...more,
	};
}

/** A room that owes one job and notes what it is told; `fails` how many of its answers get lost. */
export class PretendedRoom {
	readonly settled: { job: string; run: number | null; outcome: Outcome }[] = [];
	kind = "unfurl";
	fails = 0;

	takeJob(): Promise<unknown> {
		return Promise.resolve(
			this.settled.length > 0 ? null : { kind: this.kind, input: '{"url":"x"}', event: null, range: null },
		);
	}

	async settleJob(_: string, job: string, run: number | null, outcome: Outcome): Promise<void> {
		if (this.fails-- > 0) throw new Error("The room is restarting.");
		this.settled.push({ job, run, outcome });
	}

	/** The bindings of a Worker whose only room this is. */
	get env(): Cloudflare.Env {
		return { ...env, ROOMS: { getByName: () => this } } as unknown as Cloudflare.Env;
	}
}

export function ref(job = "e1-1", run = 1, more: object = {}): object {
	return { v: 1, room: "lobby", epoch: "e1", job, run, ...more };
}
