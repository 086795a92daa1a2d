/** Erasing a member that still owes or is owed work: nothing of it is left, and the room comes to rest. */
import { expect } from "vitest";
import type { Input } from "../../src/room/inputs.ts";
import { jobId } from "../../src/room/jobs.ts";
import { houseRules, range as rangeKind } from "./house-rules.ts";
import { erase, moderator, operate } from "./moderator.ts";
import { only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { done } from "./work.ts";

const CANARY = "canary-7f3a";
const RULES = houseRules();

function erasing(member: string): Input {
	const by = { member: "room:operator", name: "Operator", can: [], address: null };
	return { type: "moderate", reply: "erasing", by, action: { action: "erase", member } };
}

/** All that the room's store holds that could have come from a member. */
const kept = (stage: Stage): string =>
	JSON.stringify([
		stage.store.after(0, 10_000),
		stage.store.jobs(null, Number.MAX_SAFE_INTEGER, 1000).map(({ n }) => stage.store.job(n)),
	]);

scenario(
	"G5 an event that waits for its check when its author is erased is settled: the room comes to rest",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", CANARY, { name: "held" });
		erase(stage, "ann");
		expect(kept(stage)).not.toContain(CANARY);
		// The check does not come back: the hold's deadline is the last thing that can settle it.
		stage.pass(10 * 60_000);
		expect(stage.jobs("sent", 10)).toEqual([]);
		expect(stage.jobs("waiting", 10)).toEqual([]);
		expect(stage.alarms.length).toBeLessThan(100);
	},
	{},
	RULES,
);

scenario(
	"G5 an erased author's held events do not count against it for ever",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(20)) stage.publish(ann, `p${n}`, n, { name: "held" });
		erase(stage, "ann");
		for (const { job, run } of stage.queue.letters.splice(0)) {
			stage.step([
				{ type: "settle", epoch: "epoch1", job, run, outcome: { state: "done", result: null }, reply: null },
			]);
		}
		stage.publish(ann, "p21", 21, { name: "held" });
		expect(only(stage.heard(ann), "error")).toEqual([]);
	},
	{},
	RULES,
);

scenario(
	"what a job made of an erased member's words is erased with them",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", `http://${CANARY}.example`);
		const [letter] = stage.queue.letters;
		const outcome = { state: "done" as const, result: { url: `http://${CANARY}.example`, title: CANARY } };
		stage.step([{ type: "settle", epoch: "epoch1", job: letter?.job ?? "", run: 1, outcome, reply: null }]);
		erase(stage, "ann");
		expect(kept(stage)).not.toContain(CANARY);
	},
	{},
	RULES,
);

scenario(
	"what came of a job that an erased member asked for is erased with it, also in the turn of its erasure",
	(stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		for (const id of ["j1", "j2"]) stage.say(ann, { type: "job", id, name: "card", data: `http://${CANARY}.example` });
		stage.say(bob, { type: "job", id: "j1", name: "card", data: "http://bob.example" });
		const settled = (n: number, result: string): Input => done(stage, jobId(stage.room.meta.epoch, n), result);
		stage.step([settled(1, CANARY), settled(3, "of bob")]);
		stage.step([settled(2, CANARY), erasing("ann")]);
		expect(kept(stage)).not.toContain(CANARY);
		expect(kept(stage)).toContain("of bob");
	},
	{},
	RULES,
);

scenario(
	"what came of an erased member's job in the turn of its erasure is not written back, nor owed",
	(stage) => {
		const ann = stage.join("ann");
		stage.say(ann, { type: "job", id: "j1", name: "sum", data: CANARY });
		stage.publish(ann, "p1", CANARY, { name: "order" });
		stage.leave(ann);
		const [asked, started] = stage.queue.letters;
		stage.step([
			done(stage, asked?.job ?? "", CANARY),
			done(stage, started?.job ?? "", CANARY),
			erasing("ann"),
			stage.saying(ann, { type: "job", id: "j1", name: "sum", data: CANARY }),
		]);
		expect(kept(stage)).not.toContain(CANARY);
		const again = stage.join("ann");
		expect(only(stage.heard(again), "job")).toEqual([]);
	},
	{},
	RULES,
);

scenario(
	"what a member publishes in the turn of its erasure, before it, is erased too",
	(stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		stage.step([
			stage.saying(ann, { type: "publish", id: "p1", name: "plain", data: CANARY }),
			erasing("ann"),
			stage.saying(ann, { type: "publish", id: "p2", name: "plain", data: "afterwards" }),
		]);
		expect(kept(stage)).not.toContain(CANARY);
		expect(kept(stage)).toContain("afterwards");
		expect(JSON.stringify(stage.heard(bob))).not.toContain(CANARY);
	},
	{},
	RULES,
);

scenario(
	"erasing in a room where nothing was ever stored stores nothing",
	(stage) => {
		expect(operate(stage, { action: "erase", member: "ann" })).toEqual({ outcome: "done" });
		expect(stage.room.isStored).toBe(false);
		expect(stage.store.ranges()).toEqual([]);
		const mod = moderator(stage);
		expect(stage.closeCode(mod)).toBeNull();
	},
	{},
	houseRules([rangeKind("archive", { keepsCopy: true, listsRooms: true })]),
);
