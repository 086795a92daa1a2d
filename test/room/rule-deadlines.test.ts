/** Deadlines that rules set: each comes once, through sleep and crash, and before what was sent after it. */
import { describe, expect, test } from "vitest";
import type { Decide } from "../../src/protocol/decision.ts";
import { EMPTY_ROOM_MS } from "../../src/protocol/limits.ts";
import { DEADLINE_MS_MAX, DEADLINE_MS_MIN, DEADLINES_MAX } from "../../src/protocol/rules-limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { event } from "./house-rules.ts";
import { ruled } from "./ruled.ts";
import { events, only, range, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { expectRest, wipe } from "./work.ts";

const later: Decide = ({ data }, room) => {
	const { name, ms, of = null } = data as { name: string; ms: number; of?: unknown };
	room.later(name, ms, of);
};

const RULES = ruled({
	later,
	cancel: ({ data }, room) => room.cancel(String(data)),
	close: ({ data, from, author, can, at }, room) =>
		room.publish("closed", [data, from, author, can.length, at === room.now]),
	tick: ({ data }, room) => {
		if (Number(data) > 0) room.later("tick", 0, Number(data) - 1);
	},
	broken: (_, room) => {
		room.publish("closed", null);
		throw new Error("planted");
	},
	refused: (_, room) => {
		room.set("score/a", 1);
		room.refuse("no", "No.");
	},
	counts: ({ data }, room) => room.set(`count/${data}`, true),
	backend: event({ from: "backend" }),
	many: (_, room) => {
		for (const n of range(DEADLINES_MAX)) room.later(`d${n}`, 60_000 + n);
	},
});

const DAY_MS = 24 * 3_600_000;
const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, {}, RULES);
const set = (stage: Stage, session: string, id: string, name: string, ms: number, of?: unknown) =>
	stage.publish(session, id, { name, ms, ...(of === undefined ? {} : { of }) }, { name: "later" });
const told = (stage: Stage, session: string) => events(stage.heard(session)).map(({ name }) => name);

