/** Presence: who is here, and what each says of itself. */
import { expect } from "vitest";
import { awakeScenario, only, range, scenario } from "./scenario.ts";

const member = (id: string, state: unknown = null) => ({ id, name: id.toUpperCase(), state });
const told = (more: object) => ({ type: "presence", joined: [], left: [], changed: [], ...more });

scenario("[N-4] one who joins is told who is here, itself too; the others are told that it came", (stage) => {
	const ann = stage.join("ann");
	expect(only(stage.news(ann), "welcome")).toMatchObject([{ members: [member("ann")], count: 1 }]);
	const bob = stage.join("bob");
	expect(stage.news(ann)).toEqual([told({ joined: [member("bob")], count: 2 })]);
	expect(stage.news(bob)).toMatchObject([
		{ type: "welcome", members: [member("ann"), member("bob")], count: 2 },
		{ type: "caught-up" },
	]);
});

scenario("G9 an operator who follows hears all, and nobody is told that it comes or goes", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	const operator = stage.join("room:operator");
	expect(only(stage.news(operator), "welcome")).toMatchObject([{ members: [member("ann")], count: 1 }]);
	stage.say(ann, { type: "publish", id: "1", name: "chat", data: "hi" });
	expect(only(stage.news(operator), "event")).toMatchObject([{ data: "hi" }]);
	stage.leave(operator);
	stage.pass(60_000);
	expect(only(stage.news(ann), "presence")).toEqual([]);
});

scenario("G9 [N-2] one whose tab closed is gone after 10 s, and not before", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.leave(bob);
	stage.news(ann);
	stage.pass(9_999);
	expect(stage.news(ann)).toEqual([]);
	stage.pass(1);
	expect(stage.news(ann)).toEqual([told({ left: ["bob"], count: 1 })]);
});

scenario("G9 one who comes back within the grace never appears to leave", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.say(bob, { type: "presence", state: { typing: true } });
	stage.leave(bob);
	stage.news(ann);
	stage.pass(9_999);
	const again = stage.join("bob");
	stage.pass(60_000);
	expect(stage.news(ann)).toEqual([]);
	expect(only(stage.heard(again), "welcome")).toMatchObject([
		{ members: [member("ann"), member("bob", { typing: true })], count: 2 },
	]);
});

scenario("G9 a reload, whose leave and join are in one turn, is nothing that anyone hears", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(ann);
	stage.step([stage.leaving(bob), stage.joining("bob")]);
	stage.pass(30_000);
	expect(stage.news(ann)).toEqual([]);
});

scenario("a member with two sessions comes with the first and goes with the last", (stage) => {
	const ann = stage.join("ann");
	const first = stage.join("bob");
	stage.news(ann);
	const second = stage.join("bob");
	stage.leave(first);
	stage.pass(30_000);
	expect(stage.news(ann)).toEqual([]);
	stage.leave(second);
	stage.pass(10_000);
	expect(stage.news(ann)).toEqual([told({ left: ["bob"], count: 1 })]);
});

scenario("[N-5] a member that was gone and comes again joins again, without its old state", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.say(bob, { type: "presence", state: 1 });
	stage.leave(bob);
	stage.pass(10_000);
	stage.news(ann);
	stage.join("bob");
	expect(stage.news(ann)).toEqual([told({ joined: [member("bob")], count: 2 })]);
});

scenario("another name with a new session is told as a change", (stage) => {
	const ann = stage.join("ann");
	stage.join("bob");
	stage.news(ann);
	stage.join("bob", { name: "Rob" });
	expect(stage.news(ann)).toEqual([told({ changed: [{ id: "bob", name: "Rob" }], count: 2 })]);
	expect(only(stage.heard(stage.join("cid")), "welcome")[0]?.members[1]).toEqual({
		id: "bob",
		name: "Rob",
		state: null,
	});
});

