/** The list of jobs: bounded by what a page holds, and read to its end without a double while things change. */
import { describe, expect, test } from "vitest";
import { JOBS_LOOKED_AT_MAX, OUTCOME_BYTES_MAX } from "../../src/protocol/job-limits.ts";
import type { JobState } from "../../src/protocol/jobs.ts";
import { PAGE_BYTES_MAX } from "../../src/protocol/limits.ts";
import type { JobsPage } from "../../src/room/job-list.ts";
import { houseRules, range } from "./house-rules.ts";
import { Stage } from "./stage.ts";
import { settle, wipe } from "./work.ts";

const PENDING_MAX = 10_000;
const NO_PAGE: JobsPage = { bodies: [], next: null };

function busy(rules = houseRules()): { stage: Stage; ann: string } {
	const stage = new Stage({ jobsPendingPerMemberMax: PENDING_MAX }, false, undefined, rules);
	return { stage, ann: stage.join("ann") };
}

function asked(stage: Stage, ann: string, first: number, last: number): void {
	for (let n = first; n <= last; n++) {
		stage.say(ann, { type: "job", id: `j${n}`, name: "sum", data: 1 });
		stage.pass(250);
	}
}

/** The jobs' numbers on one page, and its cursor. */
function page(stage: Stage, cursor: string | null, limit: number, state: JobState | null = null) {
	const { bodies, next } = stage.room.jobs({ state, limit, cursor }) ?? NO_PAGE;
	return { numbers: bodies.map((body) => Number((JSON.parse(body) as { job: string }).job.split("-")[1])), next };
}

function pages(stage: Stage, limit: number, state: JobState | null = null, between?: () => void): number[][] {
	const seen: number[][] = [];
	for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
		const { numbers, next } = page(stage, cursor, limit, state);
		seen.push(numbers);
		cursor = next;
		between?.();
	}
	return seen;
}

describe("the list of jobs", () => {
	test("it is read to its end without a double, while new ones are added and old ones settle", () => {
		const { stage, ann } = busy();
		asked(stage, ann, 1, 7);
		let more = 7;
		const seen = pages(stage, 3, null, () => {
			asked(stage, ann, more + 1, ++more);
			settle(stage, `epoch1-${more - 5}`, "x");
		});
		expect(seen).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
		expect(page(stage, null, 50).next).toBeNull();
	});

	test("where nothing is left behind a full page, there is no more", () => {
		const { stage, ann } = busy();
		asked(stage, ann, 1, 4);
		expect(pages(stage, 2)).toEqual([
			[4, 3],
			[2, 1],
		]);
		expect(pages(stage, 50, "failed")).toEqual([[]]);
	});

	test("a page holds no more bytes than one of the history, however many were asked for", () => {
		const { stage, ann } = busy();
		asked(stage, ann, 1, 12);
		const large = "€".repeat(OUTCOME_BYTES_MAX / 3 - 1);
		for (let n = 1; n <= 12; n++) settle(stage, `epoch1-${n}`, large);
		for (let cursor: string | null = null, count = 0; count < 12; ) {
			const { bodies, next }: JobsPage = stage.room.jobs({ state: null, limit: 200, cursor }) ?? NO_PAGE;
			expect(bodies.length).toBeGreaterThan(0);
			expect(new TextEncoder().encode(bodies.join()).length).toBeLessThanOrEqual(PAGE_BYTES_MAX);
			for (const body of bodies) expect(JSON.parse(body)).toMatchObject({ state: "done", result: large });
			count += bodies.length;
			cursor = next;
			expect(next === null).toBe(count === 12);
		}
	});

	test("ranges in flight stand among the jobs by their number, once", () => {
		const { stage, ann } = busy(houseRules([range("hook", { begins: "head" })]));
		stage.publish(ann, "p1", 1, { name: "free" });
		asked(stage, ann, 1, 3);
		const seen = pages(stage, 1);
		expect(seen.flat()).toEqual([...seen.flat()].sort((a, b) => b - a));
		expect(new Set(seen.flat()).size).toBe(seen.length);
		expect(stage.jobs(null, 50).filter(({ from }) => from !== undefined)).not.toEqual([]);
	});

	test("a cursor of before a wipe, or of nowhere, is none", () => {
		const { stage, ann } = busy();
		asked(stage, ann, 1, 3);
		const { next } = page(stage, null, 1);
		wipe(stage, "second");
		expect(stage.room.jobs({ state: null, limit: 1, cursor: next })).toBeNull();
		expect(stage.room.jobs({ state: null, limit: 1, cursor: "2" })).toBeNull();
	});

	/** The room's store as so many jobs have left it. */
	function settled(stage: Stage, count: number, stateOf: (n: number) => "done" | "failed"): void {
		const head = { kind: "sum", purpose: "asked", member: null, ask: null, seq: null, run: 1, name: "" } as const;
		const rest = {
			deadlineAt: null,
			isOwed: false,
			at: stage.now,
			dueAt: stage.now,
			input: "1",
			outcome: "2",
			digest: "",
		};
		const numbers = Array.from({ length: count }, (_, i) => i + 1);
		stage.store.transaction(() =>
			stage.store.addJobs(numbers.map((n) => ({ ...head, ...rest, n, state: stateOf(n) }))),
		);
	}

	test("those that are done are found however many stand before them, a bounded number of rows at a time", () => {
		const { stage } = busy();
		settled(stage, JOBS_LOOKED_AT_MAX + 10, (n) => (n <= 2 ? "done" : "failed"));
		expect(pages(stage, 50, "done")).toEqual([[], [2, 1]]);
	});

	test("those that failed are found at once, however many stand before them", () => {
		const { stage } = busy();
		settled(stage, 3 * JOBS_LOOKED_AT_MAX, (n) => (n <= 3 ? "failed" : "done"));
		expect(pages(stage, 2, "failed")).toEqual([[3, 2], [1]]);
	});

	test("those that are open are listed without reading any", () => {
		const { stage, ann } = busy();
		asked(stage, ann, 1, 5);
		settle(stage, "epoch1-2", "x");
		for (const read of ["jobs", "jobSizes"] as const) {
			stage.store[read] = () => {
				throw new Error("jobs were read");
			};
		}
		expect(pages(stage, 3, "sent")).toEqual([[5, 4, 3], [1]]);
		expect(pages(stage, 3, "waiting")).toEqual([[]]);
	});
});
