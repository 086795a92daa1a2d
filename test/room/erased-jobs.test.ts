/** Erasing a member who has had many jobs: answered at once, told by no path from then on, and taken back in pieces. */
import { expect } from "vitest";
import { ERASE_JOBS_MAX } from "../../src/protocol/limits.ts";
import type { Input } from "../../src/room/inputs.ts";
import { type JobRow, jobId } from "../../src/room/jobs.ts";
import { houseRules } from "./house-rules.ts";
import { only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { done, replay, task } from "./work.ts";

const CANARY = "canary-7f3a";
const RULES = houseRules();
const JOBS = 3 * ERASE_JOBS_MAX;
/** Rows that a room may write in a second, whatever it is at. */
const ROWS_PER_SECOND = 10_000;

const ERASING: Input = {
	type: "moderate",
	reply: "erasing",
	by: { member: "room:operator", name: "", can: [], address: null },
	action: { action: "erase", member: "ann" },
};

/** The room has had so many jobs of `ann`, done and failed; the newest are owed to her. */
function hadJobs(stage: Stage): void {
	stage.publish(stage.join("bob"), "b1", "stays");
	const { meta } = stage.room;
	const state = (n: number): Pick<JobRow, "state" | "outcome"> =>
		n % 2 === 0
			? { state: "done", outcome: `"${CANARY}"` }
			: { state: "failed", outcome: JSON.stringify({ code: "exhausted", message: CANARY }) };
	stage.store.transaction(() => {
		stage.store.addJobs(
			range(JOBS).map((n) => ({
				...{ n, kind: "sum", purpose: "asked", member: "ann", ask: `j${n}`, seq: null, run: 1 },
				...{ dueAt: stage.now + 1e9, deadlineAt: null, isOwed: n > JOBS - 10, at: stage.now, digest: "" },
				...{ name: CANARY, input: `"${CANARY}"`, ...state(n) },
			})),
		);
		stage.store.saveMeta({ ...meta, jobs: JOBS });
	});
	stage.sleep();
}

/** True where a read of jobs tells of what they held: of the list, or of one. */
function tells(stage: Stage): boolean {
	const { room } = stage;
	const pages = range(3).map((n) =>
		room.jobs({ state: null, limit: 200, cursor: jobId(room.meta.epoch, n * ERASE_JOBS_MAX) }),
	);
	const one = range(5).map((n) => room.job(jobId(room.meta.epoch, JOBS + 1 - n)));
	return JSON.stringify([pages, one]).includes(CANARY);
}

scenario(
	"G7 an erasure of many jobs is answered at once and goes on by alarm, through sleep and crash; nobody is told of them",
	(stage) => {
		hadJobs(stage);
		stage.turn([ERASING]);
		expect(stage.replies.get("erasing")).toEqual({ outcome: "done" });
		expect(stage.store.job(JOBS), "its rows still stand").toMatchObject({ input: `"${CANARY}"` });
		expect(tells(stage)).toBe(false);
		stage.crash();
		expect(tells(stage)).toBe(false);
		const ann = stage.join("ann");
		stage.say(ann, { type: "job", id: `j${JOBS}`, name: "sum", data: "again" });
		stage.say(ann, { type: "job", id: `j${JOBS - 1}`, name: "sum", data: "again" });
		expect(only(stage.heard(ann), "job"), "what is asked again is known, and nothing more").toMatchObject([
			{ id: `j${JOBS}`, state: "done", result: null },
			{ id: `j${JOBS - 1}`, state: "failed", error: { code: "rejected" } },
		]);
		expect(JSON.stringify(stage.heard(ann))).not.toContain(CANARY);
		expect(replay(stage, jobId(stage.room.meta.epoch, JOBS - 1)), "nobody knows what it was").toBe(false);
		stage.sleep();
		stage.pass(10_000);
		expect(stage.store.erasures()).toEqual([]);
		const kept = range(JOBS).map((n) => stage.store.job(n));
		expect(JSON.stringify(kept).includes(CANARY)).toBe(false);
		expect(only(stage.heard(stage.join("ann")), "job")).toEqual([]);
	},
	{},
	RULES,
);

scenario(
	"G8 an erasure of many jobs writes no more rows in a second than a room may",
	(stage) => {
		hadJobs(stage);
		const written: { at: number; rows: number }[] = [];
		const { store } = stage;
		const eraseJobs = store.eraseJobs.bind(store);
		store.eraseJobs = (erasure, rowsMax, bytesMax) => {
			const erased = eraseJobs(erasure, rowsMax, bytesMax);
			written.push({ at: stage.now, rows: erased.count });
			return erased;
		};
		stage.step([ERASING]);
		// Whatever else the room turns for meanwhile.
		for (const n of range(30)) {
			stage.publish(stage.join("bob"), `p${n}`, n);
			stage.pass(50);
		}
		stage.pass(10_000);
		expect(store.erasures()).toEqual([]);
		expect(written.reduce((sum, { rows }) => sum + rows, 0)).toBe(JOBS);
		for (const { at } of written) {
			const within = written.filter((each) => each.at >= at && each.at < at + 1_000);
			expect(within.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(ROWS_PER_SECOND);
		}
	},
	{},
	RULES,
);

scenario(
	"what comes late of a job that an erased member's event had started is of its words: it is neither kept nor told",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", CANARY, { name: "order" });
		const [{ job } = { job: "" }] = stage.queue.letters;
		stage.step([ERASING]);
		expect(task(stage, job)).toBeNull();
		stage.step([done(stage, job, CANARY)]);
		stage.pass(1_000);
		expect(stage.job(job)).toMatchObject({ state: "done", result: null });
		expect(JSON.stringify(stage.store.job(1))).not.toContain(CANARY);
		expect(JSON.stringify(only(stage.heard(stage.join("ann")), "job"))).not.toContain(CANARY);
	},
	{},
	RULES,
);
