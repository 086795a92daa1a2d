/** Joining: fresh, resumed or reset, at every cursor that there can be (G4). */
import { expect } from "vitest";
import { only, range, scenario, seqs } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const welcomeOf = (stage: Stage, session: string) => only(stage.heard(session), "welcome")[0];

/** A room whose history is 8 … 12: twelve were published and seven trimmed. */
function trimmedRoom(stage: Stage): string {
	const ann = stage.join("ann");
	for (const n of range(12)) stage.publish(ann, `p${n}`);
	stage.pass(61_000);
	expect(stage.room.meta).toMatchObject({ floor: 8, head: 12 });
	return ann;
}

scenario("a fresh join in an empty room: a welcome, nothing missed, one caught-up", (stage) => {
	const ann = stage.join("ann", { resume: "a-private-key" });
	expect(stage.heard(ann)).toEqual([
		{
			type: "welcome",
			protocol: 1,
			features: [],
			room: "lobby",
			epoch: "epoch1",
			head: 0,
			floor: 1,
			version: 0,
			continuity: "fresh",
			resume: "a-private-key",
			me: { id: "ann", name: "ANN", session: ann, can: ["read", "publish", "signal", "presence", "job"], state: null },
			members: [{ id: "ann", name: "ANN", state: null }],
			count: 1,
			limits: {
				frameBytes: 65_536,
				eventBytes: 32_768,
				signalBytes: 4096,
				presenceBytes: 2048,
				nameChars: 64,
				messagesPerFrame: 100,
				publishPerSecond: 50,
				signalPerSecond: 100,
				heartbeatMs: 20_000,
				idempotencyMs: 86_400_000,
			},
		},
		{ type: "caught-up", head: 0 },
	]);
});

scenario("a guest's key is told to nobody else", (stage) => {
	const ann = stage.join("ann", { resume: "a-private-key" });
	const bob = stage.join("bob", { resume: null });
	stage.publish(ann, "p1");
	stage.leave(ann);
	stage.pass(10_000);
	expect(JSON.stringify(stage.heard(bob))).not.toContain("a-private-key");
	expect(welcomeOf(stage, bob)).not.toHaveProperty("resume");
});

scenario("[J-3] a fresh join hears the 50 newest, or as many as it wants", (stage) => {
	const ann = stage.join("ann");
	for (const n of range(60)) stage.publish(ann, `p${n}`);
	expect(seqs(stage.heard(stage.join("bob")))).toEqual(range(50, 11));
	expect(seqs(stage.heard(stage.join("cid", { history: 3 })))).toEqual([58, 59, 60]);
	expect(seqs(stage.heard(stage.join("dan", { history: 200 })))).toEqual(range(60));
	const none = stage.join("eve", { history: 0 });
	expect(stage.heard(none).map(({ type }) => type)).toEqual(["welcome", "caught-up"]);
});

for (const seq of [...range(6, 7), 12]) {
	scenario(
		`G4 [R-3] the cursor ${seq} of a history 8 … 12 resumes with exactly what was missed`,
		(stage) => {
			trimmedRoom(stage);
			const bob = stage.join("bob", { since: `epoch1.${seq}`, history: 2 });
			expect(welcomeOf(stage, bob)).toMatchObject({ continuity: "resumed", floor: 8, head: 12 });
			expect(welcomeOf(stage, bob)).not.toHaveProperty("reason");
			expect(seqs(stage.heard(bob))).toEqual(range(12 - seq, seq + 1));
			expect(stage.heard(bob).at(-1)).toEqual({ type: "caught-up", head: 12 });
		},
		{ historyEventsMax: 5 },
	);
}

for (const [since, reason] of [
	["epoch1.6", "trimmed"],
	["epoch1.0", "trimmed"],
	["epoch1.13", "ahead"],
	["epoch1.9007199254740991", "ahead"],
	["other.9", "epoch"],
	["other.99", "epoch"],
	["garbage", "malformed"],
	["", "malformed"],
	["epoch1.-1", "malformed"],
	["epoch1.9.9.9", "malformed"],
	["epoch1.9007199254740993", "malformed"],
] as const) {
	scenario(
		`G4 [R-4] the cursor \`${since}\` of a history 8 … 12 is reset as ${reason}, with the events of a fresh join`,
		(stage) => {
			trimmedRoom(stage);
			const bob = stage.join("bob", { since, history: 3 });
			expect(welcomeOf(stage, bob)).toMatchObject({ continuity: "reset", reason, floor: 8, head: 12 });
			expect(seqs(stage.heard(bob))).toEqual([10, 11, 12]);
			expect(stage.heard(bob).at(-1)).toEqual({ type: "caught-up", head: 12 });
		},
		{ historyEventsMax: 5 },
	);
}

scenario(
	"G4 a history that holds nothing resumes at its head, and at nothing else",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(3)) stage.publish(ann, `p${n}`);
		stage.pass(24 * 3_600_000 + 1);
		expect(stage.room.meta).toMatchObject({ floor: 4, head: 3 });
		const at = (since: string) => welcomeOf(stage, stage.join("bob", { since }));
		expect(at("epoch1.3")).toMatchObject({ continuity: "resumed" });
		expect(at("epoch1.2")).toMatchObject({ continuity: "reset", reason: "trimmed" });
		expect(at("epoch1.4")).toMatchObject({ continuity: "reset", reason: "ahead" });
	},
	{ historyAgeMsMax: 24 * 3_600_000 },
);

scenario("G4 the room of the first join resumes at 0", (stage) => {
	stage.join("ann");
	expect(welcomeOf(stage, stage.join("ann", { since: "epoch1.0" }))).toMatchObject({ continuity: "resumed" });
});

scenario("G2 a join gathered with publishes hears each once, those before it and those after it", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.joining("bob");
	const say = (id: string) => stage.saying(ann, { type: "publish", id, name: "chat", data: id });
	stage.step([say("p1"), bob, say("p2")]);
	stage.publish(ann, "p3");
	expect(stage.heard(bob.session).map(({ type }) => type)).toEqual(["welcome", "event", "event", "caught-up", "event"]);
	expect(welcomeOf(stage, bob.session)).toMatchObject({ head: 2, count: 2 });
});

scenario("[P-4] one that speaks before it is welcomed is heard, and answered after its caught-up", (stage) => {
	stage.join("ann");
	const bob = stage.joining("bob", { can: ["read", "publish"] });
	stage.step([
		bob,
		stage.saying(bob.session, [
			{ type: "publish", id: "p1", name: "chat", data: 1 },
			{ type: "signal", name: "n", data: 1 },
			{ type: "history", id: "h1" },
		]),
	]);
	expect(stage.heard(bob.session).map(({ type }) => type)).toEqual([
		"welcome",
		"event",
		"caught-up",
		"error",
		"history",
	]);
});

scenario("a session that is gone hears nothing more, and its late messages are nothing", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.leave(bob);
	const before = stage.heard(bob).length;
	stage.step([stage.saying(bob, { type: "publish", id: "p1", name: "chat", data: 1 }), stage.leaving(bob)]);
	stage.publish(ann, "p2");
	expect(stage.heard(bob)).toHaveLength(before);
	expect(seqs(stage.heard(ann))).toEqual([1]);
});
