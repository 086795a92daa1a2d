/** Presence beyond what one message names: the sample of 200, the exact count, and parts of 128 KiB. */
import { expect } from "vitest";
import { MEMBERS_BYTES_MAX, PAGE_BYTES_MAX } from "../../src/protocol/limits.ts";
import type { Member } from "../../src/protocol/messages.ts";
import { only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const ids = (members: readonly Member[] | undefined) => members?.map(({ id }) => id);

function fill(stage: Stage, count: number, from = 1): string[] {
	const joins = range(count, from).map((n) => stage.joining(`m${n}`));
	stage.step(joins);
	return joins.map(({ session }) => session);
}

scenario("[N-1] above 200 the welcome names the first 200 and counts all", (stage) => {
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

scenario("[N-3] what takes over 128 KiB is told in parts, of which the last bears the count", (stage) => {
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
	expect(JSON.stringify(welcome?.members).length).toBeLessThanOrEqual(MEMBERS_BYTES_MAX);
	expect(welcome?.members.length).toBeGreaterThan(10);
	expect(welcome?.count).toBe(201);
});

/** What those who are here are sent in a step: how many frames in all, and the largest one's length. */
function sentIn(stage: Stage, step: () => void): { frames: number; most: number } {
	const before = stage.sessions.map((session) => [session, stage.frames(session).length] as const);
	step();
	const sizes = before.flatMap(([session, count]) => stage.frames(session).slice(count)).map(({ length }) => length);
	return { frames: sizes.length, most: Math.max(0, ...sizes) };
}

scenario(
	"what a join and a leave cost does not grow with the room: a frame to each, as small for 2,000 as for 300",
	(stage) => {
		const costs = [300, 2000].map((count) => {
			const here = stage.room.count;
			fill(stage, count - here, here + 1);
			let joiner = "";
			const join = sentIn(stage, () => {
				joiner = stage.join(`late${count}`);
			});
			const [welcome = ""] = stage.frames(joiner);
			const leave = sentIn(stage, () => {
				stage.leave(joiner);
				stage.pass(10_000);
			});
			expect(join.frames).toBe(count);
			expect(leave.frames).toBe(count);
			// The count has as many digits more.
			return { join: join.most, leave: leave.most, welcome: welcome.length - String(count).length };
		});
		const [small, large] = costs as [(typeof costs)[number], (typeof costs)[number]];
		expect(small.join).toBeLessThan(100);
		expect([large.join - small.join, large.leave - small.leave]).toEqual([1, 1]);
		expect(Math.abs(large.welcome - small.welcome)).toBeLessThan(20);
	},
);

scenario("hundreds who come, and go, in one turn are told in one frame to each, which names 200 at most", (stage) => {
	const watcher = stage.join("watcher");
	fill(stage, 499);
	const coming = sentIn(stage, () => fill(stage, 500, 500));
	expect(coming.frames).toBe(500);
	expect(only(stage.news(watcher), "presence").at(-1)).toEqual({
		type: "presence",
		joined: [],
		left: [],
		changed: [],
		count: 1000,
	});
	// All who were named, but the watcher: as many of those in line are named instead.
	stage.step(range(499).map((n) => stage.leaving(`s${n + 1}`)));
	const going = sentIn(stage, () => stage.pass(10_000));
	expect(going.frames).toBe(501);
	const [told, ...more] = only(stage.news(watcher), "presence");
	expect(more).toEqual([]);
	expect(told?.count).toBe(501);
	expect(told?.left).toHaveLength(199);
	expect(ids(told?.joined)).toEqual(range(199, 500).map((n) => `m${n}`));
});

scenario("a join, a change and a leave write a row each, however many are here", (stage) => {
	fill(stage, 500);
	const written: number[] = [];
	const { store } = stage;
	const save = store.saveRoster.bind(store);
	const drop = store.dropRoster.bind(store);
	store.saveRoster = (rows) => {
		written.push(rows.length);
		save(rows);
	};
	store.dropRoster = (members) => {
		written.push(members.length);
		drop(members);
	};
	const late = stage.join("late");
	stage.say(late, { type: "presence", state: 1 });
	stage.leave(late);
	stage.pass(10_000);
	expect(written).toEqual([1, 1, 1, 1]);
});

scenario("one who was paused in a large room gets the sample and the count, not everyone", (stage) => {
	const [bob = ""] = fill(stage, 1);
	stage.flow({ full: [bob] });
	fill(stage, 499, 2);
	stage.news(bob);
	stage.flow({ drained: [bob] });
	const [presence] = only(stage.news(bob), "presence");
	expect(presence).toMatchObject({ full: true, count: 500, left: [], changed: [] });
	expect(ids(presence?.joined)).toEqual(range(200).map((n) => `m${n}`));
});
