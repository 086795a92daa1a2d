/** What a range's receiver does not take: an event of its own is found and set aside, everything else is held in order. */
import { describe, expect, test } from "vitest";
import { RANGE_ASIDE_MAX, RANGE_RETRY_MS_MAX } from "../../src/protocol/job-limits.ts";
import type { Failed } from "../../src/protocol/outcome.ts";
import { houseRules, range } from "./house-rules.ts";
import { range as numbers, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { expectRest, failed, lastJob, rangeOf, replay, settle, task } from "./work.ts";

const HOOK = range("hook", { begins: "head", eventsMax: 100, bytesMax: 10_000 });
const play = (name: string, body: (stage: Stage) => void, rule = HOOK) =>
	scenario(name, body, { publishPerSecond: 0 }, houseRules([rule]));

function publishMany(stage: Stage, session: string, count: number): void {
	const ids = numbers(count);
	for (let at = 0; at < count; at += 100) {
		stage.say(
			session,
			ids.slice(at, at + 100).map((n) => ({ type: "publish", id: `p${n}`, name: "free", data: n })),
		);
	}
}

const blamed = (stage: Stage, job: string, more: Partial<Failed>) => {
	const error = { code: "said", message: "It answered 422." };
	return failed(stage, job, "", { outcome: { state: "failed", error, ...more } });
};

/** A receiver that takes what is in order and holds none of `bad`; gives what it took, and how often it was asked. */
function receive(
	stage: Stage,
	bad: (seq: number) => boolean,
	requestsMax = 1_000,
): { took: number[]; requests: number } {
	const took: number[] = [];
	for (let requests = 0; requests < requestsMax; requests++) {
		const view = stage.jobs(null, 10).find(({ from, state }) => from !== undefined && state !== "failed");
		if (view === undefined) return { took, requests };
		const { seqs } = rangeOf(stage, view.job);
		if (seqs.some(bad)) stage.step([blamed(stage, view.job, { blame: "events" })]);
		else {
			took.push(...seqs);
			settle(stage, view.job);
		}
	}
	return { took, requests: requestsMax };
}

describe("an event that a receiver will never take", () => {
	play("is found by halving and set aside, visibly; all others arrive, once and in order", (stage) => {
		publishMany(stage, stage.join("ann"), 400);
		const { took, requests } = receive(stage, (seq) => seq === 137);
		expect(took).toEqual(numbers(400).filter((seq) => seq !== 137));
		expect(requests).toBeLessThan(30);
		expect(stage.jobs("failed", 10)).toMatchObject([{ name: "hook", of: 137, error: { message: "It answered 422." } }]);
		expectRest(stage);
	});

	play("alone in its range is set aside at once, and what comes later arrives", (stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1");
		stage.publish(ann, "p2");
		expect(receive(stage, (seq) => seq === 1).took).toEqual([2]);
	});

	play("can be tried again by an operator, alone; what it was goes with it when it is taken back", (stage) => {
		const ann = stage.join("ann");
		publishMany(stage, ann, 3);
		receive(stage, (seq) => seq === 2);
		const [aside] = stage.jobs("failed", 10);
		expect(replay(stage, aside?.job ?? "")).toBe(true);
		expect(rangeOf(stage, aside?.job ?? "")).toMatchObject({ from: 2, to: 2, seqs: [2], wiped: [], erased: [] });
		settle(stage, aside?.job ?? "");
		expect(stage.jobs("failed", 10)).toEqual([]);
		expect(JSON.parse(stage.room.job(aside?.job ?? "") ?? "null")).toMatchObject({ state: "done", of: 2 });
	});

	play("that was redacted since is not sent again", (stage) => {
		const ann = stage.join("ann", { can: ["read", "publish", "moderate"] });
		publishMany(stage, ann, 3);
		receive(stage, (seq) => seq === 2);
		const [aside] = stage.jobs("failed", 10);
		stage.say(ann, { type: "moderate", id: "m1", action: "redact", seq: 2 });
		replay(stage, aside?.job ?? "");
		expect(task(stage, aside?.job ?? "")).toBe("gone");
	});

	play("is one of ten in a row at most: after those it is the receiver's fault, and the order is held", (stage) => {
		publishMany(stage, stage.join("ann"), 40);
		const { took } = receive(stage, () => true);
		expect(took).toEqual([]);
		const asides = stage.jobs("failed", 50).filter(({ of }) => of !== undefined);
		expect(asides.map(({ of }) => of).sort((a = 0, b = 0) => a - b)).toEqual(numbers(RANGE_ASIDE_MAX));
		expect(stage.jobs("failed", 50)).toMatchObject([{ from: RANGE_ASIDE_MAX + 1, to: RANGE_ASIDE_MAX + 1 }, ...asides]);
		stage.pass(RANGE_RETRY_MS_MAX);
		expect(receive(stage, () => false).took).toEqual(numbers(30, RANGE_ASIDE_MAX + 1));
		expectRest(stage);
	});

	play("and ten that are not in a row are ten that are set aside", (stage) => {
		publishMany(stage, stage.join("ann"), 60);
		const { took } = receive(stage, (seq) => seq % 4 === 0);
		expect(took).toEqual(numbers(60).filter((seq) => seq % 4 !== 0));
	});

	test("is found though the room crashes between any two answers", () => {
		const stage = new Stage({ publishPerSecond: 0 }, false, undefined, houseRules([HOOK]));
		publishMany(stage, stage.join("ann"), 64);
		const took: number[] = [];
		for (let i = 0; i < 100; i++) {
			const { took: some, requests } = receive(stage, (seq) => seq === 41, 1);
			took.push(...some);
			if (requests === 0) break;
			stage.crash();
		}
		expect(took).toEqual(numbers(64).filter((seq) => seq !== 41));
	});
});

describe("a receiver that fails", () => {
	play("is left alone for as long as it asks, and then given the same range as the same delivery", (stage) => {
		const ann = stage.join("ann");
		publishMany(stage, ann, 5);
		const job = lastJob(stage);
		stage.step([blamed(stage, job, { blame: "receiver", retryAfterMs: 240_000 })]);
		stage.publish(ann, "more");
		stage.pass(239_000);
		expect(stage.queue.runs[job]).toBe(1);
		stage.pass(2_000);
		expect(stage.queue.runs[job]).toBe(2);
		expect(rangeOf(stage, job).seqs).toEqual(numbers(5));
	});

	play("may not ask for more than a day", (stage) => {
		stage.publish(stage.join("ann"), "p1");
		const job = lastJob(stage);
		stage.step([blamed(stage, job, { blame: "receiver", retryAfterMs: 40 * RANGE_RETRY_MS_MAX })]);
		stage.pass(RANGE_RETRY_MS_MAX);
		expect(stage.queue.runs[job]).toBe(2);
	});

	play("and is gone is sent nothing more, says so, and goes on when an operator has it tried again", (stage) => {
		const ann = stage.join("ann");
		publishMany(stage, ann, 3);
		const job = lastJob(stage);
		stage.step([blamed(stage, job, { blame: "gone" })]);
		stage.publish(ann, "p4");
		const before = stage.queue.letters.length;
		stage.pass(7 * RANGE_RETRY_MS_MAX);
		expect(stage.queue.letters).toHaveLength(before);
		expect(stage.jobs("failed", 10)).toMatchObject([
			{ job, name: "hook", error: { code: "gone", message: "It answered 422." } },
		]);
		expectRest(stage);
		expect(replay(stage, job)).toBe(true);
		expect(receive(stage, () => false).took).toEqual(numbers(4));
	});

	test("and is gone keeps no event that the history has given up", () => {
		const stage = new Stage({ publishPerSecond: 0, historyEventsMax: 10 }, false, undefined, houseRules([HOOK]));
		publishMany(stage, stage.join("ann"), 3);
		stage.step([blamed(stage, lastJob(stage), { blame: "gone" })]);
		publishMany(stage, stage.join("bob"), 100);
		stage.pass(3_600_000);
		expect(stage.store.after(0, 200)).toHaveLength(10);
	});
});

describe("a kind's own bounds", () => {
	play(
		"hold its ranges to so many bytes, and an event that is larger goes alone",
		(stage) => {
			const ann = stage.join("ann");
			for (const chars of [100, 100, 9_000, 100, 100])
				stage.publish(ann, `p${chars}-${stage.room.meta.head}`, "x".repeat(chars));
			const sizes: number[] = [];
			for (let i = 0; i < 5; i++) {
				const view = stage.jobs(null, 1)[0];
				if (view?.from === undefined) break;
				sizes.push(rangeOf(stage, view.job).seqs.length);
				settle(stage, view.job);
			}
			expect(sizes).toEqual([1, 1, 1, 2]);
		},
		{ ...HOOK, bytesMax: 1_000 },
	);

	play(
		"hold them to so many events",
		(stage) => {
			publishMany(stage, stage.join("ann"), 25);
			settle(stage, lastJob(stage));
			expect(rangeOf(stage, lastJob(stage)).seqs).toEqual(numbers(7, 8));
		},
		{ ...HOOK, eventsMax: 7 },
	);
});
