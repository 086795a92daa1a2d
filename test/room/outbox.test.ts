/** Jobs on their way: owed with their event, sent again after their lease, settled once (G5). */
import { describe, expect, test } from "vitest";
import { JOBS_SENT_MAX, SEND_MS_MAX, SEND_RETRY_MS } from "../../src/protocol/job-limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { houseRules, LEASE_MS } from "./house-rules.ts";
import { events, only, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { done, expectRest, fail, failed, lastJob, replay, settle, task } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, {}, houseRules());

function ask(stage: Stage, session: string, id: string, name = "sum", data: unknown = 1): void {
	stage.say(session, { type: "job", id, name, data });
}

test("G8 a room that wakes with many jobs to hand over does so in pieces, and hands over each once", () => {
	const stage = new Stage({ publishPerSecond: 0 }, false, new MemoryStore(), houseRules());
	stage.queue.mood = "hangs";
	const most = 400;
	const members = ["ann", "bob", "cid", "dan"].map((member) => stage.join(member));
	for (const member of members) {
		for (let n = 0; n < most; n++) stage.publish(member, `${n}`, "http://a.example");
	}
	const sent = new Map<number, number>();
	const { send } = stage.queue;
	stage.queue.mood = "takes";
	stage.queue.send = (jobs, hear) => {
		sent.set(stage.turns, (sent.get(stage.turns) ?? 0) + jobs.length);
		send.call(stage.queue, jobs, hear);
	};
	stage.crash();
	expect(Math.max(...sent.values())).toBe(JOBS_SENT_MAX);
	expect([...sent.values()].reduce((sum, count) => sum + count)).toBe(members.length * most);
	expect(Object.keys(stage.queue.runs)).toHaveLength(members.length * most);
});

describe("G5 a job settles once", () => {
	play("[K-5] an event starts its job in its own turn, and everyone hears the card later", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1", "see http://a.example");
		expect(stage.queue.runs).toEqual({ "epoch1-1": 1 });
		expect(task(stage, "epoch1-1")).toMatchObject({ kind: "card", input: '"see http://a.example"', range: null });
		settle(stage, "epoch1-1", { title: "A" });
		expect(events(stage.heard(bob)).map(({ name }) => name)).toEqual(["chat", "room.job"]);
		expect(events(stage.heard(bob))[1]?.data).toEqual({ job: "epoch1-1", name: "card", of: 1, result: { title: "A" } });
	});

	play("an event about which there is nothing to do owes nothing", (stage) => {
		stage.publish(stage.join("ann"), "p1", "no link");
		expect(stage.queue.letters).toEqual([]);
	});

	play("what is settled twice, by several runs and in the same turn, has one outcome", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "http://a.example");
		const job = lastJob(stage);
		stage.step([done(stage, job, 1), done(stage, job, 2), failed(stage, job, "late")]);
		stage.step([done(stage, job, 3)]);
		expect(only(stage.heard(ann), "event").filter(({ name }) => name === "room.job")).toHaveLength(1);
		expect(stage.job(job)).toMatchObject({ state: "done", result: 1 });
		expect(task(stage, job)).toBeNull();
	});

	play("a settlement of an unknown job, of another epoch, or of no job's id is nothing", (stage) => {
		const ann = stage.join("ann");
		ask(stage, ann, "j1");
		const job = lastJob(stage);
		for (const other of [
			done(stage, "epoch1-99"),
			done(stage, job, 1, { epoch: "other" }),
			done(stage, "other-1", 1, { epoch: "other" }),
			done(stage, "epoch1-01"),
			done(stage, ""),
		]) {
			stage.step([{ ...other, reply: "r" }]);
			expect(stage.replies.get("r")).toEqual({ outcome: "done" });
		}
		expect(only(stage.heard(ann), "job").map(({ state }) => state)).toEqual(["accepted"]);
	});

	play(
		"past its lease a job is sent again as a higher run; the old run's failure is stale, its success counts",
		(stage) => {
			const ann = stage.join("ann");
			ask(stage, ann, "j1");
			const job = lastJob(stage);
			stage.pass(LEASE_MS - 1);
			expect(stage.queue.runs[job]).toBe(1);
			stage.pass(1);
			expect(stage.queue.runs[job]).toBe(2);
			stage.step([failed(stage, job, "stale", { run: 1 })]);
			expect(only(stage.heard(ann), "job").map(({ state }) => state)).toEqual(["accepted"]);
			stage.step([done(stage, job, 7, { run: 1 })]);
			expect(only(stage.heard(ann), "job")[1]).toMatchObject({ state: "done", result: 7 });
			stage.step([failed(stage, job, "too late")]);
			expect(only(stage.heard(ann), "job")).toHaveLength(2);
			expectRest(stage);
		},
	);

	play("a backlog longer than the lease starves nobody: the run that is delivered first may do the work", (stage) => {
		const ann = stage.join("ann");
		ask(stage, ann, "j1");
		const job = lastJob(stage);
		stage.pass(LEASE_MS);
		expect(stage.queue.runs[job]).toBe(2);
		// The queue delivers in order and is late: run 1 comes first, and run 2 waits as long again.
		expect(task(stage, job, 1)).toMatchObject({ kind: "sum" });
	});

	play("a result that is no bounded JSON is a failure, visibly", (stage) => {
		const ann = stage.join("ann");
		ask(stage, ann, "j1");
		settle(stage, lastJob(stage), "x".repeat(40_000));
		expect(only(stage.heard(ann), "job")[1]).toMatchObject({ state: "failed", error: { code: "too_large" } });
	});

	play("a job that failed is listed with its reason, and replayed settles anew", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "http://a.example");
		const job = lastJob(stage);
		fail(stage, job, "The page answered 500.");
		expect(stage.jobs("failed", 10)).toMatchObject([
			{ job, name: "card", state: "failed", of: 1, error: { code: "exhausted", message: "The page answered 500." } },
		]);
		expect(replay(stage, job)).toBe(true);
		expect(stage.queue.runs[job]).toBe(2);
		expect(replay(stage, job)).toBe(false);
		stage.step([failed(stage, job, "stale", { run: 1 })]);
		expect(stage.job(job)).toMatchObject({ state: "sent" });
		settle(stage, job, 1);
		expect(stage.jobs("failed", 10)).toEqual([]);
		expect(replay(stage, job)).toBe(false);
		expect(events(stage.heard(ann)).map(({ name }) => name)).toEqual(["chat", "room.job"]);
	});
});

