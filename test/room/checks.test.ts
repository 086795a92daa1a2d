/** The order of a publish's checks: the id, then capability, `expect`, rate, size. Rates live in memory alone. */
import { expect } from "vitest";
import { awakeScenario, only, range, scenario, seqs } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const LARGE = "x".repeat(40_000);

function spendAll(stage: Stage, session: string, count = 100): void {
	for (const n of range(count)) stage.publish(session, `spent${n}`);
	stage.news(session);
}

awakeScenario(
	"G3 [P-8] a known id comes first: its repeat is acknowledged whatever else speaks against it",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		const mute = stage.join("ann", { can: ["read"] });
		spendAll(stage, ann, 99);
		stage.news(mute);
		stage.publish(mute, "p1", "p1", { expect: 0 });
		expect(stage.news(mute)).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
		stage.publish(mute, "p1", LARGE, { expect: 0 });
		expect(stage.news(mute)).toMatchObject([{ type: "error", id: "p1", code: "id_reused" }]);
	},
);

awakeScenario("[P-8] the capability comes before `expect`, rate and size", (stage) => {
	const ann = stage.join("ann");
	const mute = stage.join("ann", { can: ["read"] });
	spendAll(stage, ann);
	stage.news(mute);
	stage.publish(mute, "p1", LARGE, { expect: 7 });
	expect(stage.news(mute)).toMatchObject([{ type: "error", id: "p1", code: "forbidden" }]);
});

awakeScenario("`expect` comes before rate and size, and a miss spends nothing of the rate", (stage) => {
	const ann = stage.join("ann");
	for (const n of range(200)) stage.publish(ann, `missed${n}`, 1, { expect: 7 });
	stage.news(ann);
	stage.publish(ann, "p1");
	expect(stage.news(ann)).toMatchObject([{ type: "event", id: "p1" }]);
	spendAll(stage, ann);
	stage.publish(ann, "p2", LARGE, { expect: 7 });
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: "p2", code: "conflict" }]);
});

awakeScenario("[P-8] the rate comes before the size", (stage) => {
	const ann = stage.join("ann");
	spendAll(stage, ann);
	stage.publish(ann, "p1", LARGE);
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: "p1", code: "rate_limited" }]);
});

awakeScenario(
	"G8 [L-2] [L-3] a member publishes 50 a second and 100 at once, over all its sessions and HTTP",
	(stage) => {
		const first = stage.join("ann");
		const second = stage.join("ann");
		const bob = stage.join("bob");
		for (const n of range(50)) {
			stage.publish(first, `a${n}`);
			stage.publish(second, `b${n}`);
		}
		expect(stage.room.meta.head).toBe(100);
		stage.news(first);
		stage.publish(first, "late");
		const [refusal] = only(stage.news(first), "error");
		expect(refusal).toMatchObject({ id: "late", code: "rate_limited", retryAfterMs: 20 });
		expect(stage.post("ann", { id: "late", name: "chat", data: 1 })).toMatchObject({
			refusal: { code: "rate_limited" },
		});
		// Another member has a bucket of its own, and a refusal told when it is worth coming back.
		stage.publish(bob, "b1");
		stage.pass(refusal?.retryAfterMs ?? 0);
		stage.publish(first, "late");
		expect(stage.room.meta.head).toBe(102);
		stage.pass(60_000);
		for (const n of range(101)) stage.publish(first, `c${n}`);
		expect(stage.room.meta.head).toBe(202);
	},
);

awakeScenario(
	"G8 [L-3] of a hundred that are refused at once each is told a time of its own: who waits for it is not refused again",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(200)) stage.publish(ann, `p${n}`);
		const refused = only(stage.news(ann), "error");
		expect(refused).toHaveLength(100);
		const times = refused.map(({ retryAfterMs }) => retryAfterMs ?? 0);
		expect(new Set(times).size).toBe(100);
		expect(Math.max(...times)).toBeLessThanOrEqual(2_000);
		let passed = 0;
		for (const { id, retryAfterMs = 0 } of refused.toSorted((a, b) => (a.retryAfterMs ?? 0) - (b.retryAfterMs ?? 0))) {
			stage.pass(Math.max(0, retryAfterMs - passed));
			passed = Math.max(passed, retryAfterMs);
			stage.publish(ann, id ?? "");
		}
		expect(only(stage.news(ann), "error")).toEqual([]);
		expect(stage.room.meta.head).toBe(200);
	},
);

awakeScenario(
	"G8 the room has a rate of its own, over all members",
	(stage) => {
		const sessions = range(5).map((n) => stage.join(`m${n}`));
		for (const session of sessions) for (const n of range(10)) stage.publish(session, `p${n}`);
		expect(stage.room.meta.head).toBe(40);
		expect(only(stage.heard("s5"), "error")).toHaveLength(10);
		expect(only(stage.heard("s5"), "error")[0]).toMatchObject({ code: "rate_limited", retryAfterMs: 50 });
	},
	{ roomPublishPerSecond: 20 },
);

scenario(
	"with PUBLISH_PER_SECOND=0 no publish is too fast, for the member and for the room",
	(stage) => {
		const ann = stage.join("ann");
		stage.step(
			range(50).map((n) =>
				stage.saying(
					ann,
					range(100).map((m) => ({ type: "publish", id: `${n}.${m}`, name: "chat", data: m })),
				),
			),
		);
		expect(seqs(stage.heard(ann))).toEqual(range(5000));
	},
	{ publishPerSecond: 0, roomPublishPerSecond: 1 },
);
