/** How long things are kept: events by count, age and bytes; keys for a day, whatever becomes of their events. */
import { expect } from "vitest";
import { TRIM_BYTES_MAX, TRIM_ROWS_MAX } from "../../src/protocol/limits.ts";
import { awakeScenario, only, range, scenario, seqs } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function fill(stage: Stage, count: number, data: unknown = 1, from = 1): void {
	for (const n of range(count, from)) stage.post("ann", { id: `p${n}`, name: "chat", data });
}

const kept = (stage: Stage): [number, number] => [stage.room.meta.floor, stage.room.meta.head];

scenario(
	"the count trims the oldest, and never an event younger than 60 s",
	(stage) => {
		fill(stage, 20);
		stage.pass(MINUTE - 1);
		expect(kept(stage)).toEqual([1, 20]);
		fill(stage, 10, 1, 21);
		stage.pass(MINUTE + 1);
		// All over the count are a minute old by now, or will be at the next look.
		stage.pass(MINUTE);
		expect(kept(stage)).toEqual([26, 30]);
		expect(stage.store.after(0, 100).map(({ seq }) => seq)).toEqual(range(5, 26));
	},
	{ historyEventsMax: 5 },
);

scenario(
	"a burst over the count stays whole until it is 60 s old",
	(stage) => {
		fill(stage, 5);
		stage.pass(10 * MINUTE);
		fill(stage, 20, 1, 6);
		stage.ring();
		expect(kept(stage)).toEqual([6, 25]);
		stage.pass(2 * MINUTE);
		expect(kept(stage)).toEqual([21, 25]);
	},
	{ historyEventsMax: 5 },
);

scenario(
	"age trims each event when its days are over",
	(stage) => {
		fill(stage, 3);
		stage.pass(12 * HOUR);
		fill(stage, 3, 1, 4);
		stage.pass(12 * HOUR - 1);
		expect(kept(stage)).toEqual([1, 6]);
		stage.pass(1);
		expect(kept(stage)).toEqual([4, 6]);
		stage.pass(12 * HOUR);
		expect(kept(stage)).toEqual([7, 6]);
	},
	{ historyAgeMsMax: DAY },
);

scenario(
	"bytes trim the oldest, and what is counted is what is kept",
	(stage) => {
		fill(stage, 10, "x".repeat(1000));
		const each = stage.store.after(9, 1)[0]?.bytes ?? 0;
		stage.pass(2 * MINUTE);
		expect(stage.room.meta.bytes).toBeLessThanOrEqual(5000);
		expect(stage.room.meta.bytes + each).toBeGreaterThan(5000);
		const sum = stage.store.after(0, 100).reduce((bytes, event) => bytes + event.bytes, 0);
		expect(stage.room.meta.bytes).toBe(sum);
	},
	{ historyBytesMax: 5000 },
);

scenario(
	"G8 large events go by their bytes, so many an alarm, and all of them go",
	(stage) => {
		for (const n of range(20)) {
			fill(stage, 8, "x".repeat(30_000), (n - 1) * 8 + 1);
			stage.pass(1_000);
		}
		const { store } = stage;
		const { dropEvents } = store;
		const pieces: number[] = [];
		store.dropEvents = (seq) => {
			pieces.push(store.sizesAfter(0, 1_000).reduce((sum, event) => sum + (event.seq > seq ? 0 : event.bytes), 0));
			dropEvents.call(store, seq);
		};
		stage.pass(DAY + MINUTE);
		expect(kept(stage)).toEqual([161, 160]);
		expect(store.after(0, 1)).toEqual([]);
		expect(pieces.length).toBeGreaterThan(2);
		expect(Math.max(...pieces)).toBeLessThanOrEqual(TRIM_BYTES_MAX);
	},
	{ historyAgeMsMax: DAY },
);

