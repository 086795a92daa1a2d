/** Outcomes for a member: told to all its sessions, and at each join until one has said `received`. */
import { describe, expect } from "vitest";
import { OUTCOME_KEPT_MS } from "../../src/protocol/job-limits.ts";
import { houseRules } from "./house-rules.ts";
import { only, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { done, expectRest, fail, failed, lastJob, replay, settle } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void, settings = {}) =>
	scenario(name, body, settings, houseRules());

function ask(stage: Stage, session: string, id: string, name = "sum"): string {
	stage.say(session, { type: "job", id, name, data: 1 });
	return lastJob(stage);
}

const jobs = (stage: Stage, session: string) => only(stage.heard(session), "job");

describe("what a member asked for", () => {
	play("is told to all of its sessions and to nobody else", (stage) => {
		const [one, two, bob] = [stage.join("ann"), stage.join("ann"), stage.join("bob")];
		const job = ask(stage, one, "j1");
		settle(stage, job, 42);
		const told = { type: "job", id: "j1", job, name: "sum", state: "done", result: 42 };
		expect(jobs(stage, one)).toMatchObject([{ state: "accepted", job }, told]);
		expect(jobs(stage, two)).toEqual([told]);
		expect(jobs(stage, bob)).toEqual([]);
	});

	play("[K-2] waits for one who is away, is told after the welcome of each join, and `received` ends it", (stage) => {
		const ann = stage.join("ann");
		const [first, second] = [ask(stage, ann, "j1"), ask(stage, ann, "j2")];
		stage.leave(ann);
		settle(stage, first, 1);
		fail(stage, second, "Broken.");
		const back = stage.join("ann");
		expect(stage.heard(back)[0]?.type).toBe("welcome");
		expect(jobs(stage, back)).toMatchObject([
			{ id: "j1", state: "done", result: 1 },
			{ id: "j2", state: "failed", error: { code: "exhausted" } },
		]);
		// What a failing service said is for operators.
		expect(JSON.stringify(jobs(stage, back))).not.toContain("Broken.");
		expect(JSON.stringify(stage.jobs("failed", 10))).toContain("Broken.");
		stage.say(back, { type: "received", jobs: [first, "nonsense", "epoch1-99"] });
		const again = stage.join("ann");
		expect(jobs(stage, again).map(({ id }) => id)).toEqual(["j2"]);
		stage.say(again, { type: "received", jobs: [second] });
		expect(jobs(stage, stage.join("ann"))).toEqual([]);
	});

	play("only the member itself ends it", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const job = ask(stage, ann, "j1");
		settle(stage, job);
		stage.say(bob, { type: "received", jobs: [job] });
		expect(jobs(stage, stage.join("ann"))).toHaveLength(1);
	});

	play("is told once to one who joins in the very turn in which it is settled", (stage) => {
		const ann = stage.join("ann");
		const job = ask(stage, ann, "j1");
		stage.leave(ann);
		for (const order of [0, 1]) {
			const join = stage.joining("ann");
			stage.step(order === 0 ? [join, done(stage, job, 1)] : [done(stage, job, 1), join]);
			expect(jobs(stage, join.session)).toHaveLength(1);
		}
	});

	play("is kept for 7 days, then forgotten", (stage) => {
		const ann = stage.join("ann");
		settle(stage, ask(stage, ann, "j1"));
		stage.leave(ann);
		stage.pass(OUTCOME_KEPT_MS - 1000);
		expect(stage.jobs(null, 10)).toHaveLength(1);
		const back = stage.join("ann");
		expect(jobs(stage, back)).toHaveLength(1);
		stage.leave(back);
		stage.pass(2 * 3_600_000);
		expect(stage.jobs(null, 10)).toEqual([]);
		expect(jobs(stage, stage.join("ann"))).toEqual([]);
		expectRest(stage);
	});

	play("G5 G7 said to be received in the very turn that settles it, it is settled all the same", (stage) => {
		const ann = stage.join("ann");
		const job = ask(stage, ann, "j1");
		stage.step([done(stage, job, 1), stage.saying(ann, { type: "received", jobs: [job] })]);
		stage.sleep();
		stage.rest();
		expect(stage.job(job)).toMatchObject({ state: "done", result: 1 });
		stage.step([done(stage, job, 2)]);
		expect(jobs(stage, ann).filter(({ state }) => state === "done")).toHaveLength(1);
	});

	play("G5 of more outcomes than a member may be owed, settled in one turn, each stays settled", (stage) => {
		const ann = stage.join("ann");
		for (let n = 0; n < 210; n++) {
			stage.publish(ann, `p${n}`, n, { name: "order" });
			stage.now += 50;
		}
		const sent = stage.queue.letters.map(({ job }) => job);
		stage.step([...new Set(sent)].map((job) => done(stage, job, 1)));
		stage.sleep();
		stage.rest();
		expect(stage.jobs("done", 1000)).toHaveLength(210);
		expect(jobs(stage, stage.join("ann"))).toHaveLength(200);
	});
});

describe("asking again", () => {
	play("[K-1] a repeated id answers with the job's present state, and owes no second one", (stage) => {
		const ann = stage.join("ann");
		const job = ask(stage, ann, "j1");
		ask(stage, ann, "j1");
		settle(stage, job, 5);
		ask(stage, ann, "j1");
		expect(jobs(stage, ann).map(({ state }) => state)).toEqual(["accepted", "accepted", "done", "done"]);
		expect(stage.jobs(null, 10)).toHaveLength(1);
	});

	play("a repeated id in the turn that settles it is answered with the outcome", (stage) => {
		const ann = stage.join("ann");
		const job = ask(stage, ann, "j1");
		stage.step([done(stage, job, 5), stage.saying(ann, { type: "job", id: "j1", name: "sum", data: 1 })]);
		expect(jobs(stage, ann).map(({ state }) => state)).toEqual(["accepted", "done", "done"]);
	});

	play("ids of publishes and of jobs are separate, and those of two members too", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "x");
		ask(stage, ann, "x");
		ask(stage, bob, "x");
		expect(stage.jobs(null, 10)).toHaveLength(2);
	});

	play("[K-4] an event's own outcome for its author comes under the event's id", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1", 1, { name: "order" });
		settle(stage, lastJob(stage), { bill: 9 });
		expect(jobs(stage, ann)).toMatchObject([{ id: "p1", name: "bill", state: "done", result: { bill: 9 } }]);
		expect(jobs(stage, bob)).toEqual([]);
	});

	play("replayed before anyone received its failure, it is owed its new outcome alone", (stage) => {
		const ann = stage.join("ann");
		const job = ask(stage, ann, "j1");
		stage.leave(ann);
		stage.step([failed(stage, job, "Broken.")]);
		expect(replay(stage, job)).toBe(true);
		const between = stage.join("ann");
		expect(jobs(stage, between)).toEqual([]);
		settle(stage, job, 2);
		expect(jobs(stage, between)).toMatchObject([{ state: "done", result: 2 }]);
	});
});

play("G7 one who was erased while it was away is owed nothing, also when the room has slept", (stage) => {
	const ann = stage.join("ann");
	const job = ask(stage, ann, "j1");
	stage.leave(ann);
	settle(stage, job, { secret: 1 });
	const action = { action: "erase", member: "ann" } as const;
	stage.step([
		{ type: "moderate", reply: "m", by: { member: "room:operator", name: "Operator", can: [], address: null }, action },
	]);
	expect(jobs(stage, stage.join("ann"))).toEqual([]);
});
