/** Rules that decide on events: what they do commits with its event or not at all. */
import { describe, expect, test } from "vitest";
import type { Decide, RuleRoom } from "../../src/protocol/decision.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import type { Rules } from "../../src/protocol/rules.ts";
import {
	DECISION_JOBS_MAX,
	DECISION_PUBLISHES_MAX,
	DECISION_READ_UNITS_MAX,
	DECISION_READS_MAX,
	DECISION_SETS_MAX,
	DECISION_WRITE_BYTES_MAX,
} from "../../src/protocol/rules-limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { event } from "./house-rules.ts";
import { operating } from "./moderator.ts";
import { ruled } from "./ruled.ts";
import { events, only, range, scenario, seqs } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { CLEAR, done, lastJob, settle, task, wipe } from "./work.ts";

const play = (name: string, rules: Rules, body: (stage: Stage) => void) => scenario(name, body, {}, rules);
const errors = (stage: Stage, session: string) => only(stage.heard(session), "error");
const codes = (stage: Stage, session: string) => errors(stage, session).map(({ code }) => code);
const names = (stage: Stage, session: string) => events(stage.heard(session)).map(({ name }) => name);
const move = (stage: Stage, session: string, id: string, data: unknown = id, name = "move") =>
	stage.publish(session, id, data, { name });

function entries(stage: Stage): Record<string, unknown> {
	const { bodies } = stage.room.state.page({ limit: 200 }, OPERATOR);
	const found = bodies.map((body) => JSON.parse(body) as { key: string; value: unknown });
	return Object.fromEntries(found.map(({ key, value }) => [key, value]));
}

/** Takes a place that nobody has. */
const seat: Decide = ({ data, from }, room) => {
	if (room.get(`score/${data}`) !== null) room.refuse("taken", "Somebody sits there.");
	room.set(`score/${data}`, from);
	room.publish("seated", { seat: data, by: from });
};

