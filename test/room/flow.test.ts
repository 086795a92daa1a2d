/** G6 as the room decides it: what a paused session hears, and how it is caught up. */
import { expect } from "vitest";
import { PAGE_BYTES_MAX } from "../../src/protocol/limits.ts";
import { only, range, scenario, seqs } from "./scenario.ts";
import { pausedPair, publish, say, signal, types, UNLIMITED } from "./slow-members.ts";

scenario(
	"G6 [S-1] a paused session hears nothing of what all hear; drained, it replays, gets the roster and is live",
	(stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		say(stage, ann, 2, 1);
		stage.news(bob);
		stage.flow({ full: [bob] });
		say(stage, ann, 3, 3);
		stage.say(ann, signal(1));
		stage.join("cid");
		stage.say(ann, { type: "presence", state: "here" });
		expect(stage.news(bob)).toEqual([]);
		stage.flow({ drained: [bob] });
		const news = stage.news(bob);
		expect(types(news)).toEqual(["event", "event", "event", "presence", "caught-up"]);
		expect(news.at(-2)).toEqual({
			type: "presence",
			count: 3,
			joined: [
				{ id: "ann", name: "ANN", state: "here" },
				{ id: "bob", name: "BOB", state: null },
				{ id: "cid", name: "CID", state: null },
			],
			left: [],
			changed: [],
			full: true,
		});
		stage.publish(ann, "live");
		expect(seqs(stage.heard(bob))).toEqual(range(6));
		expect(seqs(stage.heard(ann))).toEqual(range(6));
		expect(only(stage.heard(ann), "caught-up")).toHaveLength(1);
	},
);

scenario("G2 G6 what is said in the very turn of the pause, or of its end, is neither lost nor told twice", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.publish(ann, "before");
	stage.step([stage.flowing({ full: [bob] }), stage.saying(ann, publish("at the pause"))]);
	expect(seqs(stage.heard(bob))).toEqual([1]);
	stage.step([stage.flowing({ drained: [bob] }), stage.saying(ann, [publish("at its end"), signal("now")])]);
	expect(seqs(stage.heard(bob))).toEqual([1, 2, 3]);
	expect(types(stage.news(bob)).slice(-3)).toEqual(["presence", "caught-up", "signal"]);
	// Full again before anything more was said.
	stage.step([stage.flowing({ full: [bob] })]);
	stage.step([stage.flowing({ drained: [bob] })]);
	expect(types(stage.news(bob))).toEqual(["presence", "caught-up"]);
	stage.publish(ann, "after");
	expect(seqs(stage.heard(bob))).toEqual([1, 2, 3, 4]);
});

scenario(
	"G6 one who missed much is caught up in pages of at most 128 KiB, a turn each, while the room goes on",
	(stage) => {
		const { ann, bob } = pausedPair(stage);
		say(stage, ann, 20, 1, "x".repeat(30_000));
		stage.turn([stage.flowing({ drained: [bob] })]);
		expect(stage.hasMore).toBe(true);
		let turns = 1;
		for (; stage.hasMore && turns < 50; turns++)
			stage.turn([stage.saying(ann, [publish(`live${turns}`), signal(turns)])]);
		expect(turns).toBeGreaterThan(4);
		const news = stage.news(bob);
		expect(seqs(news)).toEqual(range(20 + turns - 1));
		expect(types(news).filter((type) => type !== "event")).toEqual(["presence", "caught-up", "signal"]);
		for (const frame of stage.frames(bob)) expect(frame.length).toBeLessThan(PAGE_BYTES_MAX + 1000);
	},
	UNLIMITED,
);

scenario(
	"G4 G6 [S-2] one who missed more than is kept is welcomed anew, as a reset, with the newest events",
	(stage) => {
		const { ann, bob } = pausedPair(stage);
		stage.publish(ann, "young");
		stage.news(bob);
		for (const n of range(30))
			stage.say(
				ann,
				range(100).map((m) => publish(`p${n}.${m}`)),
			);
		stage.now += 61_000;
		while (stage.room.meta.floor < 2902 && stage.alarmAt !== null) {
			stage.now = Math.max(stage.now, stage.alarmAt);
			stage.ring();
		}
		expect(stage.room.meta.floor).toBe(2902);
		stage.flow({ drained: [bob] });
		const news = stage.news(bob);
		expect(news[0]).toMatchObject({ type: "welcome", continuity: "reset", reason: "trimmed", floor: 2902, head: 3001 });
		expect(news[0]).toMatchObject({ me: { id: "bob", session: bob }, count: 2 });
		expect(seqs(news)).toEqual(range(50, 2952));
		expect(only(news, "caught-up")).toEqual([{ type: "caught-up", head: 3001 }]);
		expect(news.at(-1)).toEqual({ type: "caught-up", head: 3001 });
		stage.publish(ann, "live");
		expect(seqs(stage.news(bob))).toEqual([3002]);
	},
	{ ...UNLIMITED, historyEventsMax: 100 },
);

