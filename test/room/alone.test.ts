/** A member who is alone: nobody sees whether it is there, and yet it is not listed for ever (G9); what it had left is told to it. */
import { expect } from "vitest";
import { only, scenario } from "./scenario.ts";
import { type Stage, T0 } from "./stage.ts";

const MINUTE = 60_000;

/** As the room's own routes do before they answer. */
function look(stage: Stage): void {
	if (!stage.room.isStale(stage.now)) return;
	const { pings } = stage.ringing() as { pings: ReadonlyMap<string, number> };
	stage.step([{ type: "look", reply: "look", pings }]);
}

scenario("G9 a lone member whose cable was cut is gone within ten minutes", (stage) => {
	const ann = stage.join("ann");
	stage.cut(ann);
	stage.pass(10 * MINUTE);
	expect([stage.closeCode(ann), stage.room.count]).toEqual([4002, 0]);
});

scenario("G9 so it is when it was cut just before or after a look", (stage) => {
	const ann = stage.join("ann");
	stage.pass(10 * MINUTE - 1);
	stage.cut(ann);
	stage.pass(10 * MINUTE);
	expect(stage.room.count).toBe(0);
	const bob = stage.join("bob");
	stage.pass(10 * MINUTE + 1);
	stage.cut(bob);
	stage.pass(10 * MINUTE);
	expect(stage.room.count).toBe(0);
});

scenario("G7 a lone member who is there wakes its room at most every ten minutes", (stage) => {
	const ann = stage.join("ann");
	stage.pass(60 * MINUTE);
	expect(stage.closeCode(ann)).toBeNull();
	expect(stage.alarms.length).toBeLessThanOrEqual(6);
});

scenario("G7 two who say nothing but heartbeats wake it at most every 75 seconds", (stage) => {
	const [ann] = [stage.join("ann"), stage.join("bob")];
	stage.pass(60 * MINUTE);
	expect(stage.closeCode(ann)).toBeNull();
	expect(stage.alarms.length).toBeLessThanOrEqual(48);
});

scenario("G9 beside a second member it is looked at as soon as everyone", (stage) => {
	const ann = stage.join("ann");
	stage.pass(MINUTE);
	stage.cut(ann);
	const bob = stage.join("bob");
	stage.pass(2 * MINUTE);
	expect(stage.closeCode(ann)).toBe(4002);
	expect(only(stage.news(bob), "presence").at(-1)).toMatchObject({ left: ["ann"], count: 1 });
});

scenario("G9 who asks over HTTP is told of nobody who is gone, and of everyone who is there", (stage) => {
	const ann = stage.join("ann");
	stage.pass(3 * MINUTE);
	look(stage);
	expect([stage.room.count, stage.closeCode(ann)]).toEqual([1, null]);
	stage.cut(ann);
	stage.pass(80_000);
	look(stage);
	expect([stage.room.count, stage.closeCode(ann)]).toEqual([0, 4002]);
	expect(stage.now).toBe(T0 + 3 * MINUTE + 80_000);
});

scenario("a welcome tells the presence that an earlier session of the member left", (stage) => {
	const first = stage.join("ann");
	expect(only(stage.heard(first), "welcome")[0]?.me.state).toBeNull();
	stage.say(first, { type: "presence", state: { busy: true } });
	const second = stage.join("ann");
	expect(only(stage.heard(second), "welcome")[0]?.me).toMatchObject({ id: "ann", state: { busy: true } });
	stage.leave(first);
	stage.leave(second);
	stage.pass(5_000);
	expect(only(stage.heard(stage.join("ann")), "welcome")[0]?.me.state).toEqual({ busy: true });
	expect(only(stage.heard(stage.join("bob")), "welcome")[0]?.me.state).toBeNull();
});
