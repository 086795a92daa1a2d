/** Range jobs: one range of a kind in flight, frozen; what it needs stays stored; nothing is lost in silence. */

import { describe, expect, test } from "vitest";
import { RANGE_EVENTS_MAX, RANGE_PAUSE_MS, RANGE_RETRY_MS } from "../../src/protocol/job-limits.ts";
import { houseRules, LEASE_MS, range } from "./house-rules.ts";
import { range as numbers, only, scenario, seqs } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { done, drain, expectRest, fail, failed, lastJob, rangeOf, replay, settle, task } from "./work.ts";

const ARCHIVE = range("archive");
const HOOK = range("hook", { begins: "head" });

const play = (name: string, body: (stage: Stage) => void, ranges = [ARCHIVE], settings = {}) =>
	scenario(name, body, { publishPerSecond: 0, ...settings }, houseRules(ranges));

function publishMany(stage: Stage, session: string, from: number, to: number): void {
	for (let start = from; start <= to; start += 100) {
		const ids = numbers(Math.min(100, to - start + 1), start);
		stage.say(
			session,
			ids.map((n) => ({ type: "publish", id: `p${n}`, name: "free", data: n })),
		);
	}
}

describe("a range", () => {
	play("is frozen when it is first sent; what comes meanwhile gathers for the next", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		const first = lastJob(stage);
		stage.publish(ann, "p2");
		stage.publish(ann, "p3");
		expect(stage.queue.runs).toEqual({ [first]: 1 });
		expect(rangeOf(stage, first)).toMatchObject({ from: 1, to: 1, seqs: [1] });
		settle(stage, first);
		expect(rangeOf(stage, lastJob(stage))).toMatchObject({ from: 2, to: 3, seqs: [2, 3], head: 3 });
	});

	play("is owed with a room's very first event, also where that came over HTTP and nobody is here", (stage) => {
		stage.post("ann", { id: "p1", name: "free", data: 1 });
		expect(rangeOf(stage, lastJob(stage)).seqs).toEqual([1]);
	});

	play("holds at most 500 events and 1 MiB", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p0");
		publishMany(stage, ann, 1, 700);
		settle(stage, lastJob(stage));
		expect(rangeOf(stage, lastJob(stage)).seqs).toHaveLength(RANGE_EVENTS_MAX);
		settle(stage, lastJob(stage));
		for (let n = 0; n < 40; n++) stage.publish(ann, `large${n}`, "x".repeat(32_000));
		expect(drain(stage).at(-1)).toBe(741);
		const sizes = stage.queue.letters.length;
		expect(sizes).toBeGreaterThan(4);
	});

	play("past its lease is sent again: the same events under the same id, as a higher run", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		const job = lastJob(stage);
		stage.publish(ann, "p2");
		stage.pass(LEASE_MS);
		expect(stage.queue.letters.at(-1)).toEqual({ job, run: 2 });
		expect(rangeOf(stage, job).seqs).toEqual([1]);
		stage.step([failed(stage, job, "stale", { run: 1 })]);
		expect(stage.job(job)).toMatchObject({ state: "sent" });
		stage.step([done(stage, job, null, { run: 1 })]);
		stage.step([done(stage, job, null)]);
		stage.pass(RANGE_PAUSE_MS);
		expect(rangeOf(stage, lastJob(stage)).seqs).toEqual([2]);
	});

	play(
		"that failed for good is listed with its reason, and tried again later and on replay: the same delivery",
		(stage) => {
			const ann = stage.join("ann");
			stage.publish(ann, "p1");
			const job = lastJob(stage);
			fail(stage, job, "The receiver answered 500.");
			stage.publish(ann, "p2");
			expect(stage.jobs("failed", 10)).toMatchObject([
				{ job, name: "archive", from: 1, to: 1, error: { message: "The receiver answered 500." } },
			]);
			expect(stage.queue.runs[job]).toBe(1);
			expect(replay(stage, job)).toBe(true);
			expect(stage.queue.runs[job]).toBe(2);
			fail(stage, job, "Again.");
			stage.pass(RANGE_RETRY_MS);
			expect(stage.queue.runs[job]).toBe(3);
			expect(drain(stage)).toEqual([1, 2]);
			expect(stage.jobs("failed", 10)).toEqual([]);
			expectRest(stage);
		},
	);

	play("on its way and not failed, there is nothing to replay", (stage) => {
		stage.publish(stage.join("ann"), "p1");
		expect(replay(stage, lastJob(stage))).toBe(false);
		expect(stage.queue.letters).toHaveLength(1);
	});

	play(
		"never refuses a publish and counts against no cap",
		(stage) => {
			const ann = stage.join("ann");
			publishMany(stage, ann, 1, 2000);
			expect(only(stage.heard(ann), "error")).toEqual([]);
			stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
			expect(only(stage.heard(ann), "job")).toMatchObject([{ state: "accepted" }]);
			expect(drain(stage)).toEqual(numbers(2000));
		},
		[ARCHIVE],
		{ jobsPendingPerMemberMax: 1 },
	);

	play(
		"of a kind that begins at the head tells a room that has a past only what comes next",
		(stage) => {
			const ann = stage.join("ann");
			stage.publish(ann, "p1");
			expect(rangeOf(stage, lastJob(stage)).seqs).toEqual([1]);
		},
		[HOOK],
	);

	test("G5 of two kinds each has its own: one that is down holds up nothing", () => {
		const stage = new Stage({ publishPerSecond: 0 }, false, undefined, houseRules([ARCHIVE, HOOK]));
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		const jobs = new Map(stage.jobs(null, 10).map(({ name, job }) => [name, job]));
		fail(stage, jobs.get("hook") ?? "");
		settle(stage, jobs.get("archive") ?? "");
		stage.publish(ann, "p2");
		expect(stage.jobs(null, 10)).toMatchObject([
			{ name: "archive", from: 2, to: 2, state: "sent" },
			{ name: "hook", from: 1, to: 1, state: "failed" },
		]);
	});
});

