/** `explore` of `rotunda/testing`: it finds what is planted in an app's rules, says it shortly, and finds nothing else. */
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { explore, type Fault, type Plan, testRoom } from "../../src/testing/index.ts";

const MEMBERS = ["ann", "ben"];
const seat = v.object({ seat: v.string() });

/** Seats are held for a minute, and then bought or free again. `isLate`: whether one may buy who holds it no longer. */
const theatre = (isLate: (holder: string | null, from: string) => boolean) => () =>
	defineApp({
		events: {
			hold: {
				from: "members",
				data: seat,
				decide({ data, from }, room) {
					if ((room.get(`seat/${data.seat}`) ?? from) !== from) room.refuse("taken", "Somebody was faster.");
					room.set(`seat/${data.seat}`, from);
					room.later("free", 60_000, data);
				},
			},
			buy: {
				from: "members",
				data: seat,
				decide({ data, from }, room) {
					if (isLate(room.get(`seat/${data.seat}`), from)) room.refuse("late", "Hold it first.");
					room.publish("ticket", { ...data, of: from });
					room.set(`seat/${data.seat}`, `sold to ${from}`);
					room.cancel("free");
				},
			},
			free: { from: "backend", data: seat, decide: ({ data }, room) => room.set(`seat/${data.seat}`, null) },
			ticket: { from: "backend", data: v.object({ seat: v.string(), of: v.string() }) },
		},
		state: { "seat/*": { write: "rules", value: v.string() } },
	});
const evening: Plan<ReturnType<ReturnType<typeof theatre>>> = {
	members: MEMBERS,
	moves: {
		hold: (room) => room.publish("hold", { seat: "A1" }),
		buy: (room) => room.publish("buy", { seat: "A1" }),
	},
	holds: ({ events }) => (events.filter(({ name }) => name === "ticket").length > 1 ? "A1 is sold twice" : null),
};

describe("a theatre", () => {
	test("a planted double booking is found within 1,000 seeds, and said in ten lines or less", async () => {
		// Who has held it once may buy it, also where it is free again: nobody looks whether it was sold.
		const found = await explore(
			theatre((holder) => holder === null),
			evening,
		);
		expect(found?.why).toMatch(/^A1 is sold twice/);
		expect(String(found).split("\n").length).toBeLessThanOrEqual(10);
		expect(found?.steps.length).toBeLessThanOrEqual(5);
		expect(String(found)).toContain('publishes buy {"seat":"A1"}');
	});

	test("where nobody buys but who holds it, nothing is found", { timeout: 60_000 }, async () => {
		const right = theatre((holder, from) => holder !== from);
		expect(await explore(right, evening, { seeds: 100 })).toBe(null);
	});
});

test("the same seed is the same world, step by step, and another is another", async () => {
	const seen = async (from: number): Promise<string[]> => {
		const looks: string[] = [];
		const holds: typeof evening.holds = ({ of, now, events, members, entries }) =>
			void looks.push(JSON.stringify([of, now, events, members.map(({ id }) => id), entries()]));
		await explore(
			theatre(() => false),
			{ ...evening, holds },
			{ from, seeds: 20 },
		);
		return looks;
	};
	const looks = await seen(1);
	expect(looks.length).toBeGreaterThan(200);
	expect(await seen(1)).toEqual(looks);
	expect(await seen(21)).not.toEqual(looks);
});

/** An app of one rule, over numbers that only rules set. */
const counting = defineApp({
	events: {
		up: { from: "members", decide: (_, room) => room.set("count", (room.get("count") ?? 0) + 1) },
		"*": { from: "members" },
	},
	state: { count: { write: "rules", value: v.number() }, shown: { write: "members", value: v.number() } },
});

test("what takes many steps is said in ten lines as well, and no step is left out", async () => {
	const found = await explore(counting, {
		members: MEMBERS,
		moves: { up: (room) => room.publish("up", null) },
		holds: ({ get }) => (get("count") ?? 0) < 12,
	});
	expect(found?.steps.length).toBeGreaterThan(8);
	expect(String(found).split("\n").length).toBeLessThanOrEqual(10);
	expect(String(found).match(/\d+\. /g)).toHaveLength(found?.steps.length ?? 0);
});

