/** Signals: ephemeral, newest wins within a turn, and those to one member are each delivered. */
import { expect } from "vitest";
import { awakeScenario, only, range, scenario } from "./scenario.ts";

const signal = (name: string, data: unknown, to?: string) => ({
	type: "signal",
	name,
	data,
	...(to === undefined ? {} : { to }),
});
const datas = (heard: Parameters<typeof only>[0]) => only(heard, "signal").map(({ data }) => data);

scenario("[N-6] a signal reaches everyone, its sender too, and says whose session it is", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(ann);
	stage.news(bob);
	stage.say(ann, signal("cursor", { x: 1 }));
	const heard = [{ type: "signal", from: "ann", session: ann, name: "cursor", data: { x: 1 } }];
	expect(stage.news(ann)).toEqual(heard);
	expect(stage.news(bob)).toEqual(heard);
});

scenario("[N-6] within a turn the newest per session and name wins; across turns each is heard", (stage) => {
	const ann = stage.join("ann");
	const again = stage.join("ann");
	const bob = stage.join("bob");
	stage.step([
		stage.saying(ann, [signal("cursor", 1), signal("typing", 2), signal("cursor", 3)]),
		stage.saying(again, signal("cursor", 4)),
		stage.saying(ann, signal("cursor", 5)),
	]);
	expect(datas(stage.heard(bob))).toEqual([2, 4, 5]);
	stage.say(ann, signal("cursor", 6));
	expect(datas(stage.heard(bob))).toEqual([2, 4, 5, 6]);
});

scenario("a signal to a member reaches all its sessions and nobody else, and is never conflated", (stage) => {
	const ann = stage.join("ann");
	const bobs = [stage.join("bob"), stage.join("bob")];
	const cid = stage.join("cid");
	stage.say(ann, [signal("offer", 1, "bob"), signal("offer", 2, "bob"), signal("offer", 3, "bob")]);
	for (const bob of bobs) expect(datas(stage.heard(bob))).toEqual([1, 2, 3]);
	expect(datas(stage.heard(ann))).toEqual([]);
	expect(datas(stage.heard(cid))).toEqual([]);
});

scenario("a signal to somebody who is not here is nothing, and no error", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	stage.say(ann, signal("offer", 1, "nobody"));
	expect(stage.news(ann)).toEqual([]);
});

scenario("signals are not kept: one who joins later hears none", (stage) => {
	const ann = stage.join("ann");
	stage.say(ann, signal("cursor", 1));
	expect(datas(stage.heard(stage.join("bob")))).toEqual([]);
	expect(stage.room.meta.head).toBe(0);
});

scenario("one who becomes live in a turn hears its signals after `caught-up`", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.joining("bob");
	stage.step([bob, stage.saying(ann, signal("cursor", 1))]);
	expect(stage.heard(bob.session).map(({ type }) => type)).toEqual(["welcome", "caught-up", "signal"]);
});

scenario("[F-5] a turn tells presence, then events, then signals, then what is a session's own", (stage) => {
	const ann = stage.join("ann");
	stage.publish(ann, "known");
	stage.news(ann);
	stage.step([
		stage.saying(ann, [
			{ type: "publish", id: "known", name: "chat", data: "known" },
			signal("cursor", 1),
			{ type: "publish", id: "new", name: "chat", data: 1 },
		]),
		stage.joining("bob"),
	]);
	expect(stage.news(ann).map(({ type }) => type)).toEqual(["presence", "event", "signal", "ack"]);
});

scenario("G8 a signal over 4 KiB is refused by bytes, and nobody else hears of it", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(bob);
	stage.say(ann, [signal("n", "x".repeat(4094)), signal("m", "x".repeat(4095)), signal("o", "€".repeat(1365))]);
	expect(only(stage.heard(ann), "error").map(({ code }) => code)).toEqual(["too_large", "too_large"]);
	expect(stage.news(bob)).toHaveLength(1);
});

scenario("G10 who lacks the capability signals nothing", (stage) => {
	const ann = stage.join("ann", { can: ["read"] });
	const bob = stage.join("bob");
	stage.say(ann, [signal("n", 1), signal("n", 1, "bob")]);
	expect(only(stage.heard(ann), "error").map(({ code }) => code)).toEqual(["forbidden", "forbidden"]);
	expect(datas(stage.heard(bob))).toEqual([]);
});

awakeScenario("G8 a member signals 100 a second and 200 at once, to everyone or to one", (stage) => {
	const ann = stage.join("ann");
	stage.say(
		ann,
		range(100).map((n) => signal(`n${n}`, n)),
	);
	stage.say(
		ann,
		range(100).map((n) => signal(`n${n}`, n, "ann")),
	);
	stage.say(ann, signal("late", 1));
	expect(only(stage.heard(ann), "error")).toMatchObject([{ code: "rate_limited", retryAfterMs: 10 }]);
	stage.pass(10);
	stage.say(ann, signal("late", 1));
	expect(datas(stage.heard(ann))).toHaveLength(201);
});

awakeScenario(
	"SIGNAL_PER_SECOND=0 lifts the limit",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(10))
			stage.say(
				ann,
				range(100).map((m) => signal(`n${m}`, n)),
			);
		expect(only(stage.heard(ann), "error")).toEqual([]);
	},
	{ signalPerSecond: 0 },
);
