/** Turns that throw: nothing of them is kept, their inputs run again one by one, and the culprit alone is refused. */
import { expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/codes.ts";
import {
	MESSAGES_PER_FRAME_MAX,
	REFUSALS_PER_SECOND,
	REFUSALS_SECONDS,
	SEEN_REFRESH_MS,
	SILENCE_MS_MAX,
	SWEEP_INTERVAL_MS_MIN,
} from "../../src/protocol/limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import type { NewEvent } from "../../src/room/store.ts";
import { checkOrder, only, range, seqs } from "./scenario.ts";
import { Stage } from "./stage.ts";

/** Fails at events of the name `poison`, after it has written what came before them. */
class PoisonedStore extends MemoryStore {
	override append(events: readonly NewEvent[]): void {
		const poison = events.findIndex(({ body }) => body.includes('"name":"poison"'));
		super.append(poison === -1 ? events : events.slice(0, poison));
		if (poison !== -1) throw new Error("planted");
	}
}

const publish = (n: number, name = "chat") => ({ type: "publish", id: `p${n}`, name, data: n });

function play(sleeps: boolean, frames: (n: number) => unknown[]): Stage {
	const stage = new Stage({ publishPerSecond: 0 }, sleeps, new PoisonedStore());
	const ann = stage.join("ann");
	stage.join("bob");
	stage.publish(ann, "before");
	stage.step(frames(100).map((frame) => stage.saying(ann, frame)));
	stage.publish(ann, "after");
	const bySeq = new Map();
	for (const session of stage.sessions) checkOrder(stage.heard(session), bySeq);
	return stage;
}

const poisonedAt = (at: number) => (n: number) => publish(n, n === at ? "poison" : "chat");

test.each([
	["in frames of their own", (count: number) => range(count).map(poisonedAt(37))],
	["in one frame", (count: number) => [range(count).map(poisonedAt(37))]],
	["the first of them", (count: number) => range(count).map(poisonedAt(1))],
	["the last of them", (count: number) => range(count).map(poisonedAt(100))],
])(
	"G1 G2 a planted throw on one of 100 publishes of a turn, %s: 99 land, one is `internal`, no hole in seq",
	(_, frames) => {
		const awake = play(false, frames);
		expect(seqs(awake.heard("s1"))).toEqual(range(101));
		expect(seqs(awake.heard("s2"))).toEqual(range(101));
		const ids = only(awake.heard("s1"), "event").map(({ id }) => id);
		expect(new Set(ids).size).toBe(101);
		const [refusal, ...others] = only(awake.heard("s1"), "error");
		expect(others).toEqual([]);
		expect(refusal).toMatchObject({ code: "internal" });
		expect(refusal?.id).toMatch(/^p(37|1|100)$/);
		expect(ids).not.toContain(refusal?.id);
		expect(JSON.stringify(awake.heard("s1"))).not.toContain("planted");
		expect(only(awake.heard("s2"), "error")).toEqual([]);
		expect(play(true, frames).transcript()).toEqual(awake.transcript());
	},
);

test("G1 an id that was refused `internal` is free: nothing of it was kept", () => {
	const stage = new Stage({}, false, new PoisonedStore());
	const ann = stage.join("ann");
	stage.say(ann, publish(1, "poison"));
	stage.say(ann, publish(1));
	expect(seqs(stage.heard(ann))).toEqual([1]);
});

test("G8 what is refused `internal` counts against a session's patience as every refusal does", () => {
	const allowed = REFUSALS_PER_SECOND * REFUSALS_SECONDS;
	const refuse = (stage: Stage, session: string, count: number): void =>
		stage.say(
			session,
			Array.from({ length: count }, () => ({ type: "none" })),
		);
	for (const [poison, fate] of [
		[false, null],
		[true, CLOSE.busy],
	] as const) {
		const stage = new Stage({}, false, new PoisonedStore());
		const ann = stage.join("ann");
		if (poison) stage.say(ann, publish(1, "poison"));
		for (let left = allowed; left > 0; left -= MESSAGES_PER_FRAME_MAX) refuse(stage, ann, MESSAGES_PER_FRAME_MAX);
		expect(stage.closeCode(ann)).toBe(fate);
	}
});

test("a publish over HTTP that fails is answered `internal`", () => {
	const stage = new Stage({}, false, new PoisonedStore());
	expect(stage.post("ann", { id: "p1", name: "poison", data: 1 })).toMatchObject({
		outcome: "refused",
		refusal: { code: "internal" },
	});
	expect(stage.post("ann", { id: "p1", name: "chat", data: 1 })).toMatchObject({ outcome: "published", seq: 1 });
});

test("G9 joins and leaves that share a turn with the culprit happen all the same, once", () => {
	const stage = new Stage({}, false, new PoisonedStore());
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(ann);
	const cid = stage.joining("cid");
	stage.step([
		stage.saying(ann, publish(1)),
		cid,
		stage.leaving(bob),
		stage.saying(cid.session, publish(2)),
		stage.saying(ann, publish(3, "poison")),
		stage.saying(ann, { type: "presence", state: 1 }),
	]);
	const bySeq = new Map();
	for (const session of stage.sessions) checkOrder(stage.heard(session), bySeq);
	expect(seqs(stage.heard(ann))).toEqual([1, 2]);
	expect(seqs(stage.heard(cid.session))).toEqual([1, 2]);
	stage.pass(10_000);
	expect(
		only(stage.news(ann), "presence").flatMap(({ joined, left }) => [...joined.map(({ id }) => id), ...left]),
	).toEqual(["cid", "bob"]);
});

test("a join that fails by itself is closed with a code to try again, and nobody hears of it", () => {
	class NoRoster extends MemoryStore {
		override saveRoster(rows: Parameters<MemoryStore["saveRoster"]>[0]): void {
			if (rows.some(({ member }) => member === "poison")) throw new Error("planted");
			super.saveRoster(rows);
		}
	}
	const stage = new Stage({}, false, new NoRoster());
	const ann = stage.join("ann");
	const before = stage.heard(ann).length;
	const poison = stage.join("poison");
	expect(stage.closeCode(poison)).toBe(4000);
	stage.pass(60_000);
	expect(stage.heard(ann)).toHaveLength(before);
});

test("G7 an alarm that fails is tried again later, and does not keep the room awake until then", () => {
	class NoTrim extends MemoryStore {
		override dropEvents(): void {
			throw new Error("planted");
		}
	}
	const stage = new Stage({ historyEventsMax: 1, historyAgeMsMax: 3_600_000 }, false, new NoTrim());
	const ann = stage.join("ann");
	for (const n of range(5)) stage.publish(ann, `p${n}`);
	stage.pass(2 * 3_600_000);
	expect(stage.alarmAt).toBeGreaterThan(stage.now);
	expect(stage.alarms.length).toBeLessThan(500);
	stage.publish(ann, "after");
	expect(stage.room.meta.head).toBe(6);
});

test("G9 a message whose turn fails is a sign of life all the same", () => {
	const stage = new Stage({}, false, new PoisonedStore());
	const ann = stage.join("ann");
	stage.join("bob");
	stage.pass(60_000);
	stage.cut(ann);
	stage.say(ann, publish(1, "poison"));
	stage.pass(SILENCE_MS_MAX - 1_000);
	expect(stage.closeCode(ann)).toBeNull();
	stage.pass(SWEEP_INTERVAL_MS_MIN + SEEN_REFRESH_MS + 1_000);
	expect(stage.closeCode(ann)).toBe(CLOSE.heartbeatLost);
});
