/** A wipe during everything: one turn takes it all, nothing of the old epoch comes back, and its traces are owed. */
import { describe, expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/codes.ts";
import { OUTCOME_KEPT_MS } from "../../src/protocol/job-limits.ts";
import { EMPTY_ROOM_MS, REMAINS_PAUSE_MS, TRIM_ROWS_MAX } from "../../src/protocol/limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { HOLD_MS, houseRules, range } from "./house-rules.ts";
import { acting, moderator } from "./moderator.ts";
import { events, range as numbers, only, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { CLEAR, done, expectRest, lastJob, settle, task, wipe } from "./work.ts";

const ARCHIVE = range("archive", { keepsCopy: true, listsRooms: true });
const HOOK = range("hook", { begins: "head" });

const play = (name: string, body: (stage: Stage) => void, settings = {}) =>
	scenario(name, body, settings, houseRules([range("archive", { keepsCopy: true, listsRooms: true })]));

describe("a wipe", () => {
	play("closes everyone 4502, and the room begins anew with seq 1 under another epoch", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "old");
		wipe(stage);
		expect(stage.closeCode(ann)).toBe(CLOSE.wiped);
		expect(stage.room.page({}).bodies).toEqual([]);
		const back = stage.join("ann", { since: "epoch1.1" });
		expect(stage.heard(back)[0]).toMatchObject({
			epoch: "wiped",
			head: 0,
			continuity: "reset",
			reason: "epoch",
			count: 1,
		});
		stage.publish(back, "p1", "new");
		expect(events(stage.heard(back))).toMatchObject([{ seq: 1, data: "new" }]);
	});

	play("G2 in the turn of the wipe, those who are dismissed hear nothing of the history that begins anew", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "old", { name: "free" });
		stage.news(ann);
		const post = stage.posting("bob", { id: "p2", name: "free", data: "new" });
		const cid = stage.joining("cid");
		stage.step([{ type: "wipe", reply: "wipe", epoch: "wiped" }, post, cid]);
		expect(stage.news(ann)).toEqual([]);
		expect(stage.closeCode(ann)).toBe(CLOSE.wiped);
		expect(events(stage.heard(cid.session))).toMatchObject([{ seq: 1, data: "new" }]);
	});

	play("G2 one whom a moderator removes in the turn that wipes hears nothing of the new history", (stage) => {
		const mod = moderator(stage);
		const ann = stage.join("ann");
		stage.news(ann);
		const post = stage.posting("bob", { id: "p1", name: "free", data: "new" });
		const removing = acting(stage, mod, { action: "remove", member: "ann" });
		stage.step([removing, { type: "wipe", reply: "wipe", epoch: "wiped" }, post, stage.joining("cid")]);
		expect(stage.closeCode(ann)).toBe(CLOSE.removed);
		expect(events(stage.news(ann))).toEqual([]);
	});

	play("jobs, holds, reviews and ranges of the old epoch: every outcome that still comes is nothing", (stage) => {
		const ann = stage.join("ann");
		stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
		stage.publish(ann, "p1", "http://a.example");
		stage.publish(ann, "p2", "hm", { name: "lenient" });
		stage.publish(ann, "p3", "hm", { name: "reviewed" });
		const late = [...new Set(stage.queue.letters.map(({ job }) => job))].map((job) => done(stage, job, CLEAR));
		expect(late.length).toBeGreaterThan(4);
		wipe(stage);
		for (const settlement of late) {
			expect(stage.room.task(settlement.epoch, settlement.job, 1, stage.now)).toBeNull();
			stage.step([{ ...settlement, reply: "r" }]);
			expect(stage.replies.get("r")).toEqual({ outcome: "done" });
		}
		const back = stage.join("ann");
		stage.pass(HOLD_MS);
		expect([events(stage.heard(back)), only(stage.heard(back), "job")]).toEqual([[], []]);
		expect(stage.jobs(null, 10).filter(({ from }) => from === undefined)).toEqual([]);
	});

	play("owes the archive the removal of the old epoch's rows, also of two at once", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		wipe(stage, "second");
		wipe(stage, "third");
		const job = lastJob(stage);
		expect(task(stage, job)).toMatchObject({ range: { from: 1, to: 0, events: "[]", wiped: ["epoch1", "second"] } });
		settle(stage, job);
		stage.publish(stage.join("bob"), "b1");
		expect(task(stage, lastJob(stage))).toMatchObject({ range: { from: 1, to: 1, wiped: [] } });
	});

	play("G7 its rows go in pieces by alarm, through sleep and crash, and nobody is told of them", (stage) => {
		const ann = stage.join("ann");
		for (const n of numbers(40)) stage.publish(ann, `p${n}`, "old");
		const { store } = stage;
		const { dropRemains } = store;
		let pieces = 0;
		store.dropRemains = () => {
			pieces++;
			dropRemains.call(store, 10);
		};
		stage.turn([{ type: "wipe", reply: "wiping", epoch: "wiped" }]);
		expect(stage.replies.get("wiping")).toEqual({ outcome: "done" });
		expect(store.hasRemains()).toBe(true);
		expect(stage.room.page({}).bodies).toEqual([]);
		stage.crash();
		const bob = stage.join("bob", { since: "epoch1.3" });
		stage.pass(REMAINS_PAUSE_MS);
		stage.crash();
		stage.pass(60_000);
		expect(store.hasRemains()).toBe(false);
		expect(pieces).toBeGreaterThan(4);
		expect(events(stage.heard(bob))).toEqual([]);
	});

	play("a piece goes when it is its time, however often the alarm rings", (stage) => {
		const ann = stage.join("ann");
		for (const n of numbers(40)) stage.publish(ann, `p${n}`, "old");
		let pieces = 0;
		stage.store.dropRemains = () => void pieces++;
		stage.turn([{ type: "wipe", reply: "wiping", epoch: "wiped" }]);
		for (let n = 0; n < 20; n++) stage.turn([{ type: "alarm", pings: new Map() }]);
		expect(pieces).toBe(1);
	});

	play("of a room in which nothing was ever stored stores nothing", (stage) => {
		wipe(stage);
		expect(stage.replies.get("wipe")).toEqual({ outcome: "done" });
		expect(stage.store.meta()).toBeNull();
		expect(stage.alarmAt).toBeNull();
	});

	test("G3 a publish of the turn that wipes is no repeat of one that is gone", () => {
		const stage = new Stage({}, false, undefined, houseRules());
		stage.post("bob", { id: "k1", name: "free", data: 1 });
		const again = stage.posting("bob", { id: "k1", name: "free", data: 1 });
		stage.step([{ type: "wipe", reply: "wipe", epoch: "second" }, again]);
		expect(stage.replies.get(again.reply)).toEqual({ outcome: "published", epoch: "second", seq: 1 });
		expect(stage.room.page({}).bodies).toHaveLength(1);
	});

	test.each([
		["that is stored", true],
		["that is new", false],
	])("of the turn in which others publish, hold and join, in a room %s: what came before it is gone", (_, isStored) => {
		const stage = new Stage({}, false, undefined, houseRules());
		if (isStored) stage.post("bob", { id: "k0", name: "free", data: 1 });
		const early = stage.joining("ann");
		const late = stage.joining("cid");
		stage.step([
			early,
			stage.posting("bob", { id: "k1", name: "free", data: "old" }),
			stage.posting("bob", { id: "k2", name: "held", data: "old" }),
			{ type: "wipe", reply: "wipe", epoch: "second" },
			late,
			stage.saying(late.session, { type: "publish", id: "p1", name: "free", data: "new" }),
		]);
		expect(stage.closeCode(early.session)).toBe(CLOSE.wiped);
		expect(stage.heard(late.session)[0]).toMatchObject({ epoch: "second", count: 1 });
		expect(stage.room.page({}).bodies.join()).toContain('"seq":1');
		expect(stage.room.page({}).bodies.join()).not.toContain("old");
		stage.sleep();
		stage.rest();
		expect(stage.jobs(null, 10)).toEqual([]);
	});

	test("a kind that is not configured while the room is wiped has the new history from its beginning", () => {
		const store = new MemoryStore();
		const first = new Stage({}, false, store, houseRules([HOOK]));
		const ann = first.join("ann");
		for (const n of numbers(5)) first.publish(ann, `p${n}`, n, { name: "free" });
		while (first.jobs(null, 1)[0]?.from !== undefined) settle(first, lastJob(first));
		const without = new Stage({}, false, store, houseRules());
		wipe(without, "second");
		without.publish(without.join("bob"), "b1", "new", { name: "free" });
		const again = new Stage({}, false, store, houseRules([HOOK]));
		again.publish(again.join("cid"), "c1", "newer", { name: "free" });
		expect(task(again, lastJob(again))).toMatchObject({ range: { from: 1 } });
	});
});

