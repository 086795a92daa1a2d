/** G6 G8 what one who is behind has missed by little is at hand: it is told from memory, as it is told from the store. */
import { expect, test, vi } from "vitest";
import { RECENT_UNITS_MAX } from "../../src/protocol/limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { act, moderator } from "./moderator.ts";
import { range, seqs } from "./scenario.ts";
import { say, UNLIMITED } from "./slow-members.ts";
import { Stage } from "./stage.ts";

/** How often events were read while the last who was behind caught up. */
function stageOf(): { stage: Stage; reads: () => number } {
	const store = new MemoryStore();
	const after = vi.spyOn(store, "after");
	return { stage: new Stage(UNLIMITED, false, store), reads: () => after.mock.calls.length };
}

test("who was paused for a while is told all of it, and no event is read for that", () => {
	const { stage, reads } = stageOf();
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	stage.flow({ full: [bob] });
	for (let first = 1; first <= 40; first += 10) say(stage, ann, 10, first);
	const before = reads();
	stage.flow({ drained: [bob] });
	expect(seqs(stage.heard(bob))).toEqual(range(40));
	expect(reads()).toBe(before);
});

test("what was taken back meanwhile is told as it is now", () => {
	const { stage } = stageOf();
	const [ann, bob] = [moderator(stage), stage.join("bob")];
	stage.flow({ full: [bob] });
	stage.publish(ann, "a", "secret");
	act(stage, ann, { action: "redact", seq: 1 });
	stage.flow({ drained: [bob] });
	expect(seqs(stage.heard(bob))).toEqual([1, 2]);
	expect(JSON.stringify(stage.heard(bob))).not.toContain("secret");
});

test("more than is held comes from the store, and nothing is missing between the two", () => {
	const { stage } = stageOf();
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	stage.flow({ full: [bob] });
	const large = "x".repeat(30_000);
	const count = Math.ceil((1.5 * RECENT_UNITS_MAX) / large.length);
	for (let n = 1; n <= count; n++) stage.publish(ann, `l${n}`, large);
	stage.flow({ drained: [bob] });
	for (let turns = 0; turns < 200 && seqs(stage.heard(bob)).length < count; turns++) stage.step([]);
	expect(seqs(stage.heard(bob))).toEqual(range(count));
});