describe("the queue is unwell", () => {
	test("what it refuses is sent again a little later, as the same run", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		stage.queue.mood = "refuses";
		const ann = stage.join("ann");
		ask(stage, ann, "j1");
		expect(stage.queue.letters).toEqual([]);
		stage.queue.mood = "takes";
		stage.pass(SEND_RETRY_MS);
		expect(stage.queue.letters.at(-1)).toEqual({ job: "epoch1-1", run: 1 });
	});

	test("it hangs: broadcasts go on, and after a minute the job is sent anew", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.queue.mood = "hangs";
		stage.publish(ann, "p1", "http://a.example");
		stage.publish(ann, "p2", "still here");
		expect(events(stage.heard(bob))).toHaveLength(2);
		stage.queue.mood = "takes";
		stage.pass(SEND_MS_MAX);
		expect(stage.queue.letters).toEqual([{ job: "epoch1-1", run: 1 }]);
		// The first attempt ends at last, in vain: the job is on its way, and its lease goes on.
		stage.queue.release(false);
		stage.rest();
		expectRest(stage, LEASE_MS - 1, 10);
		stage.pass(1);
		expect(stage.queue.letters.at(-1)).toEqual({ job: "epoch1-1", run: 2 });
	});

	test("an attempt that is confirmed after its lease does not begin another", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		const ann = stage.join("ann");
		stage.queue.mood = "hangs";
		ask(stage, ann, "j1");
		stage.queue.mood = "takes";
		stage.pass(SEND_MS_MAX);
		stage.pass(LEASE_MS);
		expect(stage.queue.letters.map(({ run }) => run)).toEqual([1, 2]);
		stage.queue.release(true);
		stage.rest();
		expectRest(stage, LEASE_MS - 1, 10);
		expect(stage.queue.letters.map(({ run }) => run)).toEqual([1, 2, 1]);
	});

	test("G5 a crash at any step: what was owed is sent again when the room wakes", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		const ann = stage.join("ann");
		stage.queue.mood = "hangs";
		ask(stage, ann, "j1");
		stage.queue.mood = "takes";
		stage.crash();
		expect(stage.queue.letters).toEqual([{ job: "epoch1-1", run: 1 }]);
		stage.crash();
		expect(stage.queue.letters).toHaveLength(1);
		stage.pass(LEASE_MS);
		expect(stage.queue.runs).toEqual({ "epoch1-1": 2 });
		settle(stage, "epoch1-1", 1);
		stage.crash();
		stage.pass(LEASE_MS * 2);
		expect(stage.queue.letters).toHaveLength(2);
	});
});