scenario(
	"G4 one whose last event is the newest that was trimmed has missed nothing that is gone, and resumes",
	(stage) => {
		const ann = stage.join("ann");
		const bob = stage.join("bob");
		say(stage, ann, 1, 1);
		stage.flow({ full: [bob] });
		say(stage, ann, 5, 2);
		stage.now += 61_000;
		stage.ring();
		expect(stage.room.meta.floor).toBe(2);
		stage.flow({ drained: [bob] });
		expect(only(stage.heard(bob), "welcome")).toHaveLength(1);
		expect(seqs(stage.heard(bob))).toEqual(range(6));
	},
	{ historyEventsMax: 5 },
);

scenario("G6 signals to a paused session are dropped, those to all and those to it alone", (stage) => {
	const { ann, bob } = pausedPair(stage);
	const other = stage.join("bob");
	stage.news(other);
	stage.say(ann, [signal("all"), signal("you", "bob")]);
	expect(only(stage.news(other), "signal").map(({ data }) => data)).toEqual(["all", "you"]);
	stage.flow({ drained: [bob] });
	expect(only(stage.heard(bob), "signal")).toEqual([]);
	stage.say(ann, signal("again", "bob"));
	expect(only(stage.heard(bob), "signal").map(({ data }) => data)).toEqual(["again"]);
});

scenario(
	"G2 G6 a pause in the middle of a replay goes on where the replay was, and one caught-up ends both",
	(stage) => {
		const ann = stage.join("ann");
		say(stage, ann, 20, 1, "x".repeat(30_000));
		const bob = stage.joining("bob", { since: "epoch1.0" });
		stage.turn([bob]);
		const first = seqs(stage.heard(bob.session)).length;
		stage.turn([stage.flowing({ full: [bob.session] }), stage.saying(ann, publish("meanwhile"))]);
		expect(stage.hasMore).toBe(false);
		stage.sleep();
		stage.rest();
		expect(seqs(stage.heard(bob.session))).toEqual(range(first));
		expect(first).toBeLessThan(20);
		stage.flow({ drained: [bob.session] });
		expect(seqs(stage.heard(bob.session))).toEqual(range(21));
		expect(only(stage.heard(bob.session), "caught-up")).toHaveLength(1);
		expect(only(stage.heard(bob.session), "welcome")).toHaveLength(1);
	},
	UNLIMITED,
);

scenario(
	"G7 a room that sleeps during a pause, and between two pages of its end, goes on where it was",
	(stage) => {
		const { ann, bob } = pausedPair(stage);
		say(stage, ann, 10, 1, "x".repeat(30_000));
		stage.sleep();
		stage.rest();
		expect(stage.room.paused).toEqual(new Set([bob]));
		expect(stage.news(bob)).toEqual([]);
		stage.turn([stage.flowing({ drained: [bob] })]);
		stage.sleep();
		expect(stage.hasMore).toBe(true);
		stage.rest();
		expect(seqs(stage.heard(bob))).toEqual(range(10));
		expect(only(stage.heard(bob), "caught-up")).toHaveLength(2);
	},
	UNLIMITED,
);

scenario("exactly one caught-up ends each of many pauses, however often a buffer is reported", (stage) => {
	const { ann, bob } = pausedPair(stage);
	stage.flow({ full: [bob] });
	for (const n of range(5)) {
		stage.publish(ann, `p${n}`);
		stage.step([stage.flowing({ drained: [bob] }), stage.flowing({ drained: [bob] })]);
		stage.flow({ drained: [bob] });
		stage.step([stage.flowing({ full: [bob] }), stage.flowing({ full: [bob, "nobody"], stuck: ["nobody"] })]);
	}
	expect(seqs(stage.heard(bob))).toEqual(range(5));
	expect(only(stage.heard(bob), "caught-up")).toHaveLength(1 + 5);
	expect(stage.pauses(bob)).toBe(6);
});

scenario("a member's other session is live while one is paused, and a paused one may speak", (stage) => {
	const { ann, bob } = pausedPair(stage);
	const other = stage.join("bob");
	stage.publish(bob, "mine");
	stage.publish(bob, "mine");
	// Only the answer to the repeat is private.
	expect(stage.news(bob)).toEqual([{ type: "ack", id: "mine", seq: 1 }]);
	for (const session of [ann, other]) expect(seqs(stage.heard(session))).toEqual([1]);
	stage.flow({ drained: [bob] });
	expect(seqs(stage.heard(bob))).toEqual([1]);
});

scenario("an event that was taken back during a pause is replayed without its data", (stage) => {
	const { ann, bob } = pausedPair(stage);
	stage.publish(ann, "oops");
	stage.publish(ann, "fine");
	const mod = stage.join("mod", { can: ["read", "moderate"], history: 0 });
	stage.say(mod, { type: "moderate", id: "m", action: "redact", seq: 1 });
	stage.flow({ drained: [bob] });
	expect(only(stage.news(bob), "event")).toMatchObject([
		{ seq: 1, data: null, redacted: true },
		{ seq: 2, data: "fine" },
		{ seq: 3, name: "room.redacted" },
	]);
});
