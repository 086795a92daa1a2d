/** Events that are held: nobody sees one until it is cleared, and its author knows where it stands. */
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { HOLD_MS, houseRules } from "./house-rules.ts";
import { events, only, range, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { CLEAR, done, expectRest, fail, lastJob, REFUSE, replay, settle, task } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, {}, houseRules());

function hold(stage: Stage, session: string, id = "p1", name = "held", data: unknown = "hm"): string {
	stage.publish(session, id, data, { name });
	return lastJob(stage);
}

const jobs = (stage: Stage, session: string) => only(stage.heard(session), "job");
const errors = (stage: Stage, session: string) => only(stage.heard(session), "error");

/** Many events that are held, of which a turn takes up eight. */
function holdLarge(stage: Stage, name: string): void {
	const ann = stage.join("ann");
	for (const n of range(70)) {
		stage.publish(ann, `p${n}`, "x".repeat(31_000), { name });
		stage.pass(200);
	}
}

scenario(
	"G8 held events that run out at once are published in pieces, and all of them are",
	(stage) => {
		holdLarge(stage, "lenient");
		const bob = stage.join("bob");
		// They ran out while the room could do nothing.
		stage.now += 2 * HOLD_MS;
		const heads: number[] = [];
		for (let rings = 0; rings < 10; rings++) {
			stage.ring();
			heads.push(stage.room.meta.head);
		}
		expect(heads).toEqual([8, 16, 24, 32, 40, 48, 56, 64, 70, 70]);
		expect(events(stage.heard(bob))).toHaveLength(70);
	},
	{ jobsPendingPerMemberMax: 100 },
	houseRules(),
);

scenario(
	"G8 held events whose checks come back at once are published in pieces, in their order, and each is answered",
	(stage) => {
		holdLarge(stage, "held");
		const bob = stage.join("bob");
		const clear = stage.queue.letters.map(({ job }, n) => ({ ...done(stage, job, CLEAR), reply: `r${n}` }));
		stage.step([...clear, stage.saying(bob, { type: "publish", id: "b1", name: "plain", data: "hi" })]);
		expect(events(stage.heard(bob)).map(({ id }) => id)).toEqual([
			"p1",
			"p2",
			"p3",
			"p4",
			"p5",
			"p6",
			"p7",
			"p8",
			"b1",
			...range(62, 9).map((n) => `p${n}`),
		]);
		expect(clear.map(({ reply }) => stage.replies.get(reply))).toEqual(clear.map(() => ({ outcome: "done" })));
	},
	{ jobsPendingPerMemberMax: 100 },
	houseRules(),
);

describe("a held event", () => {
	play("[P-9] is seen by nobody, takes no place, and its author is told `held`", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const job = hold(stage, ann);
		stage.publish(bob, "b1");
		expect(jobs(stage, ann)).toMatchObject([{ id: "p1", job, state: "held" }]);
		expect(events(stage.heard(bob)).map(({ id, seq }) => ({ id, seq }))).toEqual([{ id: "b1", seq: 1 }]);
		expect(stage.room.page({}).bodies).toHaveLength(1);
		const held = task(stage, job);
		expect(held).toMatchObject({ kind: "check", input: '"hm"', by: { member: "ann", name: "ANN" } });
		if (held === null || held === "gone") throw new Error("There is nothing to do.");
		// What is checked is told whole; it has no place in the history yet.
		expect(JSON.parse(held.event ?? "null")).toEqual({
			type: "event",
			seq: 0,
			at: expect.any(Number),
			from: "ann",
			author: "ANN",
			id: expect.any(String),
			name: "held",
			data: "hm",
		});
		expect(JSON.stringify(stage.jobs(null, 10))).not.toContain("hm");
	});

	play("cleared it is an event like any other, which is its author's acknowledgement", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		settle(stage, hold(stage, ann), CLEAR);
		expect(events(stage.heard(bob))).toMatchObject([{ seq: 1, from: "ann", author: "ANN", id: "p1", data: "hm" }]);
		expect(jobs(stage, ann)).toHaveLength(1);
		stage.publish(ann, "p1", "hm", { name: "held" });
		expect(only(stage.heard(ann), "ack")).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
	});

	play("[P-9] refused it is nowhere, and its author is told the reason, also when it comes back", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const job = hold(stage, ann);
		stage.leave(ann);
		settle(stage, job, REFUSE);
		const back = stage.join("ann");
		expect(jobs(stage, back)).toMatchObject([
			{ id: "p1", state: "failed", error: { code: "rejected", message: "It is rude." } },
		]);
		expect(events(stage.heard(bob))).toEqual([]);
		stage.publish(back, "p1", "hm", { name: "held" });
		expect(errors(stage, back)).toMatchObject([{ id: "p1", code: "rejected", message: "It is rude." }]);
		expect(stage.store.job(1)?.input, "nothing refused leaves a trace").toBe("null");
	});

	play("its repeats answer `held` and owe no second check; another event under its id is `id_reused`", (stage) => {
		const ann = stage.join("ann");
		const job = hold(stage, ann);
		stage.publish(ann, "p1", "hm", { name: "held" });
		expect(jobs(stage, ann).map(({ state }) => state)).toEqual(["held", "held"]);
		stage.publish(ann, "p1", "other", { name: "held" });
		expect(errors(stage, ann)).toMatchObject([{ id: "p1", code: "id_reused" }]);
		expect(stage.queue.runs).toEqual({ [job]: 1 });
	});

	play("G3 under its id nothing else can be published while it is held, whatever its name", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const job = hold(stage, ann);
		stage.publish(ann, "p1", "quick", { name: "free" });
		expect(errors(stage, ann)).toMatchObject([{ id: "p1", code: "id_reused" }]);
		settle(stage, job, CLEAR);
		expect(events(stage.heard(bob)).map(({ data }) => data)).toEqual(["hm"]);
	});

	play("`expect` on it is refused", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", 1, { name: "held", expect: 0 });
		expect(errors(stage, ann)).toMatchObject([{ id: "p1", code: "invalid" }]);
		expect(stage.queue.letters).toEqual([]);
	});

	play("over HTTP it answers with its job, its repeat the same, and cleared with its place", (stage) => {
		const post = () => stage.post("bob", { id: "k1", name: "held", data: 1 });
		stage.join("ann");
		const first = post();
		expect(first).toEqual({ outcome: "held", job: lastJob(stage) });
		expect(post()).toEqual(first);
		settle(stage, lastJob(stage), CLEAR);
		expect(post()).toEqual({ outcome: "repeated", epoch: "epoch1", seq: 1 });
	});

	play("the operator's is not held", (stage) => {
		expect(stage.post("room:operator", { id: "o1", name: "held", data: 1 })).toMatchObject({ outcome: "published" });
	});
});

