/** The directory's count: a change of who is here is told a little later, and costs no sleep (G7). */
import { expect, test } from "vitest";
import { DIRECTORY_LAG_MS } from "../../src/protocol/job-limits.ts";
import { houseRules, range } from "./house-rules.ts";
import { scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { done, expectRest, lastJob, rangeOf, settle } from "./work.ts";

const DIRECTORY = range("archive", { keepsCopy: true, listsRooms: true });

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

/** What the directory knows: the count of the last range that was done. */
function follow(stage: Stage): () => number | null {
	let known: number | null = null;
	return () => {
		for (;;) {
			const view = stage.jobs(null, 1)[0];
			if (view?.from === undefined) return known;
			known = rangeOf(stage, view.job).count;
			stage.step([done(stage, view.job)]);
		}
	};
}

function passMinutes(stage: Stage, known: () => unknown): void {
	for (let minute = 0; minute < 10; minute++) {
		stage.pass(60_000);
		known();
	}
}

test.each([false, true])(
	"two who leave within the lag, and one who comes while the directory is told, are known of in time (sleeps: %s)",
	(sleeps) => {
		const stage = new Stage({}, sleeps, undefined, houseRules([DIRECTORY]));
		const known = follow(stage);
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1");
		// The range is on its way while they leave, a few seconds apart, and it is only then asked what it is about.
		stage.leave(ann);
		stage.pass(3_000);
		stage.leave(bob);
		known();
		passMinutes(stage, known);
		expect(known()).toBe(0);
		const cat = stage.join("cat");
		stage.publish(cat, "p2");
		stage.leave(cat);
		stage.pass(60_000);
		known();
		passMinutes(stage, known);
		expect(known()).toBe(0);
		expectRest(stage, 3_600_000, 20);
	},
);

test("a range tells the count that the room notes as told, whoever comes or goes before it is asked", () => {
	const stage = new Stage({}, false, undefined, houseRules([DIRECTORY]));
	const ann = stage.join("ann");
	stage.publish(ann, "p1");
	const job = lastJob(stage);
	stage.join("bob");
	expect(rangeOf(stage, job).count).toBe(1);
	settle(stage, job);
	stage.pass(DIRECTORY_LAG_MS);
	expect(rangeOf(stage, lastJob(stage)).count).toBe(2);
});