describe("a room in which nothing is left", () => {
	test("forgets itself a day after the last of it was settled, and not before", () => {
		const stage = new Stage({ historyAgeMsMax: 3_600_000 }, false, undefined, houseRules([ARCHIVE]));
		const ann = stage.join("ann");
		stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
		settle(stage, lastJob(stage));
		stage.publish(ann, "p1", "x", { name: "free" });
		stage.leave(ann);
		const settleAll = () => {
			for (const { job, state } of stage.jobs(null, 10)) if (state === "sent") settle(stage, job);
		};
		for (let hour = 0; hour < 30; hour++) {
			settleAll();
			stage.pass(3_600_000);
		}
		expect(stage.forgotten, "the outcome is owed").toBe(0);
		for (let day = 0; day < 9; day++) {
			settleAll();
			stage.pass(OUTCOME_KEPT_MS / 7);
		}
		stage.pass(EMPTY_ROOM_MS);
		expect(stage.forgotten).toBe(1);
		expect(stage.alarmAt).toBeNull();
	});

	test("G7 a publish in the very turn that trims all that was there leaves no alarm that spins", () => {
		const stage = new Stage({ historyAgeMsMax: 86_400_000 }, false, undefined, houseRules());
		const ann = stage.join("ann");
		stage.publish(ann, "p1", "old", { name: "free" });
		stage.now += 86_400_000;
		stage.step([stage.saying(ann, { type: "publish", id: "p2", name: "free", data: "new" }), stage.ringing()]);
		expect(stage.room.meta).toMatchObject({ floor: 2, head: 2 });
		expectRest(stage);
	});

	test("G4 what one alarm trims to its very end does not keep the rest for ever", () => {
		const settings = { publishPerSecond: 0, historyEventsMax: 10, historyAgeMsMax: 86_400_000 };
		const stage = new Stage(settings, false, undefined, houseRules());
		const ann = stage.join("ann", { can: ["publish"] });
		for (let from = 0; from < TRIM_ROWS_MAX + 10; from += 10) {
			const ids = numbers(10, from);
			stage.turn([
				stage.saying(
					ann,
					ids.map((n) => ({ type: "publish", id: `p${n}`, name: "free", data: n })),
				),
			]);
		}
		stage.leave(ann);
		stage.pass(120_000);
		expect(stage.room.meta.floor).toBe(TRIM_ROWS_MAX + 1);
		stage.pass(86_400_000);
		expect(stage.room.meta.floor, "aged out").toBe(TRIM_ROWS_MAX + 11);
	});
});