describe("a check that does not come back", () => {
	play("at its deadline the event is refused, once, and its late verdict is nothing", (stage) => {
		const ann = stage.join("ann");
		const job = hold(stage, ann);
		stage.pass(HOLD_MS);
		expect(jobs(stage, ann)).toMatchObject([{ state: "held" }, { state: "failed", error: { code: "rejected" } }]);
		settle(stage, job, CLEAR);
		expect(events(stage.heard(ann))).toEqual([]);
		expectRest(stage);
	});

	play("or published, where the app says so", (stage) => {
		const ann = stage.join("ann");
		const job = hold(stage, ann, "p1", "lenient");
		stage.pass(HOLD_MS - 1);
		expect(events(stage.heard(ann))).toEqual([]);
		stage.pass(1);
		expect(events(stage.heard(ann))).toMatchObject([{ id: "p1", data: "hm" }]);
		settle(stage, job, REFUSE);
		expect(events(stage.heard(ann))).toHaveLength(1);
		expectRest(stage);
	});

	play("one that failed for good, or gives no verdict, decides likewise at once", (stage) => {
		const ann = stage.join("ann");
		fail(stage, hold(stage, ann, "p1", "lenient"));
		settle(stage, hold(stage, ann, "p2", "lenient"), { verdict: "maybe" });
		fail(stage, hold(stage, ann, "p3"));
		settle(stage, hold(stage, ann, "p4"), null);
		expect(events(stage.heard(ann)).map(({ id }) => id)).toEqual(["p1", "p2"]);
		expect(jobs(stage, ann).filter(({ state }) => state === "failed")).toMatchObject([{ id: "p3" }, { id: "p4" }]);
	});

	play("G5 a check that failed is listed with its own reason", (stage) => {
		const ann = stage.join("ann");
		fail(stage, hold(stage, ann), "The model answered 503.");
		expect(JSON.stringify(stage.jobs("failed", 10))).toContain("The model answered 503.");
		// Its author has been told: a second outcome would be one too many.
		expect(replay(stage, "epoch1-1")).toBe(false);
	});

	play("the verdict and the deadline in one turn settle it once", (stage) => {
		const ann = stage.join("ann");
		const job = hold(stage, ann, "p1", "lenient");
		stage.now += HOLD_MS;
		stage.step([done(stage, job, CLEAR), stage.ringing()]);
		expect(events(stage.heard(ann))).toHaveLength(1);
		const next = hold(stage, ann, "p2", "lenient");
		stage.now += HOLD_MS;
		stage.step([stage.ringing(), done(stage, next, REFUSE)]);
		expect(events(stage.heard(ann))).toHaveLength(2);
	});
});

describe("nothing that happens to a hold makes the alarm fail or spin", () => {
	test("G3 another event takes its id while it waits: the others' deadlines still come, and the alarm rests", () => {
		const store = new MemoryStore();
		const stage = new Stage({}, false, store, houseRules());
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1", "slow", { name: "lenient" });
		stage.publish(ann, "p1", "quick", { name: "free" });
		stage.publish(bob, "b1", "b", { name: "lenient" });
		stage.pass(HOLD_MS + 60_000);
		// Whatever became of ann's, bob's deadline has come too.
		expect(events(stage.heard(bob)).map(({ id }) => id)).toContain("b1");
		expectRest(stage);
	});

	test("its author is erased while it waits: it is never seen, and the alarm rests", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const job = hold(stage, ann, "p1", "lenient", "secret");
		stage.step([
			{
				type: "moderate",
				reply: "m",
				by: { member: "room:operator", name: "Operator", can: [], address: null },
				action: { action: "erase", member: "ann" },
			},
		]);
		settle(stage, job, CLEAR);
		stage.pass(HOLD_MS - 1);
		expectRest(stage);
		expect(JSON.stringify(stage.heard(bob))).not.toContain("secret");
		expect(stage.job(job)?.state).not.toBe("sent");
	});
});
