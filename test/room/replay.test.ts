/** Replays that take several turns, while the room goes on. */

import { expect } from "vitest";
import { PAGE_BYTES_MAX, TRIM_ROWS_MAX } from "../../src/protocol/limits.ts";
import { only, range, scenario, seqs } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const UNLIMITED = { publishPerSecond: 0, signalPerSecond: 0 };
const publish = (id: string, data: unknown = id) => ({ type: "publish", id, name: "chat", data });

function fill(stage: Stage, count: number): string {
	const ann = stage.join("ann");
	for (let n = 0; n < count; n += 100)
		stage.say(
			ann,
			range(100, n + 1).map((each) => publish(`p${each}`)),
		);
	return ann;
}

scenario(
	"G2 G4 [R-6] a replay of several turns has no gap and no repeat, though events come meanwhile, and ends in one caught-up",
	(stage) => {
		const ann = fill(stage, 3500);
		const bob = stage.joining("bob", { since: "epoch1.0" });
		stage.turn([bob]);
		let turns = 1;
		for (; stage.hasMore && turns < 50; turns++) {
			stage.turn([stage.saying(ann, [publish(`live${turns}`), { type: "signal", name: "cursor", data: turns }])]);
		}
		expect(turns).toBeGreaterThan(3);
		stage.publish(ann, "after");
		expect(seqs(stage.heard(bob.session))).toEqual(range(3500 + turns));
		expect(seqs(stage.heard(ann))).toEqual(range(3500 + turns));
		expect(only(stage.heard(bob.session), "caught-up")).toHaveLength(1);
		expect(only(stage.heard(bob.session), "welcome")).toMatchObject([{ continuity: "resumed", head: 3500 }]);
	},
	UNLIMITED,
);

scenario(
	"G7 a room that sleeps between two pages goes on where it was",
	(stage) => {
		const ann = fill(stage, 2500);
		const bob = stage.joining("bob", { since: "epoch1.100" });
		stage.turn([bob]);
		expect(seqs(stage.heard(bob.session)).length).toBeLessThan(2400);
		stage.sleep();
		expect(stage.hasMore).toBe(true);
		stage.rest();
		stage.publish(ann, "after");
		expect(seqs(stage.heard(bob.session))).toEqual(range(2401, 101));
		expect(only(stage.heard(bob.session), "caught-up")).toHaveLength(1);
	},
	UNLIMITED,
);

scenario(
	"[R-6] one who missed who came and went while it was replayed to gets the whole roster before its caught-up",
	(stage) => {
		const ann = fill(stage, 2500);
		const cid = stage.join("cid");
		const bob = stage.joining("bob", { since: "epoch1.0" });
		stage.turn([bob]);
		const dan = stage.joining("dan");
		stage.turn([stage.leaving(cid), dan, stage.saying(ann, { type: "presence", state: 1 })]);
		stage.now += 10_000;
		stage.rest();
		const presences = only(stage.heard(bob.session), "presence");
		expect(presences).toMatchObject([{ full: true, count: 3, left: [], changed: [] }]);
		expect(presences[0]?.joined.map(({ id, state }) => [id, state])).toEqual([
			["ann", 1],
			["bob", null],
			["dan", null],
		]);
		expect(
			stage
				.heard(bob.session)
				.slice(-2)
				.map(({ type }) => type),
		).toEqual(["presence", "caught-up"]);
	},
	UNLIMITED,
);

scenario(
	"G6 a page holds at most 128 KiB of events, and at least one",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(20)) stage.publish(ann, `p${n}`, "x".repeat(50_000));
		const bob = stage.join("bob", { since: "epoch1.0" });
		expect(seqs(stage.heard(bob))).toEqual(range(20));
		for (const frame of stage.frames(bob)) expect(frame.length).toBeLessThan(PAGE_BYTES_MAX + 10_000);
	},
	{ ...UNLIMITED, eventBytesMax: 61_440 },
);

scenario(
	"G4 [R-7] events trimmed before a slow replay reached them: it is reset and told why, never given a gap",
	(stage) => {
		const ann = fill(stage, 3000);
		stage.pass(30_000);
		stage.say(ann, publish("young"));
		stage.now += 31_000;
		const bob = stage.joining("bob", { since: "epoch1.0" });
		stage.turn([bob]);
		expect(seqs(stage.heard(bob.session)).at(-1)).toBeLessThan(2000);
		stage.turn([stage.ringing()]);
		// A piece of what is over the bound: the rest goes with later alarms.
		const { floor } = stage.room.meta;
		expect(floor).toBe(TRIM_ROWS_MAX + 1);
		stage.rest();
		const welcomes = only(stage.heard(bob.session), "welcome");
		expect(welcomes.at(-1)).toMatchObject({ continuity: "reset", reason: "trimmed", floor, head: 3001 });
		expect(stage.heard(bob.session).at(-1)).toEqual({ type: "caught-up", head: 3001 });
	},
	{ ...UNLIMITED, historyEventsMax: 100 },
);