describe("what is planted is found by the fault that it takes, and by no other", () => {
	/** The faults that find it, each alone; and "" where it takes none. */
	async function finders<A extends Parameters<typeof explore>[0]>(app: A, plan: Plan): Promise<string[]> {
		const all: Fault[] = ["cut", "slow", "leave", "crash", "sleep", "double", "race"];
		const found: string[] = [];
		if ((await explore(app, plan, { seeds: 25, faults: [] })) !== null) found.push("");
		for (const fault of found.length > 0 ? [] : all)
			if ((await explore(app, plan, { seeds: 30, faults: [fault] })) !== null) found.push(fault);
		return found;
	}

	test("G7 seats that are kept in the app's memory", { timeout: 60_000 }, async () => {
		const forgetful = () => {
			const taken = new Set<string>();
			const book = (key: string): boolean => taken.size < taken.add(key).size;
			return defineApp({
				events: {
					book: {
						from: "members",
						data: seat,
						decide: ({ data }, room) => (book(data.seat) ? undefined : room.refuse("taken", "It is.")),
					},
				},
			});
		};
		const plan: Plan = {
			members: MEMBERS,
			moves: { book: (room) => room.publish("book", { seat: "A1" }) },
			holds: ({ events }) => events.length <= 1,
		};
		expect(await finders(forgetful, plan)).toEqual(["crash", "sleep"]);
	});

	test("a turn that is given to one who has left", { timeout: 60_000 }, async () => {
		const game = defineApp({
			events: {
				move: {
					from: "members",
					decide: ({ from }, room) => room.set("turn", room.members.find(({ id }) => id !== from)?.id ?? null),
				},
			},
			state: { turn: { write: "rules", value: v.string() } },
		});
		const plan: Plan<typeof game> = {
			members: MEMBERS,
			moves: { move: (room) => room.publish("move", null) },
			holds: ({ of, get, members }) => {
				const turn = of === null ? get("turn") : null;
				if (turn !== null && members.every(({ id }) => id !== turn)) return "nobody can move";
			},
		};
		expect(await finders(game, plan as Plan)).toEqual(["cut", "leave"]);
	});

	test("a deadline that is not taken back", async () => {
		const quiz = defineApp({
			events: {
				ask: {
					from: "members",
					decide: (_, room) => {
						room.set("since", room.now);
						room.later(`end`, 30_000);
					},
				},
				stop: { from: "members", decide: (_, room) => room.set("since", null) },
				end: {
					from: "backend",
					decide: (_, room) => {
						if (room.get("since") === null) room.set("isEndless", true);
					},
				},
			},
			state: { since: { write: "rules", value: v.number() }, isEndless: { write: "rules", value: v.boolean() } },
		});
		const plan: Plan<typeof quiz> = {
			members: ["ann"],
			moves: { ask: (room) => room.publish("ask", null), stop: (room) => room.publish("stop", null) },
			holds: ({ get }) => get("isEndless") !== true,
		};
		expect(await finders(quiz, plan as Plan)).toEqual([""]);
		expect((await explore(quiz, plan))?.steps).toHaveLength(2);
	});

	test("an order that is charged as often as its button is clicked", { timeout: 60_000 }, async () => {
		const order = (isOnce: boolean): Plan<typeof counting> => ({
			members: ["ann"],
			moves: {
				order: (room, pick) => {
					const n = pick(1e9);
					return room.publish("order", { n }, isOnce ? { id: `order-${n}` } : {});
				},
			},
			holds: ({ events }) => new Set(events.map(({ data }) => JSON.stringify(data))).size === events.length,
		});
		expect(await finders(counting, order(false) as Plan)).toEqual(["double"]);
		expect(await finders(counting, order(true) as Plan)).toEqual([]);
	});

	test("a refusal that is remembered, where the network says it twice", async () => {
		const suspicious = () => {
			const known = new Set<number>();
			return defineApp({
				events: {
					enter: {
						from: "members",
						data: v.number(),
						decide: ({ data }, room) => {
							if (known.has(data)) return;
							known.add(data);
							room.refuse("again", "Say it again.");
						},
					},
				},
			});
		};
		const found = await explore(
			suspicious,
			{
				members: ["ann"],
				// One who says it twice itself is told that it waits for its answer.
				moves: { enter: (room, pick) => room.publish("enter", pick(1e9), { id: `${pick(1e9)}` }) },
				holds: ({ events }) => events.length === 0,
			},
			{ faults: ["double"] },
		);
		expect(String(found)).toContain("(sent twice)");
	});

	test("a number that pages count up themselves, from what they have heard", { timeout: 60_000 }, async () => {
		const plan: Plan<typeof counting> = {
			members: MEMBERS,
			moves: {
				up: async (room) => {
					if (room.state.kind !== "live") return;
					await room.set("shown", (room.get("shown") ?? 0) + 1);
					await room.publish("counted", null);
				},
			},
			ends: ({ of, get, events }) => of !== null || (get("shown") ?? 0) === events.length,
		};
		expect(await finders(counting, plan as Plan)).toEqual(expect.arrayContaining(["slow", "race"]));
	});
});