describe("a deadline", () => {
	scenario(
		"what it sets stands, where what was set before goes at the same time, for nobody was there for long enough",
		(stage) => {
			const ann = stage.join("ann");
			stage.publish(ann, "m1", 1, { name: "counts" });
			set(stage, ann, "m2", "counts", DAY_MS, 2);
			stage.leave(ann);
			stage.pass(DAY_MS + 60_000);
			expect(stage.room.state.page({}, "ann").bodies.map((body) => JSON.parse(body))).toMatchObject([
				{ key: "count/2", value: true },
			]);
		},
		{ stateAgeMsMax: DAY_MS },
		RULES,
	);

	play("comes once when it is due, as the room's own event, on which its own rule decides", (stage) => {
		const ann = stage.join("ann");
		set(stage, ann, "m1", "close", 3_000, "lot 1");
		stage.pass(2_999);
		expect(told(stage, ann)).toEqual(["later"]);
		const due = stage.now + 1;
		stage.pass(60_000);
		expect(events(stage.heard(ann)).slice(1)).toMatchObject([
			{ seq: 2, at: due, from: "room:events", author: "Room", name: "close", data: "lot 1" },
			{ seq: 3, of: 2, name: "closed", data: ["lot 1", "room:events", "Room", 0, true] },
		]);
		expectRest(stage);
		expect(told(stage, ann)).toEqual(["later", "close", "closed"]);
	});

	play("is one of its name: a later one takes its place, and it can be taken back", (stage) => {
		const ann = stage.join("ann");
		set(stage, ann, "m1", "close", 3_000, "first");
		set(stage, ann, "m2", "close", 9_000, "second");
		stage.pass(8_000);
		expect(told(stage, ann)).toEqual(["later", "later"]);
		stage.pass(1_000);
		expect(events(stage.heard(ann)).at(-2)).toMatchObject({ name: "close", data: "second" });
		set(stage, ann, "m3", "close", 3_000);
		stage.publish(ann, "m4", "close", { name: "cancel" });
		stage.publish(ann, "m5", "nothing", { name: "cancel" });
		stage.pass(60_000);
		expect(told(stage, ann).slice(-3)).toEqual(["later", "cancel", "cancel"]);
		expect(only(stage.heard(ann), "error")).toEqual([]);
	});

	play("comes in the order of their times, and of their names where those are one", (stage) => {
		const ann = stage.join("ann");
		stage.step(
			[
				["d2", 3_000],
				["d1", 3_000],
				["d3", 2_000],
			].map(([name, ms]) => stage.saying(ann, { type: "publish", id: name, name: "later", data: { name, ms } })),
		);
		stage.now += 10_000;
		stage.publish(ann, "p1");
		expect(told(stage, ann).slice(3)).toEqual(["d3", "d1", "d2", "chat"]);
	});

	play("comes before what is sent after it, however late its alarm is", (stage) => {
		const ann = stage.join("ann");
		set(stage, ann, "m1", "close", 3_000);
		// The alarm does not come.
		stage.now += 3_500;
		stage.publish(ann, "p1");
		expect(told(stage, ann)).toEqual(["later", "close", "closed", "chat"]);
		stage.pass(60_000);
		expect(told(stage, ann)).toHaveLength(4);
	});

	test.each([2_000, 3_500])("G7 comes once though the room crashes after %d ms", (ms) => {
		const stage = new Stage({}, false, new MemoryStore(), RULES);
		const ann = stage.join("ann");
		set(stage, ann, "m1", "close", 3_000);
		stage.now += ms;
		stage.crash();
		stage.now += 2_000;
		stage.ring();
		stage.crash();
		stage.pass(60_000);
		const bob = stage.join("bob");
		expect(told(stage, bob)).toEqual(["later", "close", "closed"]);
	});

	play("that arms itself again waits at least a second", (stage) => {
		const ann = stage.join("ann");
		set(stage, ann, "m1", "tick", 1, 3);
		const before = stage.now;
		stage.pass(60_000);
		const ticks = events(stage.heard(ann)).filter(({ name }) => name === "tick");
		expect(ticks.map(({ at }) => at - before)).toEqual(range(4).map((n) => n * DEADLINE_MS_MIN));
	});

	test("whose rule throws or refuses is undone, and stands: its event is there, and the operator is told", () => {
		const stage = new Stage({}, false, new MemoryStore(), RULES);
		const ann = stage.join("ann");
		set(stage, ann, "m1", "broken", 3_000);
		set(stage, ann, "m2", "refused", 3_000);
		set(stage, ann, "m3", "close", 3_000);
		stage.pass(10_000);
		expect(told(stage, ann).slice(3)).toEqual(["broken", "close", "closed", "refused"]);
		expect(stage.room.version).toBe(0);
		expect(stage.reports.map(({ mishap }) => mishap)).toEqual(["undone", "undone"]);
		expectRest(stage);
	});

	play("ignores `from`, and keeps its schema: what is against it is refused when it is set", (stage) => {
		const ann = stage.join("ann");
		set(stage, ann, "m1", "backend", 3_000);
		set(stage, ann, "m2", "strict", 3_000, "bad");
		set(stage, ann, "m3", "strict", 3_000, "good");
		set(stage, ann, "m4", "room.job", 3_000);
		set(stage, ann, "m5", "close", 3_000, "x".repeat(32_760));
		expect(only(stage.heard(ann), "error").map(({ id, code }) => [id, code])).toEqual([
			["m2", "invalid"],
			["m4", "reserved_name"],
			["m5", "too_large"],
		]);
		stage.pass(10_000);
		expect(told(stage, ann)).toEqual(["later", "later", "backend", "strict"]);
	});

	test("of an event that the app knows no more is dropped, and said to the operator", () => {
		const store = new MemoryStore();
		const stage = new Stage({}, false, store, RULES);
		set(stage, stage.join("ann"), "m1", "strict", 3_000, "good");
		const fault = () => "The data of that event is another today.";
		const deployed = new Stage({}, false, store, ruled({ strict: event({ fault }) }));
		deployed.pass(10_000);
		expect(told(deployed, deployed.join("bob"))).toEqual(["later"]);
		expect(deployed.reports.map(({ mishap }) => mishap)).toEqual(["undone"]);
		expectRest(deployed);
	});

	play("goes with a wipe", (stage) => {
		set(stage, stage.join("ann"), "m1", "close", 60_000);
		wipe(stage);
		const bob = stage.join("bob");
		stage.pass(120_000);
		expect(told(stage, bob)).toEqual([]);
	});

	play("keeps a room in which nobody is from being deleted, until it has come", (stage) => {
		const day = 24 * 3_600_000;
		const ann = stage.join("ann");
		set(stage, ann, "m1", "strict", 80 * day, "good");
		stage.leave(ann);
		stage.pass(79 * day);
		expect([stage.forgotten, stage.room.isStored]).toEqual([0, true]);
		stage.pass(35 * day + EMPTY_ROOM_MS);
		expect(stage.forgotten).toBe(1);
	});

	test("there are at most a hundred, a refused one sets none, and a year is the longest", () => {
		const stage = new Stage({}, false, new MemoryStore(), RULES);
		const ann = stage.join("ann");
		stage.publish(ann, "m1", null, { name: "many" });
		set(stage, ann, "m2", "one-more", 60_000);
		set(stage, ann, "m3", "d1", DEADLINE_MS_MAX);
		set(stage, ann, "m4", "d1", DEADLINE_MS_MAX + 1);
		expect(only(stage.heard(ann), "error").map(({ id, code }) => [id, code])).toEqual([
			["m2", "internal"],
			["m4", "internal"],
		]);
		stage.pass(120_000);
		expect(told(stage, ann).filter((name) => name.startsWith("d"))).toHaveLength(DEADLINES_MAX - 1);
		set(stage, ann, "m5", "one-more", 1_000);
		expect(only(stage.heard(ann), "error")).toHaveLength(2);
	});

	test("set by a clock that was ahead waits no longer than it was to wait, and one that is due comes not early", () => {
		const stage = new Stage({}, false, new MemoryStore(), RULES);
		const ann = stage.join("ann");
		set(stage, ann, "m1", "close", 60_000);
		stage.now -= 3_600_000;
		stage.publish(ann, "p1");
		stage.pass(59_000);
		expect(told(stage, ann)).toEqual(["later", "chat"]);
		stage.pass(1_000);
		expect(told(stage, ann)).toEqual(["later", "chat", "close", "closed"]);
	});
});
