/** What the app says of signals and presence states holds, and what the server cannot do is refused before it is begun. */
import { describe, expect } from "vitest";
import { JOB_PER_SECOND, SIGNAL_BYTES_MAX } from "../../src/protocol/limits.ts";
import { houseRules } from "./house-rules.ts";
import { events, only, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const play = (name: string, body: (stage: Stage) => void, settings = {}) =>
	scenario(name, body, settings, houseRules());
const codes = (stage: Stage, session: string) => only(stage.heard(session), "error").map(({ code }) => code);

describe("G8 what is ephemeral is what the app says", () => {
	play("[N-7] a signal that does not fit is refused `invalid`, and nobody hears it; others pass as ever", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		for (const to of [undefined, "bob"]) {
			stage.say(ann, { type: "signal", name: "strict", data: "bad", to });
			stage.say(ann, { type: "signal", name: "strict", data: "good", to });
			stage.say(ann, { type: "signal", name: "other", data: "bad", to });
		}
		const heard = only(stage.heard(bob), "signal").map(({ name, data }) => [name, data]);
		expect(heard).toEqual([
			["strict", "good"],
			["other", "bad"],
			["strict", "good"],
			["other", "bad"],
		]);
		expect(only(stage.heard(ann), "error")).toEqual(
			Array(2).fill({ type: "error", code: "invalid", message: "That signal is not good." }),
		);
	});

	play("its size comes before what it is: nothing large is held against a schema", (stage) => {
		const ann = stage.join("ann");
		stage.say(ann, { type: "signal", name: "strict", data: "b".repeat(SIGNAL_BYTES_MAX) });
		expect(codes(stage, ann)).toEqual(["too_large"]);
	});

	play(
		"a signal that is refused has cost its token",
		(stage) => {
			const ann = stage.join("ann");
			stage.say(
				ann,
				Array.from({ length: 5 }, () => ({ type: "signal", name: "strict", data: "bad" })),
			);
			expect(codes(stage, ann)).toEqual(["invalid", "invalid", "rate_limited", "rate_limited", "rate_limited"]);
		},
		{ signalPerSecond: 1 },
	);

	play(
		"[N-7] a presence state that does not fit is refused and the one before it stays; none at all always fits",
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			stage.say(ann, { type: "presence", state: "fine" });
			stage.say(ann, { type: "presence", state: "bad" });
			expect(codes(stage, ann)).toEqual(["invalid"]);
			const states = () =>
				only(stage.heard(bob), "presence").flatMap(({ changed }) => changed.map(({ state }) => state));
			expect(states()).toEqual(["fine"]);
			stage.say(ann, { type: "presence", state: null });
			expect(states()).toEqual(["fine", null]);
		},
	);
});

describe("G5 what the server cannot do is refused before it is begun", () => {
	play("[K-6] an event that nobody can check is refused, as often as it is sent, and is in no history", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", 1, { name: "unchecked" });
		stage.publish(ann, "p1", 1, { name: "unchecked" });
		const refusal = { code: "not_configured", id: "p1", message: "There is no queue to check it by." };
		expect(only(stage.heard(ann), "error")).toMatchObject([refusal, refusal]);
		expect(events(stage.heard(ann))).toEqual([]);
		// It was lost to nothing: the same id is free for what can be published.
		stage.publish(ann, "p1", 1);
		expect(events(stage.heard(ann))).toMatchObject([{ id: "p1" }]);
	});

	play("[K-6] a job that nobody can do is refused, and nothing is owed", (stage) => {
		const ann = stage.join("ann");
		for (let n = 0; n < JOB_PER_SECOND; n++) stage.say(ann, { type: "job", id: `j${n}`, name: "undone", data: 1 });
		expect(new Set(codes(stage, ann))).toEqual(new Set(["not_configured"]));
		expect(stage.queue.runs).toEqual({});
	});
});
