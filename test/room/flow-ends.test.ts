/** G6 as the room decides it: who is closed for being slow, and how else a pause may end. */
import { expect } from "vitest";
import { PAUSED_PRIVATE_BYTES_MAX } from "../../src/protocol/limits.ts";
import { only, range, scenario, seqs } from "./scenario.ts";
import { pausedPair, say, types, UNLIMITED } from "./slow-members.ts";

scenario(
	"G6 [S-3] a paused session is answered in private up to 64 KiB, then closed 4001; the others notice nothing",
	(stage) => {
		const ann = stage.join("ann");
		say(stage, ann, 1, 1, "x".repeat(25_000));
		const bob = stage.join("bob");
		stage.flow({ full: [bob] });
		stage.news(ann);
		stage.news(bob);
		const page = { type: "history", id: "h" };
		for (const n of [1, 2]) {
			stage.say(bob, page);
			expect(types(stage.news(bob)), `answer ${n}`).toEqual(["history"]);
			// It is full already: nothing begins anew.
			stage.flow({ full: [bob] });
		}
		expect(2 * 25_000).toBeLessThan(PAUSED_PRIVATE_BYTES_MAX);
		stage.say(bob, page);
		expect([stage.closeCode(bob), stage.news(bob)]).toEqual([4001, []]);
		expect(stage.news(ann)).toEqual([]);
		// A close like any other: the member is gone after its grace, if it does not come back.
		stage.pass(9_999);
		expect(stage.news(ann)).toEqual([]);
		stage.pass(1);
		expect(stage.news(ann)).toMatchObject([{ type: "presence", left: ["bob"], count: 1 }]);
	},
);

scenario("G6 what a paused session is told in private counts anew at its next pause", (stage) => {
	const ann = stage.join("ann");
	say(stage, ann, 1, 1, "x".repeat(25_000));
	const bob = stage.join("bob");
	for (const _ of range(3)) {
		stage.flow({ full: [bob] });
		stage.say(bob, [
			{ type: "history", id: "a" },
			{ type: "history", id: "b" },
		]);
		stage.flow({ drained: [bob] });
		stage.pass(1000);
	}
	expect([stage.closeCode(bob), only(stage.heard(bob), "history").length]).toEqual([null, 6]);
});

scenario("G4 G6 one whose socket is stuck is closed 4001, and comes back to exactly what it missed", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	say(stage, ann, 2, 1);
	stage.flow({ full: [bob] });
	say(stage, ann, 2, 3);
	stage.news(ann);
	stage.flow({ stuck: [bob] });
	expect([stage.closeCode(bob), seqs(stage.heard(bob))]).toEqual([4001, [1, 2]]);
	stage.pass(5_000);
	const again = stage.join("bob", { since: "epoch1.2" });
	expect(only(stage.heard(again), "welcome")).toMatchObject([{ continuity: "resumed" }]);
	expect(seqs(stage.heard(again))).toEqual([3, 4]);
	stage.pass(20_000);
	expect(only(stage.news(ann), "presence")).toEqual([]);
});

scenario(
	"G6 one that is live or replaying may be stuck too: whoever is furthest behind goes",
	(stage) => {
		const ann = stage.join("ann");
		say(stage, ann, 12, 1, "x".repeat(30_000));
		const bob = stage.join("bob");
		const cid = stage.joining("cid", { since: "epoch1.0" });
		stage.turn([cid]);
		expect(stage.hasMore).toBe(true);
		stage.flow({ stuck: [bob, cid.session] });
		expect([stage.closeCode(bob), stage.closeCode(cid.session), stage.closeCode(ann)]).toEqual([4001, 4001, null]);
	},
	UNLIMITED,
);

scenario(
	"one who leaves while it is paused is gone after its grace, and what was seen of its buffer is nothing",
	(stage) => {
		const { ann, bob } = pausedPair(stage);
		stage.leave(bob);
		expect(stage.room.paused.size).toBe(0);
		stage.flow({ drained: [bob], stuck: [bob] });
		expect([stage.closeCode(bob), stage.news(bob)]).toEqual([null, []]);
		stage.pass(10_000);
		expect(stage.news(ann)).toMatchObject([{ left: ["bob"], count: 1 }]);
	},
);

scenario("G9 a paused session whose client still answers heartbeats is not swept; one that fell silent is", (stage) => {
	const { bob } = pausedPair(stage);
	const cid = stage.join("cid");
	stage.flow({ full: [cid] });
	stage.cut(cid);
	stage.pass(120_000);
	expect([stage.closeCode(bob), stage.closeCode(cid)]).toEqual([null, 4002]);
	expect(stage.room.paused).toEqual(new Set([bob]));
});

scenario("a wipe and a removal close a paused session as any other", (stage) => {
	const { ann, bob } = pausedPair(stage);
	const mod = stage.join("mod", { can: ["read", "moderate"] });
	stage.say(mod, { type: "moderate", id: "m", action: "remove", member: "bob" });
	expect(stage.closeCode(bob)).toBe(4500);
	stage.flow({ full: [ann] });
	stage.step([{ type: "wipe", reply: "w", epoch: "epoch2" }]);
	expect([stage.closeCode(ann), stage.closeCode(mod)]).toEqual([4502, 4502]);
	expect(stage.room.paused.size).toBe(0);
});