describe("a decision", () => {
	play(
		"[P-12] [R-10] sets and publishes with its event, in one frame, and what it publishes names its cause",
		ruled({ move: seat }),
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			stage.news(bob);
			const before = stage.frames(bob).length;
			move(stage, ann, "m1", "a1");
			expect(stage.frames(bob)).toHaveLength(before + 1);
			expect(stage.news(bob)).toMatchObject([
				{ type: "event", seq: 1, from: "ann", id: "m1", name: "move", data: "a1" },
				{
					type: "event",
					seq: 2,
					from: "room:events",
					author: "Room",
					of: 1,
					name: "seated",
					data: { seat: "a1", by: "ann" },
				},
				{ type: "state", entries: [{ key: "score/a1", value: "ann" }] },
			]);
		},
	);

	play(
		"[P-12] a refusal leaves nothing: neither what was set, nor what was published, nor its id",
		ruled({
			move: (event, room) => {
				room.set("score/tries", "one");
				room.publish("tried", null);
				room.later("close", 5_000);
				room.job("card", "http://a.example/");
				if (event.data === "bad") room.refuse("bad_move", "Not there.");
			},
		}),
		(stage) => {
			const ann = stage.join("ann");
			const version = stage.room.version;
			move(stage, ann, "m1", "bad");
			expect(errors(stage, ann)).toEqual([{ type: "error", id: "m1", code: "app.bad_move", message: "Not there." }]);
			expect([stage.room.meta.head, stage.room.version, entries(stage)]).toEqual([0, version, {}]);
			expect(stage.queue.letters).toEqual([]);
			stage.pass(60_000);
			expect(names(stage, ann)).toEqual([]);
			// The id is free: another try of the same id is judged anew, whatever it holds.
			move(stage, ann, "m1", "good");
			expect(names(stage, ann)).toEqual(["move", "tried"]);
			// And then it is known.
			move(stage, ann, "m1", "good");
			expect(only(stage.heard(ann), "ack")).toEqual([{ type: "ack", id: "m1", seq: 1 }]);
		},
	);

	play(
		"G3 a repeat is not decided again",
		ruled({
			move: (_, room) => room.set("score/count", Number(room.get("score/count") ?? 0) + 1),
		}),
		(stage) => {
			const ann = stage.join("ann");
			for (const _ of range(3)) move(stage, ann, "m1");
			expect(entries(stage)).toEqual({ "score/count": 1 });
		},
	);

	play(
		"sees what the turn has made so far, and what it does itself",
		ruled({
			move: ({ data }, room) => {
				const all = room.entries("score/").map(({ key, value }) => `${key}=${value}`);
				room.set(`score/${data}`, all.length);
				expect(room.get(`score/${data}`)).toBe(all.length);
				expect(room.entries("score/")).toHaveLength(all.length + 1);
				if (data === "c") room.set("score/a", null);
				if (data === "c") expect(room.entries("score/").map(({ key }) => key)).toEqual(["score/b", "score/c"]);
			},
		}),
		(stage) => {
			const ann = stage.join("ann");
			const said = ["a", "b", "c"].map((id) => stage.saying(ann, { type: "publish", id, name: "move", data: id }));
			stage.step(said);
			expect(errors(stage, ann)).toEqual([]);
			expect(entries(stage)).toEqual({ "score/b": 1, "score/c": 2 });
		},
	);

	play(
		"comes after all other checks, and before the event has its place",
		ruled({
			move: event({
				decide: (each, room) => room.refuse("seen", `${each.seq} ${each.from} ${each.author} ${each.can.length}`),
			}),
		}),
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob", { can: ["read"] })];
			move(stage, bob, "m1");
			expect(codes(stage, bob)).toEqual(["forbidden"]);
			stage.publish(ann, "p1");
			stage.publish(ann, "m2", 1, { name: "move", expect: 0 });
			move(stage, ann, "m3");
			expect(errors(stage, ann)).toMatchObject([{ code: "conflict" }, { code: "app.seen", message: "2 ann ANN 5" }]);
		},
	);

	play("over HTTP and for operators alike", ruled({ move: seat }), (stage) => {
		expect(stage.post("ann", { id: "m1", name: "move", data: "a1" })).toMatchObject({ outcome: "published", seq: 1 });
		expect(stage.post(OPERATOR, { id: "m1", name: "move", data: "a1" })).toMatchObject({
			outcome: "refused",
			refusal: { code: "app.taken", message: "Somebody sits there." },
		});
		expect(stage.post(OPERATOR, { id: "m1", name: "move", data: "a2" })).toMatchObject({
			outcome: "published",
			seq: 3,
		});
	});

	play(
		"of a held event at its release: a refusal settles the hold as failed",
		ruled({
			move: event({ check: { kind: "check", when: "before", unchecked: "refuse", withinMs: 60_000 }, decide: seat }),
		}),
		(stage) => {
			const ann = stage.join("ann");
			move(stage, ann, "m1", "a1");
			const first = lastJob(stage);
			move(stage, ann, "m2", "a1");
			const second = lastJob(stage);
			expect(entries(stage)).toEqual({});
			settle(stage, second, CLEAR);
			expect(entries(stage)).toEqual({ "score/a1": "ann" });
			settle(stage, first, CLEAR);
			expect(names(stage, ann)).toEqual(["move", "seated"]);
			expect(only(stage.heard(ann), "job").at(-1)).toMatchObject({
				id: "m1",
				state: "failed",
				error: { code: "app.taken", message: "Somebody sits there." },
			});
			// Its repeat is told the same.
			move(stage, ann, "m1", "a1");
			expect(errors(stage, ann).at(-1)).toMatchObject({ id: "m1", code: "app.taken" });
		},
	);

	play(
		"what a redacted event made is taken back with it; nothing decides on what a rule publishes",
		ruled({
			move: (_, room) => room.publish("told", "of a move"),
			told: (_, room) => room.refuse("never", "Nothing decides on it."),
		}),
		(stage) => {
			const ann = stage.join("ann");
			move(stage, ann, "m1");
			stage.step([operating({ action: "redact", seq: 1 })]);
			const bob = stage.join("bob");
			expect(
				events(stage.heard(bob))
					.map(({ seq, data, redacted }) => [seq, data, redacted])
					.slice(0, 2),
			).toEqual([
				[1, null, true],
				[2, null, true],
			]);
		},
	);

	test("of an erased member's event: what it made is told no more from that turn on", () => {
		const stage = new Stage(
			{},
			true,
			new MemoryStore(),
			ruled({ move: ({ data }, room) => room.publish("told", data) }),
		);
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		for (const n of range(150)) {
			move(stage, ann, `m${n}`, "secret");
			stage.pass(100);
		}
		stage.turn([operating({ action: "erase", member: "ann" })]);
		expect(stage.room.page({ limit: 200 }).bodies.filter((body) => body.includes("secret"))).toEqual([]);
		stage.rest();
		expect(stage.room.page({ limit: 200 }).bodies.filter((body) => body.includes("secret"))).toEqual([]);
		expect(stage.closeCode(bob)).toBeNull();
	});

	test("of an erased member's event that is trimmed already: what it made, and is still kept, is told no more either", () => {
		const told = ruled({
			move: ({ data }, room) => {
				for (const n of range(4)) room.publish("told", `${data} ${n}`);
			},
		});
		const stage = new Stage({ historyEventsMax: 3 }, true, new MemoryStore(), told);
		const ann = stage.join("ann");
		move(stage, ann, "m1", "secret");
		stage.pass(60_000);
		stage.rest();
		const bodies = () => stage.room.page({ limit: 200 }).bodies.filter((body) => body.includes("secret"));
		expect(bodies()).toHaveLength(3);
		stage.turn([operating({ action: "erase", member: "ann" })]);
		expect(bodies()).toEqual([]);
	});

	play(
		"G5 a job that a rule asks for has its own input, is owed with its event, and its outcome names it",
		ruled({
			move: ({ data }, room) => room.job("card", `http://a.example/${data}`),
		}),
		(stage) => {
			const ann = stage.join("ann");
			move(stage, ann, "m1", "x");
			expect(task(stage, lastJob(stage))).toMatchObject({ kind: "card", input: '"http://a.example/x"' });
			settle(stage, lastJob(stage), { title: "X" });
			expect(events(stage.heard(ann)).at(-1)).toMatchObject({
				name: "room.job",
				data: { name: "card", of: 1, result: { title: "X" } },
			});
		},
	);

	play(
		"what a rule publishes starts the jobs of its name",
		ruled({
			move: (_, room) => room.publish("chat", "http://b.example/"),
		}),
		(stage) => {
			const ann = stage.join("ann");
			move(stage, ann, "m1");
			expect(task(stage, lastJob(stage))).toMatchObject({ kind: "card", input: '"http://b.example/"' });
			stage.step([done(stage, lastJob(stage), "a card")]);
			expect(events(stage.heard(ann)).at(-1)).toMatchObject({ name: "room.job", data: { of: 2 } });
		},
	);

	play(
		"an equal value changes no version, and a drop of nothing none",
		ruled({
			move: (_, room) => {
				room.set("score/a", { x: 1, y: 2 });
				room.set("score/none", null);
			},
		}),
		(stage) => {
			const ann = stage.join("ann");
			move(stage, ann, "m1");
			move(stage, ann, "m2");
			expect(stage.room.version).toBe(1);
		},
	);

	play(
		"it is told only to whom its entry is",
		ruled({ move: ({ from }, room) => room.set(`secret/${from}`, "own") }),
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			move(stage, ann, "m1");
			expect(only(stage.heard(ann), "state")).toHaveLength(1);
			expect(only(stage.heard(bob), "state")).toEqual([]);
		},
	);
});