describe("what is no claim of the author's", () => {
	test("a rule that throws is found, at a publish and at a deadline; one that refuses is not", async () => {
		const app = (end: (count: number, refuse: () => never) => void) =>
			defineApp({
				events: {
					start: { from: "members", decide: (_, room) => room.later("end", 30_000) },
					end: { from: "backend", decide: (_, room) => end(2, () => room.refuse("no", "No.")) },
				},
			});
		const plan: Plan<ReturnType<typeof app>> = {
			members: MEMBERS,
			moves: { start: (room) => room.publish("start", null) },
		};
		const throwing = app(() => {
			throw new TypeError("count is not a function");
		});
		expect((await explore(throwing, plan))?.why).toBe("a rule failed: TypeError: count is not a function");
		expect(await explore(throwing, { ...plan, moves: {} }, { seeds: 20 })).toBe(null);
		const refusing = app((_, refuse) => refuse());
		expect(await explore(refusing, plan, { seeds: 20 })).toBe(null);
	});

	test("what a move throws is found, and what the room refuses is not", async () => {
		const move = (make: () => unknown): Plan<typeof counting> => ({ members: MEMBERS, moves: { make } });
		const wrong = move(() => Promise.reject(new Error("I cannot count")));
		expect((await explore(counting, wrong))?.why).toBe("the move `make` threw: I cannot count");
		const refused: Plan<typeof counting> = {
			members: MEMBERS,
			moves: { set: (room) => room.set("count" as "shown", 3), not: (room) => void room.publish("room.x", null) },
		};
		expect(await explore(counting, refused, { seeds: 20 })).toBe(null);
	});

	test("the app's backend acts as well", async () => {
		const found = await explore(counting, {
			members: MEMBERS,
			moves: {},
			backend: { up: (room) => room.post("up", null) },
			holds: ({ get }) => get("count") === null,
		});
		expect(found?.steps).toEqual(["the backend publishes up null"]);
	});
});

describe("faults of a test's own", () => {
	test("one who is slow hears and is heard later, in order", async () => {
		const room = testRoom(counting);
		const [ann, ben] = [room.join("ann"), room.join("ben")];
		await room.settle();
		room.slow(ann, 3_000);
		const said = [ann.publish("a", 1), ann.publish("a", 2)];
		await room.advance(2_999);
		expect(room.history()).toEqual([]);
		const heard: unknown[] = [];
		for (const each of [ann, ben]) each.on("event", ({ data }) => heard.push([each === ben, data, room.now % 60_000]));
		await room.advance(1);
		room.mend(ann);
		await room.advance(3_000);
		await Promise.all(said);
		expect(heard).toEqual([...[1, 2].map((n) => [true, n, 3_000]), ...[1, 2].map((n) => [false, n, 6_000])]);
	});

	test("what is repeated reaches the room twice", async () => {
		const room = testRoom(counting);
		const [ann, ben] = [room.join("ann"), room.join("ben")];
		await room.settle();
		const heard: unknown[] = [];
		ben.on("signal", ({ data }) => heard.push(data));
		room.repeat(ann);
		ann.signal("wave", 1);
		await room.settle();
		ann.signal("wave", 2);
		await room.settle();
		expect(heard).toEqual([1, 1, 2]);
		room.repeat(ann);
		await ann.publish("once", null);
		await room.settle();
		expect(room.history()).toHaveLength(1);
	});
});
