/**
 * G8: hostile input "costs the others nothing", and every bound holds before work is done. What an input costs is what
 * is bounded: a short run of a few of `npm run cost`'s attackers. What is counted (the process lives, its heap and
 * memory, the rows) is held to the harness's own bounds, time to wider ones. It runs alone, after all other tests:
 * an attacker takes every core that it gets.
 */
import { describe, expect, test } from "vitest";
import { measure } from "../long/cost/measure.ts";
import { BOUNDS, excesses, type Measured, SHARED_MACHINE } from "../long/cost/rule.ts";
import { ATTACKERS } from "../long/cost/table.ts";

const SECONDS = 1.5;
const HEAP_MIB = 128;
const MIB = 1024 * 1024;

/** The dearest of each sort that need little preparation. */
const CHOSEN: readonly string[] = [
	"job repeated",
	"publish repeated",
	"links fill the room",
	"frames of objects, a burst",
	"history of 300 members",
];

test.each(CHOSEN)("G8 %s costs the room no more than it may", async (name) => {
	const attacker = ATTACKERS.find((each) => each.name === name);
	if (attacker === undefined) throw new Error(`There is no attacker ${name}.`);
	expect(excesses(await measure(attacker, { seconds: SECONDS, heapMiB: HEAP_MIB }), SHARED_MACHINE)).toEqual([]);
});

test("each attacker has a name of its own", () => {
	expect(new Set(ATTACKERS.map(({ name }) => name)).size).toBe(ATTACKERS.length);
});

describe("the rule", () => {
	const cost = { longestTurnMs: 50, longest: "turn", rowsRead: 1_200_000, rowsWritten: 120_000 };
	const within: Measured = {
		hasDied: false,
		seconds: 10,
		bytesIn: 0,
		bytesOut: 0,
		calmHeapBytes: 2 * MIB,
		heapBytes: 50 * MIB,
		calmMemoryBytes: 70 * MIB,
		memoryBytes: 190 * MIB,
		p50Ms: 1,
		p99Ms: 100,
		cost,
		members: 21,
		harm: [],
	};

	test("lets pass what is just within each bound", () => {
		expect(excesses(within, BOUNDS)).toEqual([]);
		expect(excesses({ ...within, members: 200, memoryBytes: 320 * MIB }, BOUNDS)).toEqual([]);
	});

	test.each<[string, Partial<Measured>]>([
		["a process that died", { hasDied: true, heapBytes: null }],
		["a heap that nobody could weigh", { heapBytes: null }],
		["a heap that grew", { heapBytes: 51 * MIB }],
		["a process that grew", { memoryBytes: 191 * MIB }],
		["a process that grew beside many", { members: 200, memoryBytes: 321 * MIB }],
		["a long turn", { cost: { ...cost, longestTurnMs: 51 } }],
		["a victim that waits", { p99Ms: 101 }],
		["rows read", { cost: { ...cost, rowsRead: 1_200_001 } }],
		["rows written", { cost: { ...cost, rowsWritten: 120_001 } }],
		["what an attacker saw", { harm: ["Another was refused."] }],
	])("says one thing of %s", (_, than) => {
		expect(excesses({ ...within, ...than }, BOUNDS)).toHaveLength(1);
	});
});
