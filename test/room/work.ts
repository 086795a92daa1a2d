/** The consumer's part on the {@link Stage}: it asks what is to be done, and says what came of it. */
import { expect } from "vitest";
import { RANGE_PAUSE_MS } from "../../src/protocol/job-limits.ts";
import type { RangeTask, Task } from "../../src/protocol/outcome.ts";
import type { Settle } from "../../src/room/inputs.ts";
import type { Stage } from "./stage.ts";

export const CLEAR = { verdict: "clear" };
export const REFUSE = { verdict: "refuse", reason: "It is rude." };

/** What the newest run of a job is to do. */
export function task(stage: Stage, job: string, run = stage.queue.runs[job] ?? 1): Task | "gone" | null {
	return stage.room.task(stage.room.meta.epoch, job, run, stage.now);
}

export function done(stage: Stage, job: string, result: unknown = null, more: Partial<Settle> = {}): Settle {
	const { epoch } = stage.room.meta;
	return {
		type: "settle",
		epoch,
		job,
		run: stage.queue.runs[job] ?? 1,
		outcome: { state: "done", result },
		reply: null,
		...more,
	};
}

export function failed(stage: Stage, job: string, message: string, more: Partial<Settle> = {}): Settle {
	return { ...done(stage, job), outcome: { state: "failed", error: { code: "exhausted", message } }, ...more };
}

/** Settles a job; what gathers for the next range meanwhile has had its time. */
export function settle(stage: Stage, job: string, result: unknown = null): void {
	stage.step([done(stage, job, result)]);
	stage.pass(RANGE_PAUSE_MS);
}

export function fail(stage: Stage, job: string, message = "It is broken."): void {
	stage.step([failed(stage, job, message)]);
}

/** An operator has a job tried again; says whether there was one to try. */
export function replay(stage: Stage, job: string): boolean {
	stage.step([{ type: "replay", reply: "replay", job }]);
	return stage.replies.get("replay")?.outcome === "done";
}

export function wipe(stage: Stage, epoch = "wiped"): void {
	stage.step([{ type: "wipe", reply: "wipe", epoch }]);
}

/** The job that the queue took last; it must have taken one. */
export function lastJob(stage: Stage): string {
	const job = stage.queue.letters.at(-1)?.job;
	expect(job, "the queue has a job").toBeDefined();
	return job ?? "";
}

/** An hour of silence rings only so many alarms: none comes back at once for ever. */
export function expectRest(stage: Stage, ms = 3_600_000, alarmsMax = 200): void {
	const before = stage.alarms.length;
	const until = stage.now + ms;
	while (stage.alarmAt !== null && stage.alarmAt <= until) {
		stage.now = Math.max(stage.now, stage.alarmAt);
		stage.ring();
		if (stage.alarms.length - before > alarmsMax) break;
	}
	expect(stage.alarms.length - before, "alarms").toBeLessThanOrEqual(alarmsMax);
	stage.now = until;
}

/** The range that a job is about, with its events' seqs. */
export function rangeOf(stage: Stage, job: string): Omit<RangeTask, "events"> & { seqs: number[] } {
	const found = task(stage, job);
	if (found === null || found === "gone" || found.range === null) throw new Error(`${job} is no range.`);
	const { events: text, ...rest } = found.range;
	return { ...rest, seqs: (JSON.parse(text) as { seq: number }[]).map(({ seq }) => seq) };
}

/** Settles what is in flight until nothing is; gives the seqs in the order in which they came. */
export function drain(stage: Stage): number[] {
	const seen: number[] = [];
	for (;;) {
		const view = stage.jobs(null, 50).find(({ from }) => from !== undefined);
		if (view === undefined) return seen;
		seen.push(...rangeOf(stage, view.job).seqs);
		settle(stage, view.job);
	}
}
