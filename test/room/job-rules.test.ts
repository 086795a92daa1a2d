/** What the app's rules refuse, before anything is stored: names, schemas, kinds and too many jobs. */
import { describe, expect, test } from "vitest";
import { JOBS_PENDING_MAX } from "../../src/protocol/job-limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { houseRules } from "./house-rules.ts";
import { events, only, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { done, lastJob, settle } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void, settings = {}, rules = houseRules()) =>
	scenario(name, body, { publishPerSecond: 0, ...settings }, rules);

const errors = (stage: Stage, session: string) =>
	only(stage.heard(session), "error").map(({ id, code }) => ({ id, code }));

describe("G10 who may publish what", () => {
	play("`*` stands for every name that is not listed", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", 1, { name: "anything" });
		expect(events(stage.heard(ann))).toHaveLength(1);
	});

	play(
		"without `*` a name that is not listed is refused, and one that is listed is not",
		(stage) => {
			const ann = stage.join("ann");
			stage.publish(ann, "p1", 1, { name: "anything" });
			stage.publish(ann, "p2");
			expect(errors(stage, ann)).toEqual([{ id: "p1", code: "forbidden" }]);
			expect(events(stage.heard(ann))).toMatchObject([{ id: "p2" }]);
		},
		{},
		houseRules([], { others: false }),
	);

	play("the backend's names are refused to members and moderators, and are the operator's", (stage) => {
		const ann = stage.join("ann", { can: ["read", "publish", "moderate"] });
		stage.publish(ann, "p1", 1, { name: "price" });
		expect(errors(stage, ann)).toEqual([{ id: "p1", code: "forbidden" }]);
		expect(stage.post("bob", { id: "b1", name: "price", data: 1 })).toMatchObject({ refusal: { code: "forbidden" } });
		expect(stage.post("room:operator", { id: "o1", name: "price", data: 1 })).toMatchObject({ outcome: "published" });
		expect(events(stage.heard(ann))).toMatchObject([{ id: "o1", from: "room:operator" }]);
	});

	play("the moderators' names need `moderate`", (stage) => {
		const [ann, mod] = [stage.join("ann"), stage.join("mod", { can: ["read", "publish", "moderate"] })];
		stage.publish(ann, "p1", 1, { name: "notice" });
		stage.publish(mod, "p2", 1, { name: "notice" });
		expect(errors(stage, ann)).toEqual([{ id: "p1", code: "forbidden" }]);
		expect(events(stage.heard(ann))).toMatchObject([{ id: "p2" }]);
	});

	play("data that the event's schema refuses is `invalid`, with the schema's sentence", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "bad", { name: "strict" });
		stage.publish(ann, "p2", "good", { name: "strict" });
		expect(only(stage.heard(ann), "error")).toMatchObject([
			{ id: "p1", code: "invalid", message: "The data of that event is not good." },
		]);
		expect(events(stage.heard(ann))).toHaveLength(1);
	});
});

describe("G8 what a member may ask for", () => {
	play("a kind that is not asked for is `unknown_job`, as one that is not there", (stage) => {
		const ann = stage.join("ann");
		for (const name of ["check", "bill", "webhook", "archive", "nothing"]) {
			stage.say(ann, { type: "job", id: name, name, data: 1 });
		}
		expect(errors(stage, ann).map(({ code }) => code)).toEqual(Array(5).fill("unknown_job"));
		expect(stage.jobs(null, 10)).toEqual([]);
	});

	play("a wrong input is `invalid`, one too large `too_large`, one without the capability `forbidden`", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob", { can: ["read", "publish"] })];
		stage.say(ann, { type: "job", id: "j1", name: "sum", data: "bad" });
		stage.say(ann, { type: "job", id: "j2", name: "sum", data: "x".repeat(40_000) });
		stage.say(bob, { type: "job", id: "j3", name: "sum", data: 1 });
		expect([...errors(stage, ann), ...errors(stage, bob)]).toEqual([
			{ id: "j1", code: "invalid" },
			{ id: "j2", code: "too_large" },
			{ id: "j3", code: "forbidden" },
		]);
		expect(stage.jobs(null, 10)).toEqual([]);
	});

	play(
		"a member has at most so many jobs and held events under way; one that is done makes room for one",
		(stage) => {
			const ann = stage.join("ann");
			stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
			const job = lastJob(stage);
			stage.publish(ann, "p1", 1, { name: "held" });
			stage.say(ann, { type: "job", id: "j2", name: "sum", data: 1 });
			stage.publish(ann, "p2", 1, { name: "held" });
			expect(errors(stage, ann)).toEqual([
				{ id: "j2", code: "too_many_jobs" },
				{ id: "p2", code: "too_many_jobs" },
			]);
			settle(stage, job);
			stage.say(ann, { type: "job", id: "j3", name: "sum", data: 1 });
			stage.say(ann, { type: "job", id: "j4", name: "sum", data: 1 });
			expect(errors(stage, ann).slice(2)).toEqual([{ id: "j4", code: "too_many_jobs" }]);
		},
		{ jobsPendingPerMemberMax: 2 },
	);

	play(
		"the jobs that its events start count for nothing, when they come and when they are done",
		(stage) => {
			const ann = stage.join("ann");
			stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
			stage.publish(ann, "p1", "http://a.example");
			stage.publish(ann, "p2", "http://b.example");
			settle(stage, lastJob(stage));
			stage.say(ann, { type: "job", id: "j2", name: "sum", data: 1 });
			expect(errors(stage, ann)).toEqual([{ id: "j2", code: "too_many_jobs" }]);
		},
		{ jobsPendingPerMemberMax: 1 },
	);
});

/** A room that owes as much as it may, of a member who may have as much in hold. */
function fullRoom(): Stage {
	const settings = { publishPerSecond: 0, jobsPendingPerMemberMax: JOBS_PENDING_MAX };
	const stage = new Stage(settings, false, new MemoryStore(), houseRules());
	const filler = stage.join("filler");
	const posts = (from: number) =>
		Array.from({ length: 100 }, (_, n) => ({ type: "publish", id: `f${from + n}`, name: "held", data: 1 }));
	stage.step(Array.from({ length: JOBS_PENDING_MAX / 100 }, (_, n) => stage.saying(filler, posts(n * 100))));
	return stage;
}

test("a room owes at most 10,000 jobs: what must owe another is refused, and a link is published without its card", () => {
	const stage = fullRoom();
	const ann = stage.join("ann", { history: 0 });
	stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
	stage.publish(ann, "p1", 1, { name: "reviewed" });
	stage.publish(ann, "p2", 1, { name: "held" });
	stage.publish(ann, "p3", "http://no.card");
	stage.publish(ann, "p4", 1, { name: "free" });
	expect(errors(stage, ann)).toEqual(["j1", "p1", "p2"].map((id) => ({ id, code: "too_many_jobs" })));
	expect(events(stage.heard(ann))).toMatchObject([{ id: "p3" }, { id: "p4" }]);
	expect(stage.jobs(null, 1)).toMatchObject([{ job: `epoch1-${JOBS_PENDING_MAX}` }]);
	stage.step([done(stage, "epoch1-1")]);
	stage.publish(ann, "p5", 1, { name: "reviewed" });
	expect(events(stage.heard(ann)).at(-1)).toMatchObject({ id: "p5" });
});
