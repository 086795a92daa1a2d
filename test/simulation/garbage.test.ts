/** What a turn leaves behind: nothing that the quick collections of the engine, which look at young objects alone, cannot free. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { range } from "../room/scenario.ts";
import { Stage } from "../room/stage.ts";

const MIB = 1024 * 1024;
/** Of the engine under the tests: everything, or what is young. */
type Collect = (what?: { type: "minor" }) => void;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as Collect;

/** What is in use after the quick collections alone, above what still is after a full one, in bytes. */
function leftByQuick(work: (collectQuick: () => void) => void): number {
	collect();
	work(() => collect({ type: "minor" }));
	for (const _ of range(3)) collect({ type: "minor" });
	const { heapUsed } = process.memoryUsage();
	collect();
	return heapUsed - process.memoryUsage().heapUsed;
}

test("G6 what a turn has read to replay is free when the turn is over, without a full collection", () => {
	const stage = new Stage({ publishPerSecond: 0 });
	const ann = stage.join("ann");
	for (const n of range(200)) stage.publish(ann, `p${n}`, "x".repeat(10_000));
	const { after } = stage.store;
	// As SQLite does: a new text each time that it is read.
	stage.store.after = (...from) =>
		after
			.apply(stage.store, from)
			.map((event) => ({ ...event, body: JSON.parse(JSON.stringify(event.body)) as string }));
	let read = 0;
	const left = leftByQuick((collectQuick) => {
		for (const n of range(10)) {
			stage.turn([stage.joining(`m${n}`, { since: "epoch1.0" })]);
			for (; stage.hasMore; read++) {
				stage.turn([]);
				collectQuick();
			}
		}
	});
	expect(read).toBeGreaterThan(100);
	expect(left).toBeLessThan(4 * MIB);
});