describe("a rule that may not", () => {
	const broken = (name: string, decide: Decide, code = "internal", mishaps: unknown[] = ["rule"]) =>
		test(`${name}: the event is refused \`${code}\`, and nothing of it is kept`, () => {
			const stage = new Stage({}, false, new MemoryStore(), ruled({ move: decide }));
			const ann = stage.join("ann");
			stage.say(ann, [
				{ type: "publish", id: "p1", name: "chat", data: 1 },
				{ type: "publish", id: "m1", name: "move", data: 1 },
				{ type: "publish", id: "p2", name: "chat", data: 2 },
			]);
			// The others of its turn land, and it is one turn.
			expect(names(stage, ann)).toEqual(["chat", "chat"]);
			expect(errors(stage, ann)).toMatchObject([{ id: "m1", code }]);
			expect(errors(stage, ann)[0]?.message).not.toContain("secret");
			expect(entries(stage)).toEqual({});
			expect(stage.reports.map(({ mishap }) => mishap)).toEqual(mishaps);
		});
	const after = (room: RuleRoom): void => {
		room.set("score/a", "secret");
		room.publish("chat", "secret");
	};
	broken("throws", (_, room) => {
		after(room);
		throw new Error("secret");
	});
	broken("gives a promise", async (_, room) => after(room));
	broken(
		"catches its own refusal",
		(_, room) => {
			try {
				room.refuse("no", "No.");
			} catch {
				after(room);
			}
		},
		"app.no",
		[],
	);
	broken("refuses with a code that is none", (_, room) => room.refuse("no such", "No."));
	broken("reads too many entries", (_, room) => {
		for (const n of range(DECISION_READS_MAX + 1)) room.get(`score/${n}`);
	});
	broken("sets too many", (_, room) => {
		for (const n of range(DECISION_SETS_MAX + 1)) room.set(`score/${n}`, n);
	});
	broken("publishes too much", (_, room) => {
		for (const n of range(DECISION_PUBLISHES_MAX + 1)) room.publish("chat", n);
	});
	broken("owes too many jobs", (_, room) => {
		for (const n of range(DECISION_JOBS_MAX + 1)) room.job("card", n);
	});
	broken("catches that it may not", (_, room) => {
		try {
			for (const n of range(DECISION_SETS_MAX + 1)) room.set(`score/${n}`, n);
		} catch {}
	});
	broken("sets what is no JSON", (_, room) => room.set("score/a", undefined));
	broken("sets what is no number", (_, room) => room.set("score/a", { x: Number.NaN }));
	broken("sets half a character", (_, room) => room.set("score/a", "\ud800"));
	broken("sets what nests too deep", (_, room) => {
		let deep: unknown = 1;
		for (const _ of range(40)) deep = [deep];
		room.set("score/a", deep);
	});
	broken("sets a deadline that never comes", (_, room) => room.later("close", Number.POSITIVE_INFINITY));
	broken("sets an entry that fits no pattern", (_, room) => room.set("none", 1), "forbidden", []);
	broken("sets an entry of the room's", (_, room) => room.set("room.x", 1), "reserved_name", []);
	broken("publishes an event of the room's", (_, room) => room.publish("room.job", 1), "reserved_name", []);
	broken("sets what is against its schema", (_, room) => room.set("stock/a", -1), "invalid", []);
	broken("publishes what is against its schema", (_, room) => room.publish("strict", "bad"), "invalid", []);
	broken("sets too large a value", (_, room) => room.set("score/a", "x".repeat(40_000)), "too_large", []);
	broken(
		"does too much in all",
		(_, room) => {
			for (const n of range(10)) room.set(`score/${n}`, "x".repeat(DECISION_WRITE_BYTES_MAX / 9));
		},
		"too_large",
		[],
	);
	broken("asks for a job of no kind", (_, room) => room.job("nothing", 1), "unknown_job", []);
	broken("asks for a job that cannot be done", (_, room) => room.job("undone", 1), "not_configured", []);
	broken("asks for a job against its schema", (_, room) => room.job("sum", "bad"), "invalid", []);

	test("reads too much of it in all", () => {
		const rules = ruled({
			fill: ({ data }, room) => room.set(`score/${data}`, "x".repeat(32_000)),
			move: (_, room) => void room.entries("score/"),
		});
		const stage = new Stage({ publishPerSecond: 0 }, false, new MemoryStore(), rules);
		const ann = stage.join("ann");
		for (const n of range(Math.ceil(DECISION_READ_UNITS_MAX / 32_000))) move(stage, ann, `f${n}`, n, "fill");
		expect(codes(stage, ann)).toEqual([]);
		move(stage, ann, "m1");
		expect(codes(stage, ann)).toEqual(["internal"]);
	});

	test("finds the state full: the event is refused, also where several entries fill it together", () => {
		const rules = ruled({
			move: ({ data }, room) => (data as string[]).forEach((key) => void room.set(`score/${key}`, 1)),
		});
		const stage = new Stage({ stateEntriesMax: 3 }, false, new MemoryStore(), rules);
		const ann = stage.join("ann");
		move(stage, ann, "m1", ["a", "b"]);
		move(stage, ann, "m2", ["c", "d"]);
		move(stage, ann, "m3", ["a", "b", "c"]);
		expect(codes(stage, ann)).toEqual(["state_full"]);
		expect(entries(stage)).toEqual({ "score/a": 1, "score/b": 1, "score/c": 1 });
	});

	test("keeps what it was given: afterwards it is of no use", () => {
		let kept: RuleRoom | null = null;
		const stage = new Stage(
			{},
			false,
			new MemoryStore(),
			ruled({
				move: (_, room) => {
					kept = room;
				},
			}),
		);
		const ann = stage.join("ann");
		move(stage, ann, "m1");
		expect(() => kept?.set("score/a", 1)).toThrow("of no use");
		stage.publish(ann, "p1");
		expect(entries(stage)).toEqual({});
	});

	test("catches what the store throws: the turn is rolled back all the same, and nothing of it is kept", () => {
		class Broken extends MemoryStore {
			isBroken = false;

			override readEntries(keys: readonly string[]): ReturnType<MemoryStore["readEntries"]> {
				if (this.isBroken) throw new Error("planted");
				return super.readEntries(keys);
			}
		}
		const store = new Broken();
		const rules = ruled({
			move: (_, room) => {
				try {
					room.get("score/a");
				} catch {
					room.publish("chat", "caught");
				}
			},
		});
		const stage = new Stage({}, false, store, rules);
		const ann = stage.join("ann");
		store.isBroken = true;
		move(stage, ann, "m1");
		expect([codes(stage, ann), names(stage, ann)]).toEqual([["internal"], []]);
		expect(stage.reports.map(({ mishap }) => mishap)).toEqual(["turn", "input"]);
	});

	test("changes the data that it is given: nobody else sees that, nor is a repeat another event", () => {
		const stage = new Stage(
			{},
			false,
			new MemoryStore(),
			ruled({
				move: ({ data }) => {
					(data as { x: number }).x = 2;
				},
			}),
		);
		const ann = stage.join("ann");
		move(stage, ann, "m1", { x: 1 });
		move(stage, ann, "m1", { x: 1 });
		expect(events(stage.heard(ann)).map(({ data }) => data)).toEqual([{ x: 1 }]);
		expect(only(stage.heard(ann), "ack")).toHaveLength(1);
	});
});

