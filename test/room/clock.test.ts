/**
 * A clock that steps back, or was in the future once: nothing stands still longer than its own period after the step,
 * and nothing goes earlier than by the step.
 */
import { expect } from "vitest";
import { OUTCOME_KEPT_MS } from "../../src/protocol/job-limits.ts";
import { GRACE_MS, IDEMPOTENCY_MS, KEY_SWEEP_MS, SILENCE_MS_MAX } from "../../src/protocol/limits.ts";
import { HOLD_MS, houseRules, range } from "./house-rules.ts";
import { act, moderator, tryJoin } from "./moderator.ts";
import { only, scenario, seqs } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { CLEAR, expectRest, failed, lastJob, settle } from "./work.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEARS = 3_650 * DAY;
/** A step back of an hour in mid life; a clock that was ten years ahead, and is right again. */
const STEPS = [HOUR, DAY, YEARS];

/** `live` happens on a clock that is `ms` ahead of what it is from then on. */
function ahead(stage: Stage, ms: number, live: () => void): void {
	stage.now += ms;
	live();
	stage.now -= ms;
	// It is seen by whatever comes next: someone looks in.
	stage.post("room:backend", { id: `look${stage.now}`, name: "chat", data: 1 });
}

scenario(
	"an event that is younger than it was taken for, after a second step back, wakes the room no sooner than it goes",
	(stage) => {
		ahead(stage, DAY, () => stage.post("ann", { id: "p1", name: "chat", data: 1 }));
		stage.pass(HOUR);
		ahead(stage, DAY, () => stage.post("ann", { id: "p2", name: "chat", data: 1 }));
		expectRest(stage, 2 * DAY + HOUR);
		expect([stage.room.meta.floor, stage.room.meta.head]).toEqual([5, 4]);
	},
	{ historyAgeMsMax: 2 * DAY },
);

for (const ms of STEPS) {
	const by = `after ${ms / HOUR} h`;

	scenario(`G9 grace goes on ${by}, and is whole`, (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		ahead(stage, ms, () => stage.leave(ann));
		stage.pass(GRACE_MS - 1);
		expect(stage.room.count).toBe(2);
		stage.pass(1);
		expect(stage.room.count).toBe(1);
		expect(stage.closeCode(bob)).toBeNull();
	});

	scenario(`G9 a socket that went dead is found ${by}`, (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		ahead(stage, ms, () => stage.publish(ann, "p1"));
		stage.cut(ann);
		stage.pass(2 * SILENCE_MS_MAX);
		expect(stage.closeCode(ann)).toBe(4002);
		expect(stage.closeCode(bob)).toBeNull();
	});

	scenario(`G10 a ban of ten minutes is one of ten minutes ${by}`, (stage) => {
		const mod = moderator(stage);
		ahead(stage, ms, () => act(stage, mod, { action: "ban", member: "ann", seconds: 600 }));
		stage.pass(600_000 - 1);
		expect(tryJoin(stage, "ann")).toBe(4501);
		stage.pass(1);
		expect(tryJoin(stage, "ann")).toBe("in");
	});

	scenario(
		`what was written is trimmed by its age ${by}, and what came after it by its own`,
		(stage) => {
			stage.post("ann", { id: "p1", name: "chat", data: 1 });
			stage.pass(HOUR);
			// The first goes where the clock says that its time has come: a step of days is one.
			ahead(stage, ms, () => stage.post("ann", { id: "p2", name: "chat", data: 1 }));
			stage.pass(DAY);
			stage.post("ann", { id: "p4", name: "chat", data: 1 });
			stage.pass(DAY - 1);
			expect([stage.room.meta.floor, stage.room.meta.head]).toEqual([2, 4]);
			stage.pass(1);
			expect([stage.room.meta.floor, stage.room.meta.head]).toEqual([4, 4]);
			stage.pass(DAY);
			expect([stage.room.meta.floor, stage.room.meta.head]).toEqual([5, 4]);
		},
		{ historyAgeMsMax: 2 * DAY },
	);

	scenario(`no event bears an earlier time than the one before it ${by}`, (stage) => {
		const bob = stage.join("bob");
		ahead(stage, ms, () => stage.post("ann", { id: "p1", name: "chat", data: 1 }));
		stage.pass(1000);
		stage.post("ann", { id: "p2", name: "chat", data: 1 });
		const times = only(stage.heard(bob), "event").map(({ at }) => at);
		expect(seqs(stage.heard(bob))).toEqual([1, 2, 3]);
		expect(times).toEqual(times.toSorted((a, b) => a - b));
	});

	scenario(`G3 keys are known for a day and not for ever ${by}`, (stage) => {
		ahead(stage, ms, () => stage.post("ann", { id: "p1", name: "chat", data: 1 }));
		stage.pass(IDEMPOTENCY_MS - 1);
		expect(stage.store.findKeys([{ member: "ann", id: "p1" }])).toHaveLength(1);
		stage.pass(KEY_SWEEP_MS + 2);
		expect(stage.store.findKeys([{ member: "ann", id: "p1" }])).toEqual([]);
	});

	scenario(
		`G5 a held event's deadline comes ${by}`,
		(stage) => {
			const ann = stage.join("ann");
			ahead(stage, ms, () => stage.publish(ann, "p1", 1, { name: "held" }));
			stage.pass(HOLD_MS - 1);
			expect(only(stage.heard(ann), "job")).toMatchObject([{ state: "held" }]);
			stage.pass(1);
			expect(only(stage.heard(ann), "job")).toMatchObject([{ state: "held" }, { state: "failed" }]);
		},
		{},
		houseRules(),
	);

	scenario(
		`G5 an outcome is forgotten after its week ${by}`,
		(stage) => {
			const ann = stage.join("ann");
			ahead(stage, ms, () => {
				stage.publish(ann, "p1", 1, { name: "held" });
				settle(stage, lastJob(stage), CLEAR);
			});
			stage.pass(OUTCOME_KEPT_MS - 1);
			expect(stage.jobs(null, 10)).toHaveLength(1);
			stage.pass(2 * KEY_SWEEP_MS);
			expect(stage.jobs(null, 10)).toEqual([]);
		},
		{},
		houseRules(),
	);

	scenario(
		`a range that failed waits as long as it was told ${by}, and no longer`,
		(stage) => {
			const ann = stage.join("ann");
			const error = { code: "said", message: "It answered 503." };
			ahead(stage, ms, () => {
				stage.publish(ann, "p1");
				const outcome = { state: "failed", error, retryAfterMs: HOUR / 2 } as const;
				stage.step([failed(stage, lastJob(stage), "", { outcome })]);
			});
			const sent = stage.queue.letters.length;
			stage.pass(HOUR / 2 - 1);
			expect(stage.queue.letters).toHaveLength(sent);
			stage.pass(1);
			expect(stage.queue.letters).toHaveLength(sent + 1);
		},
		{},
		houseRules([range("hook", { begins: "head" })]),
	);
}
