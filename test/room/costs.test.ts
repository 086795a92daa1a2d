/** What an input costs is what is bounded (G8, G6): repeats, bytes, refusals, and what a turn tells single sessions. */
import { expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/codes.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import {
	BUFFERED_BYTES_MAX,
	MEMBER_BYTES_BURST_SECONDS,
	MEMBER_BYTES_PER_SECOND,
	REFUSALS_PER_SECOND,
	REFUSALS_SECONDS,
	REPEATS_BURST_SECONDS,
	REPEATS_PER_SECOND,
	REPLAY_FRAME_BYTES_MAX,
	TURN_PRIVATE_UNITS_MAX,
} from "../../src/protocol/limits.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { erase } from "./moderator.ts";
import { awakeScenario, events, only, range, scenario, seqs } from "./scenario.ts";
import { Stage } from "./stage.ts";

const UNLIMITED = { publishPerSecond: 0 };

function publishing(id: string, data: unknown = "x") {
	return { type: "publish", id, name: "chat", data };
}

/** 500 events that say `canary`. */
function sayMuch(stage: Stage, session: string): void {
	for (const n of range(5))
		stage.say(
			session,
			range(100).map((m) => publishing(`${n}.${m}`, "canary")),
		);
}

/** So many events of so many bytes, from one who leaves again. */
function fill(stage: Stage, count: number, bytes: number): void {
	const past = stage.join("past");
	for (const n of range(count)) stage.say(past, publishing(`${n}`, "x".repeat(bytes)));
	stage.leave(past);
}

awakeScenario(
	"G3 G8 a repeat is answered from its key: the event is not read, and beyond a member's repeats it is `rate_limited`",
	(stage) => {
		const ann = stage.join("ann");
		stage.say(ann, publishing("p1", "x".repeat(500)));
		let reads = 0;
		const { after } = stage.store;
		stage.store.after = (...from) => {
			reads++;
			return after.apply(stage.store, from);
		};
		const most = REPEATS_PER_SECOND * REPEATS_BURST_SECONDS;
		for (const _ of range(most / 100)) stage.say(ann, Array(100).fill(publishing("p1", "x".repeat(500))));
		expect(only(stage.heard(ann), "ack")).toHaveLength(most);
		expect(reads).toBe(0);
		stage.say(ann, publishing("p1", "x".repeat(500)));
		const [refusal] = only(stage.heard(ann), "error");
		expect(refusal).toMatchObject({ id: "p1", code: "rate_limited", retryAfterMs: 1000 / REPEATS_PER_SECOND });
		stage.pass(refusal?.retryAfterMs ?? 0);
		stage.say(ann, publishing("p1", "x".repeat(500)));
		expect(only(stage.heard(ann), "ack")).toHaveLength(most + 1);
		expect(stage.room.meta.head).toBe(1);
	},
);

scenario(
	"G3 a repeat with the same data in another order of keys is one, and with other data is `id_reused`",
	(stage) => {
		const ann = stage.join("ann");
		stage.say(ann, publishing("p1", { a: 1, b: [1, { c: "d" }] }));
		stage.say(ann, publishing("p1", { b: [1, { c: "d" }], a: 1 }));
		stage.say(ann, publishing("p1", { a: 1, b: [{ c: "d" }, 1] }));
		stage.say(ann, { ...publishing("p1", { a: 1, b: [1, { c: "d" }] }), name: "other" });
		expect(only(stage.heard(ann), "ack")).toMatchObject([{ id: "p1", seq: 1 }]);
		expect(only(stage.heard(ann), "error").map(({ code }) => code)).toEqual(["id_reused", "id_reused"]);
	},
);

awakeScenario(
	"G8 a member says so many bytes, and no more until it has waited; another is not held up by it",
	(stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const bytes = 32_000;
		const fits = Math.floor((MEMBER_BYTES_PER_SECOND * MEMBER_BYTES_BURST_SECONDS) / (bytes + 2));
		for (const n of range(fits + 1)) {
			stage.say(ann, publishing(`p${n}`, "x".repeat(bytes)));
			stage.pass(20);
			if (stage.room.meta.head < n) break;
		}
		for (const n of range(100)) stage.say(ann, publishing(`q${n}`, "x".repeat(bytes)));
		const [refusal] = only(stage.heard(ann), "error");
		expect(refusal).toMatchObject({ code: "rate_limited" });
		expect(stage.room.meta.head).toBeLessThan(fits + 20);
		stage.say(bob, publishing("p1", "x".repeat(bytes)));
		expect(events(stage.heard(bob)).at(-1)).toMatchObject({ from: "bob" });
	},
);

scenario(
	"with PUBLISH_PER_SECOND=0 neither bytes nor repeats are too many",
	(stage) => {
		const ann = stage.join("ann");
		for (const n of range(100)) stage.say(ann, publishing(`p${n}`, "x".repeat(32_000)));
		for (const _ of range(20)) stage.say(ann, Array(100).fill(publishing("r", "x".repeat(500))));
		for (let n = 0; n < 100; n++) stage.publish(ann, `q${n}`, "x".repeat(32_000));
		expect(only(stage.heard(ann), "error")).toEqual([]);
	},
	UNLIMITED,
);

awakeScenario(
	"G8 [L-5] one who is refused without end is sent away, within a minute again for good; who waits is not",
	(stage) => {
		const most = REFUSALS_PER_SECOND * REFUSALS_SECONDS;
		const nonsense = Array(100).fill({ type: "nonsense" });
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		for (const _ of range(most / 100)) stage.say(ann, nonsense);
		expect(stage.closeCode(ann)).toBeNull();
		stage.say(ann, nonsense);
		expect(stage.closeCode(ann)).toBe(CLOSE.busy);
		expect(only(stage.heard(ann), "error").at(-1)).toMatchObject({ code: "overloaded", retryAfterMs: 10_000 });
		stage.pass(5_000);
		const again = stage.join("ann");
		for (const _ of range(most / 100 + 1)) stage.say(again, nonsense);
		expect(stage.closeCode(again)).toBe(CLOSE.violated);
		for (const _ of range(120)) {
			stage.say(bob, nonsense);
			stage.pass(1_000);
		}
		expect(stage.closeCode(bob)).toBeNull();
	},
);

/** How many characters each turn told single sessions. */
function meter(stage: Stage): number[] {
	const told: number[] = [];
	const watch = (): void => {
		const { room } = stage;
		const { turn } = room;
		room.turn = (inputs, now) => {
			const effects = turn.call(room, inputs, now);
			const texts = [...effects.frames.values(), ...effects.private.values()].flat();
			told.push(texts.reduce((sum, text) => sum + text.length, 0));
			return effects;
		};
	};
	watch();
	return told;
}

/** The budget is looked at before each is served: the last one served may pass it by a page. */
const MOST = TURN_PRIVATE_UNITS_MAX + 200 * 1024;

awakeScenario(
	"G6 pages that many ask for at once are told turn by turn, each of them, and in the order in which one asked",
	(stage) => {
		fill(stage, 40, 30_000);
		const sessions = range(60).map((n) => stage.join(`m${n}`, { history: 0 }));
		const told = meter(stage);
		stage.step(
			sessions.map((session) =>
				stage.saying(
					session,
					range(5).map((n) => ({ type: "history", id: `h${n}`, limit: 5 })),
				),
			),
		);
		expect(Math.max(...told)).toBeLessThan(MOST);
		expect(told.length).toBeGreaterThan(5);
		for (const session of sessions) {
			expect(only(stage.heard(session), "history").map(({ id }) => id)).toEqual(range(5).map((n) => `h${n}`));
		}
	},
	UNLIMITED,
);

awakeScenario(
	"G6 a page that a crowd asks for is read once a turn, whoever asks, and each has its own id and what it asked for",
	(stage) => {
		fill(stage, 200, 1_000);
		const sessions = range(50).map((n) => stage.join(`m${n}`, { history: 0 }));
		let read = 0;
		const { sizesAfter } = stage.store;
		stage.store.sizesAfter = (...from) => {
			read++;
			return sizesAfter.apply(stage.store, from);
		};
		const asking = (n: number) => ({
			type: "history",
			id: `h${n}`,
			...(n % 2 === 0 ? { limit: 5 } : { after: 10, limit: 5 }),
		});
		stage.step(sessions.map((session, n) => stage.saying(session, asking(n))));
		expect(read).toBe(2);
		for (const [n, session] of sessions.entries()) {
			const [page] = only(stage.heard(session), "history");
			expect(page?.id).toBe(`h${n}`);
			expect(page?.events.map(({ seq }) => seq)).toEqual(n % 2 === 0 ? range(5, 196) : range(5, 11));
		}
	},
	UNLIMITED,
);

awakeScenario(
	"G4 G6 who come at once are welcomed in a frame of its own each, and replayed in frames of 32 KiB, turn by turn",
	(stage) => {
		fill(stage, 200, 10_000);
		const told = meter(stage);
		const joins = range(32).map((n) => stage.joining(`m${n}`, { since: "epoch1.0" }));
		stage.step(joins);
		expect(Math.max(...told)).toBeLessThan(MOST);
		for (const { session } of joins) {
			const [first = "", ...frames] = stage.frames(session);
			expect((JSON.parse(first) as ServerMessage[]).map(({ type }) => type)).toEqual(["welcome"]);
			expect(seqs(stage.heard(session))).toEqual(range(200));
			for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(REPLAY_FRAME_BYTES_MAX);
		}
	},
	UNLIMITED,
);

awakeScenario(
	"G6 where many catch up at once a page is smaller: what all of their sockets are handed is no more than half of what they may hold",
	(stage) => {
		fill(stage, 30, 20_000);
		const most = new Map<string, number>();
		const { room } = stage;
		const { turn } = room;
		room.turn = (inputs, now) => {
			const effects = turn.call(room, inputs, now);
			for (const [session, frames] of effects.frames) {
				const page = frames.filter((frame) => !frame.includes('"type":"welcome"')).join("").length;
				most.set(session, Math.max(page, most.get(session) ?? 0));
			}
			return effects;
		};
		const joins = range(500).map((n) => stage.joining(`m${n}`, { since: "epoch1.0" }));
		stage.step(joins);
		const all = [...most.values()].reduce((sum, page) => sum + page, 0);
		expect(most.size).toBe(joins.length);
		expect(all).toBeLessThanOrEqual(BUFFERED_BYTES_MAX / 2);
		for (const { session } of joins) expect(seqs(stage.heard(session))).toEqual(range(30));
	},
	UNLIMITED,
);

awakeScenario(
	"an erasure is answered at once: who reads while its rows still go hears nothing of it",
	(stage) => {
		sayMuch(stage, stage.join("ann"));
		stage.publish(stage.join("bob"), "b1", "stays");
		let read = 0;
		const { room } = stage;
		const { turn } = room;
		room.turn = (inputs, now) => {
			const effects = turn.call(room, inputs, now);
			// Between one piece and the next: the page, the members and what a consumer would be given.
			const all = JSON.stringify([room.page({ after: 0, limit: 200 }), room.page({ limit: 200 }), room.members()]);
			expect(all).not.toContain("canary");
			expect(all).not.toContain("ANN");
			read++;
			return effects;
		};
		erase(stage, "ann");
		expect(read).toBeGreaterThan(3);
		expect(JSON.stringify(stage.store.after(0, 2_000))).not.toContain("canary");
		expect(JSON.stringify(stage.store.after(0, 2_000))).toContain("stays");
		expect(stage.store.erasures()).toEqual([]);
	},
	UNLIMITED,
);

scenario(
	"G7 an erasure goes on through sleep, and by its alarm after a crash",
	(stage) => {
		sayMuch(stage, stage.join("ann"));
		stage.turn([
			{
				type: "moderate",
				reply: "erasing",
				by: { member: "room:operator", name: "Operator", can: [], address: null },
				action: { action: "erase", member: "ann" },
			},
		]);
		expect(stage.store.erasures()).toHaveLength(1);
		expect(stage.alarmAt).not.toBeNull();
		stage.crash();
		stage.pass(10_000);
		expect(stage.store.erasures()).toEqual([]);
		expect(JSON.stringify(stage.store.after(0, 2_000))).not.toContain("canary");
	},
	UNLIMITED,
);

test("posts that are refused over and over are answered rate_limited, before anything else is looked at; others' are not", () => {
	const stage = new Stage({ publishPerSecond: 1_000 });
	stage.join("ann");
	const conflict = (member: string, n: number) =>
		stage.post(member, { id: `c${n}`, name: "note", data: 1, expect: 99 });
	const codeOf = (reply: ReturnType<typeof conflict>) =>
		reply.outcome === "refused" ? reply.refusal.code : reply.outcome;
	const most = REFUSALS_PER_SECOND * REFUSALS_SECONDS;
	for (let n = 0; n < most; n++) expect(codeOf(conflict("bob", n))).toBe("conflict");
	expect(conflict("bob", most)).toMatchObject({ refusal: { code: "rate_limited", retryAfterMs: expect.any(Number) } });
	expect(codeOf(stage.post("bob", { id: "p1", name: "note", data: 1 }))).toBe("rate_limited");
	expect(codeOf(stage.post("cat", { id: "p1", name: "note", data: 1 }))).toBe("published");
	expect(codeOf(stage.post(OPERATOR, { id: "p1", name: "note", data: 1 }))).toBe("published");
	// Who waits as long as it was told is heard again.
	stage.pass(1_000);
	expect(codeOf(stage.post("bob", { id: "p2", name: "note", data: 1 }))).toBe("published");
});
