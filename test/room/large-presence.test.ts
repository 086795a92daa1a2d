/** Presence beyond what one message names: the sample of 200, the exact count, and parts of 128 KiB. */
import { expect } from "vitest";
import { PAGE_BYTES_MAX } from "../../src/protocol/limits.ts";
import type { Member } from "../../src/protocol/messages.ts";
import { only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const ids = (members: readonly Member[] | undefined) => members?.map(({ id }) => id);

function fill(stage: Stage, count: number, from = 1): string[] {
	const joins = range(count, from).map((n) => stage.joining(`m${n}`));
	stage.step(joins);
	return joins.map(({ session }) => session);
}

scenario("above 200 the welcome names the first 200 and counts all", (stage) => {
	fill(stage, 204);
	const [welcome] = only(stage.heard(stage.join("late")), "welcome");
	expect(ids(welcome?.members)).toEqual(range(200).map((n) => `m${n}`));
	expect(welcome?.count).toBe(205);
});

scenario("above 200 a join, a change and a leave of one who is not named tell the count alone, or nothing", (stage) => {
	const [first = ""] = fill(stage, 200);
	stage.news(first);
	const late = stage.join("late");
	expect(stage.news(first)).toEqual([{ type: "presence", joined: [], left: [], changed: [], count: 201 }]);
	stage.say(late, { type: "presence", state: 1 });
	expect(stage.news(first)).toEqual([]);
	stage.leave(late);
	stage.pass(10_000);
	expect(stage.news(first)).toEqual([{ type: "presence", joined: [], left: [], changed: [], count: 200 }]);
});

scenario("when one who is named goes, the next in line is named in its place", (stage) => {
	const sessions = fill(stage, 202);
	stage.say("s201", { type: "presence", state: "waiting" });
	stage.news("s1");
	stage.leave(sessions[9] ?? "");
	stage.pass(10_000);
	expect(stage.news("s1")).toEqual([
		{
			type: "presence",
			joined: [{ id: "m201", name: "M201", state: "waiting" }],
			left: ["m10"],
			changed: [],
			count: 201,
		},
	]);
	stage.say("s201", { type: "presence", state: "named" });
	expect(stage.news("s1")).toMatchObject([{ changed: [{ id: "m201", state: "named" }] }]);
	const [welcome] = only(stage.heard(stage.join("late")), "welcome");
	expect(ids(welcome?.members)).toEqual(
		range(201)
			.filter((n) => n !== 10)
			.map((n) => `m${n}`),
	);
});

scenario("what takes over 128 KiB is told in parts, of which the last bears the count", (stage) => {
	const sessions = fill(stage, 200);
	stage.news("s1");
	const state = "x".repeat(2000);
	stage.step(sessions.map((session) => stage.saying(session, { type: "presence", state: session + state })));
	const parts = only(stage.news("s1"), "presence");
	expect(parts.length).toBeGreaterThan(3);
	expect(parts.map((part) => part.count)).toEqual([...range(parts.length - 1).map(() => undefined), 200]);
	expect(parts.flatMap((part) => part.changed)).toEqual(
		sessions.map((session, n) => ({ id: `m${n + 1}`, state: session + state })),
	);
	for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(PAGE_BYTES_MAX + 200);
	// The welcome has one part: it names as many as fit, and counts all.
	const [welcome] = only(stage.heard(stage.join("late")), "welcome");
	expect(JSON.stringify(welcome?.members).length).toBeLessThanOrEqual(PAGE_BYTES_MAX);
	expect(welcome?.members.length).toBeGreaterThan(50);
	expect(welcome?.count).toBe(201);
});
