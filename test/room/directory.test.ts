/** The directory's count: a change of who is here is told a little later, and costs no sleep (G7). */
import { expect, test } from "vitest";
import { DIRECTORY_LAG_MS } from "../../src/protocol/limits.ts";
import { houseRules, range } from "./house-rules.ts";
import { scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { expectRest, lastJob, rangeOf, settle } from "./work.ts";

const DIRECTORY = range("archive", { counts: true });

scenario(
	"a change of who is here is told a little later, without an event",
	(stage) => {
		stage.join("ann");
		stage.join("bob");
		stage.pass(DIRECTORY_LAG_MS);
		expect(rangeOf(stage, lastJob(stage))).toMatchObject({ count: 2, seqs: [] });
		settle(stage, lastJob(stage));
		expectRest(stage, 60_000, 20);
	},
	{},
	houseRules([DIRECTORY]),
);

test("G7 when everyone has gone, the directory hears of it, though the room sleeps between its alarms", () => {
	for (const sleeps of [false, true]) {
		const stage = new Stage({}, sleeps, undefined, houseRules([DIRECTORY]));
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		settle(stage, lastJob(stage));
		stage.leave(ann);
		const before = stage.queue.letters.length;
		stage.pass(25_000);
		expect(stage.queue.letters.length, `sleeps: ${sleeps}`).toBe(before + 1);
		expect(rangeOf(stage, lastJob(stage)).count).toBe(0);
		settle(stage, lastJob(stage));
		expectRest(stage, 3_600_000, 20);
	}
});

test("G7 one who leaves and is back before it is told makes no alarm spin", () => {
	const stage = new Stage({}, false, undefined, houseRules([DIRECTORY]));
	stage.join("ann");
	const bob = stage.join("bob");
	stage.pass(DIRECTORY_LAG_MS);
	settle(stage, lastJob(stage));
	stage.leave(bob);
	stage.pass(10_500);
	stage.join("bob");
	expectRest(stage, 60_000, 20);
});