describe("dice", () => {
	const roll = ruled({
		roll: (_, room) => room.publish("rolled", [room.random(), room.random()]),
		try: (_, room) => room.refuse("no", String(room.random())),
	});
	const rolls = (stage: Stage, session: string) =>
		events(stage.heard(session))
			.filter(({ name }) => name === "rolled")
			.flatMap(({ data }) => data as number[]);

	play("fall evenly, each anew, and the same through sleep", roll, (stage) => {
		const ann = stage.join("ann");
		for (const n of range(100)) {
			move(stage, ann, `r${n}`, n, "roll");
			stage.pass(100);
		}
		const all = rolls(stage, ann);
		expect(new Set(all).size).toBe(200);
		for (const each of all) expect(each >= 0 && each < 1).toBe(true);
		expect(all.reduce((sum, each) => sum + each, 0) / all.length).toBeCloseTo(0.5, 0);
	});

	play("a refused decision has had its throw: nobody tries the next one out", roll, (stage) => {
		const ann = stage.join("ann");
		for (const n of range(3)) move(stage, ann, `t${n}`, n, "try");
		expect(new Set(errors(stage, ann).map(({ message }) => message)).size).toBe(3);
	});

	test("fall otherwise in another room, and after a wipe", () => {
		const thrown = (salt: string, isWiped = false): number[] => {
			const store = new MemoryStore();
			const stage = new Stage({}, false, store, roll);
			let ann = stage.join("ann");
			store.transaction(() => store.saveMeta({ ...stage.room.meta, salt }));
			stage.sleep();
			if (isWiped) {
				wipe(stage);
				ann = stage.join("ann");
			}
			move(stage, ann, "r1", 1, "roll");
			return rolls(stage, ann);
		};
		expect(thrown("one")).toEqual(thrown("one"));
		expect(thrown("one")).not.toEqual(thrown("two"));
		expect(thrown("one")).not.toEqual(thrown("one", true));
	});
});

test("a turn decides on so much, and what comes after it waits for the next, in its order", () => {
	const rules = ruled({
		fill: ({ data }, room) => room.set(`score/${data}`, "x".repeat(30_000)),
		move: (_, room) => void room.entries("score/"),
	});
	const stage = new Stage({ publishPerSecond: 0 }, false, new MemoryStore(), rules);
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	for (const n of range(16)) move(stage, ann, `f${n}`, n, "fill");
	const before = stage.turns;
	const publish = (id: string, name: string) => ({ type: "publish", id, name, data: null });
	stage.news(bob);
	stage.step([
		stage.saying(
			ann,
			range(6).map((n) => publish(`m${n}`, "move")),
		),
		stage.saying(bob, publish("b1", "chat")),
		stage.saying(ann, publish("a1", "chat")),
	]);
	expect(stage.turns - before).toBeGreaterThan(3);
	expect(events(stage.news(bob)).map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6", "b1", "a1"]);
	expect(seqs(stage.heard(bob))).toEqual(range(24));
});
