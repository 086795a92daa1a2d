/** The rules of comings and goings: each is told once, and stands whatever they say. */
import { describe, expect, test } from "vitest";
import type { MemberRule, RuleRoom } from "../../src/protocol/decision.ts";
import { GRACE_MS } from "../../src/protocol/limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { operate } from "./moderator.ts";
import { ruled } from "./ruled.ts";
import { events, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { wipe } from "./work.ts";

const say =
	(what: string): MemberRule =>
	({ id, name }, room: RuleRoom) => {
		room.publish("told", `${what} ${id} ${name} of ${room.members.map((each) => each.id).join()}`);
		room.set(`score/${id}`, what);
	};
const RULES = ruled({}, { members: { joined: say("joined"), left: say("left") } });
const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, {}, RULES);
const moves = (stage: Stage, session: string): string[] =>
	events(stage.heard(session))
		.filter(({ name }) => name === "told")
		.map(({ data }) => String(data).split(" ").slice(0, 2).join(" "));

describe("comings and goings", () => {
	play("G9 are told once a member, in their turn: not once a session, and not within the grace", (stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		const again = stage.join("bob");
		expect(events(stage.heard(ann)).map(({ data, from, of }) => [data, from, of])).toEqual([
			["joined ann ANN of ann", "room:events", undefined],
			["joined bob BOB of ann,bob", "room:events", undefined],
		]);
		stage.leave(bob);
		stage.leave(again);
		stage.pass(GRACE_MS - 1_000);
		const back = stage.join("bob");
		stage.pass(60_000);
		expect(moves(stage, ann)).toEqual(["joined ann", "joined bob"]);
		stage.leave(back);
		stage.pass(GRACE_MS);
		expect(moves(stage, ann)).toEqual(["joined ann", "joined bob", "left bob"]);
		expect(events(stage.heard(ann)).at(-1)).toMatchObject({ data: "left bob BOB of ann" });
	});

	play("a coming is told before what its member says in the same turn, and a presence before both", (stage) => {
		const ann = stage.join("ann");
		stage.news(ann);
		const joining = stage.joining("bob");
		stage.step([joining, stage.saying(joining.session, { type: "publish", id: "p1", name: "chat", data: 1 })]);
		expect(stage.news(ann).map(({ type }) => type)).toEqual(["presence", "event", "event", "state"]);
		expect(events(stage.heard(ann)).map(({ name }) => name)).toEqual(["told", "told", "chat"]);
	});

	play("one who is removed has left, and has joined when it is back", (stage) => {
		const ann = stage.join("ann");
		stage.join("bob");
		operate(stage, { action: "remove", member: "bob" });
		stage.join("bob");
		expect(moves(stage, ann)).toEqual(["joined ann", "joined bob", "left bob", "joined bob"]);
	});

	test("G7 are told once though the room crashes at each step", () => {
		const stage = new Stage({}, false, new MemoryStore(), RULES);
		stage.join("ann");
		stage.crash();
		let ann = stage.join("ann");
		stage.join("bob");
		stage.crash();
		ann = stage.join("ann");
		stage.pass(GRACE_MS - 1);
		stage.crash();
		ann = stage.join("ann", { history: 100 });
		stage.pass(3 * GRACE_MS);
		stage.crash();
		ann = stage.join("ann", { history: 100 });
		stage.pass(3 * GRACE_MS);
		expect(moves(stage, ann)).toEqual(["joined ann", "joined bob", "left bob"]);
	});

	play("a wipe tells no going, and whoever comes back joins a new history", (stage) => {
		stage.join("ann");
		wipe(stage);
		const ann = stage.join("ann");
		stage.pass(60_000);
		expect(moves(stage, ann)).toEqual(["joined ann"]);
	});

	test("what throws or refuses there is undone and reported, and the coming or going stands", () => {
		const rules = ruled(
			{},
			{
				members: {
					joined: ({ id }, room) => {
						room.set("score/a", id);
						throw new Error("planted");
					},
					left: ({ id }, room) => {
						room.publish("told", id);
						room.refuse("stay", "Stay.");
					},
				},
			},
		);
		const stage = new Stage({}, false, new MemoryStore(), rules);
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.leave(bob);
		stage.pass(GRACE_MS);
		expect([stage.room.count, stage.room.version, events(stage.heard(ann))]).toEqual([1, 0, []]);
		expect(stage.heard(ann).filter(({ type }) => type === "presence")).toHaveLength(2);
		expect(stage.reports.map(({ mishap }) => mishap)).toEqual(["undone", "undone", "undone"]);
	});
});

test("rules see everyone who is here, and what they show", () => {
	const rules = ruled({
		look: (_, room) =>
			room.publish(
				"seen",
				room.members.map(({ id, name, state }) => [id, name, state]),
			),
	});
	const stage = new Stage({}, true, new MemoryStore(), rules);
	const ann = stage.join("ann");
	stage.join("bob");
	stage.say(ann, { type: "presence", state: { ready: true } });
	stage.publish(ann, "m1", null, { name: "look" });
	expect(events(stage.heard(ann)).at(-1)?.data).toEqual([
		["ann", "ANN", { ready: true }],
		["bob", "BOB", null],
	]);
});