scenario(
	"G3 [P-5] a key is known for 24 h, though its event is long gone; then the id is free",
	(stage) => {
		const post = { id: "p1", name: "chat", data: 1 };
		fill(stage, 10);
		stage.pass(2 * MINUTE);
		expect(kept(stage)[0]).toBe(6);
		expect(stage.post("ann", post)).toMatchObject({ outcome: "repeated", seq: 1 });
		// The event is gone, so nobody can tell whether the data was the same.
		expect(stage.post("ann", { ...post, data: 2 })).toMatchObject({ outcome: "repeated", seq: 1 });
		stage.pass(DAY - 2 * MINUTE);
		expect(stage.post("ann", post)).toMatchObject({ outcome: "repeated", seq: 1 });
		stage.pass(2 * HOUR);
		expect(stage.post("ann", post)).toMatchObject({ outcome: "published", seq: 11 });
	},
	{ historyEventsMax: 5 },
);

scenario("G3 a key is known for 24 h where its event is kept too, and until those of its generation are", (stage) => {
	fill(stage, 1);
	stage.pass(12 * HOUR);
	fill(stage, 1, 1, 2);
	const post = (id: string) => stage.post("ann", { id, name: "chat", data: 1 });
	stage.pass(14 * HOUR);
	expect(post("p2")).toMatchObject({ outcome: "repeated", seq: 2 });
	expect(post("p1")).toMatchObject({ outcome: "repeated", seq: 1 });
	stage.pass(12 * HOUR);
	expect(post("p1")).toMatchObject({ outcome: "published", seq: 3 });
	expect(post("p2")).toMatchObject({ outcome: "published", seq: 4 });
});

scenario(
	"members hear nothing of a trim, and resume across it",
	(stage) => {
		const bob = stage.join("bob");
		fill(stage, 20);
		stage.news(bob);
		stage.pass(2 * MINUTE);
		expect(stage.news(bob)).toEqual([]);
		fill(stage, 1, 1, 21);
		expect(seqs(stage.news(bob))).toEqual([21]);
		expect(only(stage.heard(stage.join("cid", { since: "epoch1.15" })), "welcome")).toMatchObject([
			{ continuity: "resumed" },
		]);
	},
	{ historyEventsMax: 5 },
);

awakeScenario(
	"G6 a room that is published to faster than one alarm trims is trimmed on, without waiting a minute for each part",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(450))
			stage.say(
				ann,
				range(100).map((m) => ({ type: "publish", id: `${n}.${m}`, name: "n", data: 1 })),
			);
		const dropped: { at: number; rows: number }[] = [];
		const { store } = stage;
		const dropEvents = store.dropEvents.bind(store);
		let kept = 1;
		store.dropEvents = (seq) => {
			dropped.push({ at: stage.now, rows: seq + 1 - kept });
			kept = seq + 1;
			dropEvents(seq);
		};
		stage.pass(MINUTE);
		const count = () => stage.room.meta.head - stage.room.meta.floor + 1;
		for (let second = 0; second < 10 && count() > 100; second++) stage.pass(1_000);
		expect(count()).toBeLessThanOrEqual(100);
		// One a piece, and what moves the floor for the last time.
		expect(stage.alarms.length).toBeLessThan(45_000 / TRIM_ROWS_MAX + 5);
		for (const { at } of dropped) {
			const within = dropped.filter((each) => each.at >= at && each.at < at + 1_000);
			expect(
				within.reduce((sum, { rows }) => sum + rows, 0),
				"rows in a second",
			).toBeLessThanOrEqual(10_000);
		}
	},
	{ historyEventsMax: 100, publishPerSecond: 0 },
);

awakeScenario(
	"G6 what is published while a trim goes on is made up for at once: the history does not grow for its rests",
	(stage) => {
		const ann = stage.join("ann");
		let n = 0;
		const sayMany = (frames: number) => {
			for (const _ of range(frames))
				stage.say(
					ann,
					range(100).map(() => ({ type: "publish", id: `${n++}`, name: "n", data: 1 })),
				);
		};
		sayMany(900);
		stage.now += MINUTE;
		const kept = () => stage.room.meta.head - stage.room.meta.kept + 1;
		const before = kept();
		// 20,000 a second.
		for (const _ of range(20)) {
			sayMany(20);
			stage.pass(100);
		}
		expect(kept()).toBeLessThan(before);
	},
	{ historyEventsMax: 100, publishPerSecond: 0 },
);
