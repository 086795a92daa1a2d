/** Life and death: heartbeats and sweeps, malformed messages, and rooms in which nothing is left. */
import { expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/codes.ts";
import { ALONE_SWEEP_INTERVAL_MS, SWEEP_INTERVAL_MS_MIN } from "../../src/protocol/limits.ts";
import { awakeScenario, only, range, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

scenario("G9 [H-3] one whose cable was cut is closed 4002 and gone within 2 minutes; one who pings stays", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.pass(10 * MINUTE);
	stage.news(ann);
	stage.cut(bob);
	stage.pass(75_000 - SWEEP_INTERVAL_MS_MIN);
	expect(stage.closeCode(bob)).toBeNull();
	stage.pass(2 * MINUTE - 75_000 + SWEEP_INTERVAL_MS_MIN);
	expect(stage.closeCode(bob)).toBe(CLOSE.heartbeatLost);
	expect(stage.news(ann)).toEqual([{ type: "presence", joined: [], left: ["bob"], changed: [], count: 1 }]);
	expect(stage.closeCode(ann)).toBeNull();
});

scenario("G9 messages are life as pings are", (stage) => {
	stage.join("ann");
	const bob = stage.join("bob");
	stage.cut(bob);
	for (const n of range(10)) {
		stage.pass(MINUTE);
		stage.publish(bob, `p${n}`);
	}
	expect(stage.closeCode(bob)).toBeNull();
	stage.pass(2 * MINUTE);
	expect(stage.closeCode(bob)).toBe(CLOSE.heartbeatLost);
});

scenario(
	"G9 [H-1] a client that speaks JSON alone stays by saying that it received nothing, which is not answered",
	(stage) => {
		stage.join("ann");
		const bob = stage.join("bob");
		stage.cut(bob);
		stage.news(bob);
		for (const _ of range(10)) {
			stage.pass(MINUTE);
			stage.say(bob, { type: "received", jobs: [] });
		}
		expect([stage.closeCode(bob), stage.news(bob)]).toEqual([null, []]);
	},
);

awakeScenario(
	"G9 a hidden tab that pings once a minute is neither closed nor reported as left for 7 minutes",
	(stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		stage.news(ann);
		// The platform answers pings without waking the room; an alarm is told when each came.
		let pingedAt = stage.now;
		for (const until = stage.now + 7 * MINUTE; stage.now < until; stage.now += 1000) {
			if (stage.now - pingedAt >= MINUTE) pingedAt = stage.now;
			if (stage.alarmAt === null || stage.alarmAt > stage.now) continue;
			stage.pinged(bob, pingedAt);
			stage.ring();
		}
		expect(stage.alarms.length).toBeGreaterThan(3);
		expect(stage.closeCode(bob)).toBeNull();
		expect(stage.news(ann)).toEqual([]);
	},
);

scenario("sweeps are at least 30 s apart, and ten minutes of one who is alone", (stage) => {
	const ann = stage.join("ann");
	expect(stage.alarmAt).toBe(stage.now + ALONE_SWEEP_INTERVAL_MS);
	const bob = stage.join("bob");
	stage.pass(30 * MINUTE);
	for (const [index, at] of stage.alarms.entries()) {
		expect(at - (stage.alarms[index - 1] ?? 0)).toBeGreaterThanOrEqual(SWEEP_INTERVAL_MS_MIN);
	}
	stage.leave(bob);
	stage.pass(10_000);
	stage.alarms.length = 0;
	stage.pass(DAY);
	// What was set before may still come once.
	expect(stage.alarms.length).toBeLessThanOrEqual(1 + DAY / ALONE_SWEEP_INTERVAL_MS);
	expect(stage.closeCode(ann)).toBeNull();
});

awakeScenario("G8 the 20th malformed message within a minute closes 4503; the 19th does not", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	for (const _ of range(19)) stage.say(ann, "no JSON");
	expect(stage.closeCode(ann)).toBeNull();
	stage.news(ann);
	stage.publish(ann, "p1");
	expect(stage.news(ann)).toHaveLength(1);
	stage.say(ann, "no JSON");
	expect(stage.news(ann)).toMatchObject([{ type: "error", code: "malformed" }]);
	expect(stage.closeCode(ann)).toBe(CLOSE.violated);
	stage.news(bob);
	stage.pass(10_000);
	expect(stage.news(bob)).toMatchObject([{ type: "presence", left: ["ann"], count: 1 }]);
});