describe("what an unsettled range needs", () => {
	const OLD_MS = 120_000;

	play(
		"stays stored below the floor when it is trimmed, and is hidden from members",
		(stage) => {
			const ann = stage.join("ann");
			publishMany(stage, ann, 1, 20);
			stage.now += OLD_MS;
			stage.ring();
			expect(stage.room.meta.floor).toBe(11);
			expect(seqs(stage.heard(stage.join("bob", { history: 200 })))).toEqual(numbers(10, 11));
			expect(stage.room.page({ after: 0 }).bodies).toHaveLength(10);
			expect(drain(stage)).toEqual(numbers(20));
			stage.pass(OLD_MS);
			expect(stage.store.after(0, 100)).toHaveLength(10);
			expect(stage.room.meta).toMatchObject({ heldBytes: 0, kept: 11 });
			expect(stage.room.meta.bytes).toBe(stage.store.sizesAfter(0, 100).reduce((sum, { bytes }) => sum + bytes, 0));
			expectRest(stage);
		},
		[ARCHIVE],
		{ historyEventsMax: 10 },
	);

	play(
		"beyond the bound in bytes goes all the same: the loss is listed, and what is kept still comes",
		(stage) => {
			const ann = stage.join("ann");
			publishMany(stage, ann, 1, 100);
			const stuck = lastJob(stage);
			stage.now += OLD_MS;
			stage.ring();
			const { floor, head } = stage.room.meta;
			expect(floor).toBeGreaterThan(1);
			expect(stage.jobs("failed", 10)).toMatchObject([{ name: "archive", error: { code: "trimmed" } }]);
			expect(rangeOf(stage, stuck), "what is left of it").toMatchObject({ from: floor });
			expect(drain(stage)).toEqual(numbers(head - floor + 1, floor));
			expectRest(stage);
		},
		[ARCHIVE],
		{ historyBytesMax: 4_000 },
	);

	play(
		"G5 what is left of a range in flight stays the same delivery: its end may have been taken already",
		(stage) => {
			const ann = stage.join("ann");
			stage.publish(ann, "p0");
			publishMany(stage, ann, 1, 20);
			settle(stage, lastJob(stage));
			const job = lastJob(stage);
			expect(rangeOf(stage, job).seqs).toEqual(numbers(20, 2));
			publishMany(stage, ann, 21, 40);
			stage.now += OLD_MS;
			stage.ring();
			const { kept } = stage.room.meta;
			expect(kept).toBeGreaterThan(2);
			expect(kept).toBeLessThan(21);
			expect(rangeOf(stage, job)).toMatchObject({ from: kept, to: 21 });
			// A failure of the longer one is not taken for that of what is left; that it was taken is.
			const error = { code: "unacceptable", message: "It answered 422" };
			stage.step([done(stage, job, null, { run: 1, outcome: { state: "failed", error, blame: "events" } })]);
			expect(rangeOf(stage, job)).toMatchObject({ from: kept, to: 21 });
			settle(stage, job);
			expect(rangeOf(stage, lastJob(stage))).toMatchObject({ from: 22 });
		},
		[ARCHIVE],
		{ historyBytesMax: 3_600 },
	);

	test("after a loss the next range is no failed one, and is sent again after a crash", () => {
		const rules = houseRules([ARCHIVE]);
		const stage = new Stage({ publishPerSecond: 0, historyBytesMax: 4_000 }, false, undefined, rules);
		const ann = stage.join("ann");
		publishMany(stage, ann, 1, 100);
		stage.now += OLD_MS;
		stage.queue.mood = "hangs";
		stage.ring();
		expect(stage.jobs("failed", 10), "the loss alone").toMatchObject([{ error: { code: "trimmed" } }]);
		stage.queue.mood = "takes";
		const before = stage.queue.letters.length;
		stage.crash();
		expect(stage.queue.letters.length).toBe(before + 1);
	});

	play(
		"a loss cannot be replayed into a success",
		(stage) => {
			const ann = stage.join("ann");
			publishMany(stage, ann, 1, 100);
			stage.now += OLD_MS;
			stage.ring();
			const loss = stage.jobs("failed", 10).find(({ error }) => error?.code === "trimmed");
			replay(stage, loss?.job ?? "");
			if (task(stage, loss?.job ?? "") === "gone") settle(stage, loss?.job ?? "");
			expect(stage.job(loss?.job ?? "")).toMatchObject({ state: "failed", error: { code: "trimmed" } });
		},
		[ARCHIVE],
		{ historyBytesMax: 4_000 },
	);
});