scenario("a state is told to all, replaced whole, and cleared by null; the same again is nothing", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(ann);
	for (const state of [{ a: 1 }, { b: 2 }, { b: 2 }, null]) stage.say(bob, { type: "presence", state });
	expect(stage.news(ann)).toEqual(
		[{ a: 1 }, { b: 2 }, null].map((state) => told({ changed: [{ id: "bob", state }], count: 2 })),
	);
});

scenario("a turn tells all that changed in one message", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	const cid = stage.join("cid");
	stage.leave(cid);
	stage.now += 10_000;
	stage.news(ann);
	const dan = stage.joining("dan");
	stage.step([
		stage.saying(bob, { type: "presence", state: 1 }),
		dan,
		stage.saying(bob, { type: "presence", state: 2 }),
		stage.saying(dan.session, { type: "presence", state: 3 }),
	]);
	expect(stage.news(ann)).toEqual([
		told({ joined: [member("dan", 3)], left: ["cid"], changed: [{ id: "bob", state: 2 }], count: 3 }),
	]);
});

scenario("G9 after a crash all are in grace: who returns never left, who does not is gone after it", (stage) => {
	stage.join("ann");
	stage.join("bob");
	stage.join("cid");
	stage.crash();
	stage.pass(5_000);
	const ann = stage.join("ann");
	expect(only(stage.news(ann), "welcome")).toMatchObject([{ count: 3 }]);
	stage.pass(4_000);
	stage.join("bob");
	expect(stage.news(ann)).toEqual([]);
	stage.pass(1_000);
	expect(stage.news(ann)).toEqual([told({ left: ["cid"], count: 2 })]);
});

scenario("G9 after a second crash all are in grace anew, also those whom the first one had dropped", (stage) => {
	for (const name of ["ann", "bob", "cid"]) stage.join(name);
	stage.crash();
	stage.pass(6_000);
	stage.join("ann");
	stage.crash();
	const ann = stage.join("ann");
	stage.news(ann);
	stage.pass(9_000);
	stage.join("bob");
	expect(stage.news(ann)).toEqual([]);
	stage.pass(1_000);
	expect(stage.news(ann)).toEqual([told({ left: ["cid"], count: 2 })]);
});

scenario("G9 two who left at different times each have their own grace", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	const cid = stage.join("cid");
	stage.leave(bob);
	stage.pass(4_000);
	stage.leave(cid);
	stage.news(ann);
	stage.pass(6_000);
	expect(stage.news(ann)).toEqual([told({ left: ["bob"], count: 2 })]);
	stage.pass(4_000);
	expect(stage.news(ann)).toEqual([told({ left: ["cid"], count: 1 })]);
});

scenario("G8 a state over 2 KiB is refused, and the one before stays", (stage) => {
	const ann = stage.join("ann");
	stage.say(ann, { type: "presence", state: "x".repeat(2046) });
	stage.news(ann);
	stage.say(ann, [
		{ type: "presence", state: "x".repeat(2047) },
		{ type: "presence", state: "€".repeat(700) },
	]);
	expect(stage.news(ann)).toMatchObject([
		{ type: "error", code: "too_large" },
		{ type: "error", code: "too_large" },
	]);
	expect(only(stage.heard(stage.join("bob")), "welcome")[0]?.members[0]?.state).toBe("x".repeat(2046));
});

scenario("G10 who lacks the capability has no state", (stage) => {
	const ann = stage.join("ann", { can: ["read"] });
	stage.news(ann);
	stage.say(ann, { type: "presence", state: 1 });
	expect(stage.news(ann)).toMatchObject([{ type: "error", code: "forbidden" }]);
});

awakeScenario("G8 a member changes its state 10 times a second and 20 at once", (stage) => {
	const ann = stage.join("ann");
	for (const n of range(21)) stage.say(ann, { type: "presence", state: n });
	expect(only(stage.heard(ann), "presence")).toHaveLength(20);
	expect(only(stage.heard(ann), "error")).toMatchObject([{ code: "rate_limited", retryAfterMs: 100 }]);
});