awakeScenario("G8 of a frame that closes its session the rest is not heard", (stage) => {
	const ann = stage.join("ann");
	stage.say(ann, [...range(20), { type: "publish", id: "p1", name: "chat", data: 1 }]);
	expect(stage.closeCode(ann)).toBe(CLOSE.violated);
	expect(stage.room.meta.head).toBe(0);
});

awakeScenario("G8 malformed messages that are a minute apart are forgiven", (stage) => {
	const ann = stage.join("ann");
	for (const _ of range(100)) {
		stage.say(ann, "no JSON");
		stage.pass(3_200);
	}
	expect(stage.closeCode(ann)).toBeNull();
});

awakeScenario("G8 unknown types, invalid fields and too large frames do not count as malformed", (stage) => {
	const ann = stage.join("ann");
	for (const _ of range(10)) {
		stage.say(ann, { type: "later" });
		stage.say(ann, { type: "publish" });
		stage.say(ann, "x".repeat(70_000));
	}
	expect(
		only(stage.heard(ann), "error")
			.map(({ code }) => code)
			.slice(0, 3),
	).toEqual(["unknown_type", "invalid", "too_large"]);
	expect(stage.closeCode(ann)).toBeNull();
});

scenario("a room without session, event and key for a day forgets itself, and is another one after it", (stage) => {
	const ann = stage.join("ann");
	stage.leave(ann);
	stage.pass(10_000);
	stage.pass(DAY - 1);
	expect(stage.forgotten).toBe(0);
	stage.pass(1);
	expect(stage.forgotten).toBe(1);
	expect(stage.alarmAt).toBeNull();
	expect(stage.alarms.filter((at) => at === stage.now)).toHaveLength(1);
	expect(stage.store.meta()).toBeNull();
	expect(only(stage.heard(stage.join("ann", { since: "epoch1.0" })), "welcome")).toMatchObject([
		{ epoch: "epoch2", reason: "epoch" },
	]);
});

scenario(
	"a room with events is not forgotten before they are gone, and one that is visited begins its day anew",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		stage.leave(ann);
		stage.pass(2 * DAY - 1);
		expect(stage.forgotten).toBe(0);
		expect(stage.room.meta.head).toBe(1);
		stage.pass(DAY / 2);
		stage.leave(stage.join("bob"));
		stage.pass(DAY);
		expect(stage.forgotten).toBe(0);
		stage.pass(20_000);
		expect(stage.forgotten).toBe(1);
	},
	{ historyAgeMsMax: 2 * DAY },
);

scenario("G1 a room that is to be forgotten keeps what came in the same turn", (stage) => {
	stage.leave(stage.join("ann"));
	stage.pass(10_000);
	stage.now += DAY;
	const bob = stage.joining("bob");
	stage.step([stage.ringing(), bob, stage.posting("cid", { id: "p1", name: "chat", data: 1 })]);
	expect(stage.forgotten).toBe(0);
	stage.publish(bob.session, "p2");
	expect(only(stage.heard(bob.session), "event").map(({ id }) => id)).toEqual(["p1", "p2"]);
	expect(stage.replies.get("r1")).toMatchObject({ outcome: "published", seq: 1 });
});

scenario("a room that nobody joined and nobody wrote to stores nothing and wants no alarm", (stage) => {
	stage.step([]);
	stage.ring();
	expect(stage.store.meta()).toBeNull();
	expect(stage.alarmAt).toBeNull();
	expect(stage.room.page({})).toEqual({ bodies: [], last: null, more: false });
	expect(stage.room.count).toBe(0);
	expect(stage.store.meta()).toBeNull();
});

test("G9 a room that sleeps again and again takes nobody for alive for that, whatever is written of its session", () => {
	const stage = new Stage();
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	stage.cut(bob);
	const silentSince = stage.now;
	for (let n = 0; stage.now - silentSince < 120_000; n++) {
		stage.pass(5_000);
		stage.sleep();
		stage.publish(ann, `n${n}`);
		// Its socket is full, and empty: that is written too.
		if (stage.closeCode(bob) === null) stage.flow({ full: [bob] });
		if (stage.closeCode(bob) === null) stage.flow({ drained: [bob] });
	}
	expect(stage.closeCode(bob)).toBe(CLOSE.heartbeatLost);
});
