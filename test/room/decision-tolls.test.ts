/** G8 what an app's rules take counts for whoever has them decide: also where they refuse, and nobody else waits for it. */
import { expect, test } from "vitest";
import type { Decide } from "../../src/protocol/decision.ts";
import {
	DECISION_READS_MAX,
	MEMBER_DECISIONS_BURST_SECONDS,
	MEMBER_DECISIONS_EFFORT_PER_SECOND,
	ROOM_DECISIONS_EFFORT_PER_SECOND,
} from "../../src/protocol/rules-limits.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { ruled } from "./ruled.ts";
import { events, only } from "./scenario.ts";
import { Stage } from "./stage.ts";

/** Of which a member's bucket of decisions holds twenty. */
const LARGE = "x".repeat((MEMBER_DECISIONS_EFFORT_PER_SECOND * MEMBER_DECISIONS_BURST_SECONDS) / 20);

/** Reads what there is, and says no to everyone but Ada. */
const ponder: Decide = ({ from }, room) => {
	room.get("score/large");
	if (from !== "ada") room.refuse("no", "Not you.");
};
/** Reads many that are not there. */
const look: Decide = (_, room) => {
	for (let n = 0; n < DECISION_READS_MAX; n++) room.get(`score/${n}`);
};
const move: Decide = (_, room) => room.set("score/moves", Number(room.get("score/moves") ?? 0) + 1);

function stageOf(settings: Partial<Settings> = {}): Stage {
	const rules = ruled({ fill: (_, room) => room.set("score/large", LARGE), ponder, look, move });
	const stage = new Stage({ eventBytesMax: 262_144, ...settings }, false, new MemoryStore(), rules);
	stage.publish(stage.join("operator"), "f", null, { name: "fill" });
	return stage;
}

const late = (stage: Stage, session: string): number[] =>
	only(stage.heard(session), "error").flatMap(({ code, retryAfterMs = 0 }) =>
		code === "rate_limited" ? [retryAfterMs] : [],
	);

test.each(["ada", "bob"])(
	"%s has them read much: beyond a share it waits, is told how long, and then goes on",
	(who) => {
		const stage = stageOf();
		const [one, eve] = [stage.join(who), stage.join("eve")];
		for (let n = 0; n < 40; n++) stage.publish(one, `p${n}`, null, { name: "ponder" });
		const waits = late(stage, one);
		expect(waits.length).toBeGreaterThan(15);
		expect(waits.length).toBeLessThan(25);
		// Nobody else waits for that.
		stage.publish(eve, "m", null, { name: "move" });
		expect(late(stage, eve)).toEqual([]);
		expect(events(stage.heard(eve)).at(-1)?.name).toBe("move");
		stage.pass(waits[0] ?? 0);
		stage.publish(one, "again", null, { name: "ponder" });
		expect(late(stage, one)).toHaveLength(waits.length);
	},
);

test("what reads an entry and sets it is never late within the rate of publishes", () => {
	const stage = stageOf();
	const ada = stage.join("ada");
	for (let second = 0; second < 5; second++) {
		for (let n = 0; n < 50; n++) stage.publish(ada, `m${second}-${n}`, n, { name: "move" });
		stage.pass(1_000);
	}
	expect(only(stage.heard(ada), "error")).toEqual([]);
});

test("all together have rules take a third of the room's time, and no more", () => {
	const stage = stageOf();
	const all = Array.from({ length: 20 }, (_, n) => stage.join(`member-${n}`));
	const SECONDS = 4;
	for (let second = 0; second < SECONDS; second++) {
		for (let n = 0; n < 20; n++) for (const one of all) stage.publish(one, `l${second}-${n}`, null, { name: "look" });
		stage.pass(1_000);
	}
	const decided = stage.room.meta.head - 1;
	const most = (ROOM_DECISIONS_EFFORT_PER_SECOND * (SECONDS + 1)) / (DECISION_READS_MAX * 500);
	expect(decided).toBeLessThan(most);
	expect(decided).toBeGreaterThan(most / 8);
});

test("where a deployer lifts the rate of publishes, that of decisions is lifted with it", () => {
	const stage = stageOf({ publishPerSecond: 0 });
	const ada = stage.join("ada");
	for (let n = 0; n < 100; n++) stage.publish(ada, `p${n}`, null, { name: "ponder" });
	expect(only(stage.heard(ada), "error")).toEqual([]);
});
