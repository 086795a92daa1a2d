/** Events that are looked at after everyone has seen them, and what is taken back. */
import { expect } from "vitest";
import { houseRules } from "./house-rules.ts";
import { events, only, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { CLEAR, done, expectRest, fail, lastJob, REFUSE, replay, settle, task } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void, settings = {}) =>
	scenario(name, body, settings, houseRules());

function review(stage: Stage, session: string, id = "p1", data: unknown = "rude"): string {
	stage.publish(session, id, data, { name: "reviewed" });
	return lastJob(stage);
}

play("a reviewed event is seen at once; cleared it stays as it was", (stage) => {
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	const job = review(stage, ann);
	expect(events(stage.heard(bob))).toMatchObject([{ data: "rude" }]);
	settle(stage, job, CLEAR);
	expect(events(stage.heard(bob))).toHaveLength(1);
	expect(only(stage.heard(ann), "job")).toEqual([]);
});

play("refused it keeps its place with `data` null in replay, history page and for one who resumes", (stage) => {
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	const job = review(stage, ann);
	stage.publish(bob, "b1", "after");
	stage.leave(bob);
	settle(stage, job, REFUSE);
	const redacted = { seq: 1, from: "ann", id: "p1", name: "reviewed", data: null, redacted: true };
	expect(events(stage.heard(ann)).at(-1)).toMatchObject({ seq: 3, name: "room.redacted", data: { seq: 1 } });
	expect(events(stage.heard(stage.join("cid")))[0]).toMatchObject(redacted);
	expect(events(stage.heard(stage.join("bob", { since: "epoch1.0" })))[0]).toMatchObject(redacted);
	expect(events(stage.heard(stage.join("bob", { since: "epoch1.2" })))).toMatchObject([{ name: "room.redacted" }]);
	stage.say(ann, { type: "history", id: "h1", before: 9 });
	expect(only(stage.heard(ann), "history")[0]?.events[0]).toMatchObject(redacted);
	expect(stage.room.page({ after: 0 }).bodies.join()).not.toContain("rude");
	expect(
		stage.store
			.after(0, 10)
			.map(({ body }) => body)
			.join(),
	).not.toContain("rude");
});

play("published and refused in one turn, nobody hears what it held", (stage) => {
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	stage.step([
		stage.saying(ann, { type: "publish", id: "p1", name: "reviewed", data: "rude" }),
		{ ...done(stage, "epoch1-1", REFUSE), run: 1 },
	]);
	expect(JSON.stringify(stage.heard(bob))).not.toContain("rude");
	expect(events(stage.heard(bob))).toMatchObject([{ data: null, redacted: true }, { name: "room.redacted" }]);
});

play("a repeat of a redacted publish is acknowledged, and brings nothing back", (stage) => {
	const ann = stage.join("ann");
	settle(stage, review(stage, ann), REFUSE);
	stage.publish(ann, "p1", "rude", { name: "reviewed" });
	expect(only(stage.heard(ann), "ack")).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
	expect(stage.room.page({ after: 0 }).bodies.join()).not.toContain("rude");
});

play("a review that failed leaves the event, is listed, and redacts when it is replayed", (stage) => {
	const ann = stage.join("ann");
	const job = review(stage, ann);
	fail(stage, job);
	expect(events(stage.heard(ann))).toHaveLength(1);
	expect(stage.jobs("failed", 10)).toMatchObject([{ job, of: 1 }]);
	expect(replay(stage, job)).toBe(true);
	settle(stage, job, REFUSE);
	expect(events(stage.heard(ann)).at(-1)).toMatchObject({ name: "room.redacted" });
});

play("a card for an event that was taken back is not made, and one that was made too late is not shown", (stage) => {
	const mod = stage.join("mod", { can: ["read", "publish", "moderate"] });
	stage.publish(mod, "p1", "http://a.example");
	const job = lastJob(stage);
	stage.say(mod, { type: "moderate", id: "m1", action: "redact", seq: 1 });
	expect(task(stage, job)).toBe("gone");
	settle(stage, job, { title: "A" });
	expect(events(stage.heard(mod)).map(({ name }) => name)).toEqual(["chat", "room.redacted"]);
});

play(
	"a card for an event that is no longer kept is not announced as an empty one",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "http://a.example");
		const job = lastJob(stage);
		stage.publish(ann, "p2", "next");
		stage.now += 120_000;
		stage.ring();
		expect(stage.room.meta.floor).toBe(2);
		expect(task(stage, job)).toBe("gone");
		// What the room's body does with what is gone.
		stage.step([done(stage, job, null)]);
		expect(events(stage.heard(ann)).map(({ name }) => name)).not.toContain("room.job");
		expectRest(stage);
	},
	{ historyEventsMax: 1 },
);

play(
	"an event below the floor that was refused is redacted in the store all the same",
	(stage) => {
		const ann = stage.join("ann");
		const job = review(stage, ann);
		stage.publish(ann, "p2", "next", { name: "free" });
		settle(stage, job, REFUSE);
		expect(
			stage.store
				.after(0, 10)
				.map(({ body }) => body)
				.join(),
		).not.toContain("rude");
		expect(events(stage.heard(ann)).at(-1)).toMatchObject({ name: "room.redacted", data: { seq: 1 } });
	},
	{ historyEventsMax: 1 },
);
