/** The jobs of a room under test: done by the app's own kinds, or by the test. */
import type { RoomBody } from "../durable/room-body.ts";
import type { App } from "../jobs/define.ts";
import { doJob } from "../jobs/do-job.ts";
import { Later } from "../jobs/failures.ts";
import type { JobContext } from "../jobs/kind.ts";
import type { JobRef } from "../protocol/jobs.ts";
import type { Event } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import type { TestClock } from "./clock.ts";

/** A job that waits for the test to say what came of it. */
export interface TestJob {
	/** The kind's. */
	readonly name: string;
	readonly input: unknown;
	/** The event that it is about; null where somebody asked for it. */
	readonly event: Event | null;
	/** Who asked for it, or said what started it. */
	readonly member: string | null;
	done(result?: unknown): void;
	fail(message: string, code?: string): void;
}

/** The jobs that wait for the test, where it does them itself. */
export interface WaitingJobs {
	/** Takes the oldest that waits; of that kind, where it is said. @throws Error where there is none */
	take(name?: string): TestJob;
	/** How many wait. */
	readonly count: number;
}

interface Needs {
	name: string;
	clock: TestClock;
	app(): App;
	body(): RoomBody;
	/** True where the test does them itself. */
	isByTest: boolean;
	vars: Readonly<Record<string, unknown>>;
}

export class TestJobs implements WaitingJobs {
	readonly #needs: Needs;
	readonly #waiting: TestJob[] = [];

	constructor(needs: Needs) {
		this.#needs = needs;
	}

	take(name?: string): TestJob {
		const at = this.#waiting.findIndex((job) => name === undefined || job.name === name);
		const [job] = at === -1 ? [] : this.#waiting.splice(at, 1);
		if (job !== undefined) return job;
		const there = this.#waiting.map((each) => each.name).join(", ");
		throw new Error(
			`There is no job${name === undefined ? "" : ` \`${name}\``} to be done; waiting are: ${there || "none"}.`,
		);
	}

	get count(): number {
		return this.#waiting.length;
	}

	enqueue(refs: readonly JobRef[]): void {
		for (const ref of refs)
			this.#needs.clock.after(0, () => (this.#needs.isByTest ? this.#keep(ref) : this.#run(ref, 1)));
	}

	#keep({ epoch, job, run }: JobRef): void {
		const task = this.#needs.body().takeJob(epoch, job, run);
		if (task === null) return;
		const settle = (outcome: Outcome): void => this.#needs.body().settleJob({ epoch, job, run, outcome }, () => {});
		this.#waiting.push({
			name: task.kind,
			input: JSON.parse(task.input),
			event: eventOf(task),
			member: task.by?.member ?? null,
			done: (result = null) => settle({ state: "done", result }),
			fail: (message, code = "failed") => settle({ state: "failed", error: { code, message } }),
		});
	}

	/** As the queue would have it done: again, where the consumer asks for that. */
	#run(ref: JobRef, attempt: number): void {
		const { app, vars, clock } = this.#needs;
		const work = doJob(ref, this.#source(), { env: vars as unknown as JobContext["env"], kinds: app(), attempt }).catch(
			(error: unknown) => {
				if (!(error instanceof Later)) throw error;
				clock.after(error.delaySeconds * 1000, () => this.#run(ref, attempt + 1));
			},
		);
		clock.during(work);
	}

	#source() {
		const { body } = this.#needs;
		return {
			takeJob: async (epoch: string, job: string, run: number) => body().takeJob(epoch, job, run),
			settleJob: (epoch: string, job: string, run: number, outcome: Outcome) =>
				new Promise<void>((resolve) => body().settleJob({ epoch, job, run, outcome }, () => resolve())),
		};
	}
}

function eventOf({ event }: Task): Event | null {
	return event === null ? null : (JSON.parse(event) as Event);
}
