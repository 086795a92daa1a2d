import { describe, expect, test } from "vitest";
import type { State, StateEntry } from "../../src/protocol/entries.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import { SILENCE_MS_MAX } from "../../src/protocol/limits.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { DROPS_MAX, DROPS_MS, DROPS_SLACK } from "../../src/protocol/state-limits.ts";
import { houseRules } from "./house-rules.ts";
import { operating } from "./moderator.ts";
import { events, only, range, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { wipe } from "./work.ts";

const DAY_MS = 24 * 3_600_000;

/** What a client holds that has heard all of this: its entries by key, and its own version. */
class Holder {
	readonly entries = new Map<string, { value: unknown; version: number }>();
	version: number | undefined;

	hear(heard: readonly ServerMessage[]): this {
		for (const message of heard) if (message.type === "state") this.#take(message);
		return this;
	}

	#take({ version, entries, full, more }: State): void {
		if (full) this.entries.clear();
		for (const entry of entries) {
			const of = entry.version ?? version;
			const held = this.entries.get(entry.key)?.version ?? 0;
			expect(of, `${entry.key} never goes back`).toBeGreaterThanOrEqual(held);
			if (entry.value === null) this.entries.delete(entry.key);
			else this.entries.set(entry.key, { value: entry.value, version: of });
		}
		if (more === undefined) this.version = version;
	}

	get values(): Record<string, unknown> {
		return Object.fromEntries([...this.entries].map(([key, { value }]) => [key, value]).sort());
	}
}

const held = (heard: readonly ServerMessage[]) => new Holder().hear(heard);
const states = (heard: readonly ServerMessage[]) => only(heard, "state");
const entry = (key: string, value: unknown, version?: number): StateEntry =>
	version === undefined ? { key, value } : { key, value, version };
const codes = (heard: readonly ServerMessage[]) => only(heard, "error").map(({ code }) => code);
const types = (heard: readonly ServerMessage[]) => heard.map(({ type }) => type);

/** Everything over HTTP that a member may see. */
function listed(stage: Stage, member: string): Record<string, unknown> {
	const page = stage.room.state.page({ limit: 200 }, member);
	expect(page.more).toBe(false);
	const bodies = page.bodies.map((body) => JSON.parse(body) as { key: string; value: unknown });
	return Object.fromEntries(bodies.map(({ key, value }) => [key, value]));
}

describe("setting", () => {
	scenario("G11 [V-7] [V-4] what a turn changed comes in one frame with its events, then the ack", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.news(ann);
		const before = stage.frames(bob).length;
		stage.say(ann, [
			{ type: "set", id: "s1", key: "topic", value: "tea" },
			{ type: "publish", id: "p1", name: "chat", data: 1 },
			{ type: "set", id: "s2", key: "topic", value: "cake" },
			{ type: "set", id: "s3", key: "place", value: { x: 1 } },
		]);
		expect(stage.frames(bob)).toHaveLength(before + 1);
		expect(types(stage.news(bob)).slice(-2)).toEqual(["event", "state"]);
		const heard = stage.news(ann);
		expect(types(heard)).toEqual(["event", "state", "ack", "ack", "ack"]);
		expect(states(heard)).toEqual([
			{ type: "state", version: 3, entries: [entry("topic", "cake", 2), entry("place", { x: 1 })] },
		]);
		expect(only(heard, "ack").map(({ id, version }) => [id, version])).toEqual([
			["s1", 1],
			["s2", 2],
			["s3", 3],
		]);
		expect(only(stage.heard(stage.join("cem")), "welcome")[0]?.version).toBe(3);
	});

	scenario("G3 G11 [V-3] a set lands once, however often it is sent, also after a crash", (stage) => {
		const ann = stage.join("ann");
		stage.set(ann, "s1", "n", { add: 2 });
		stage.set(ann, "s1", "n", { add: 2 });
		stage.crash();
		stage.pass(DAY_MS - 60_000);
		const back = stage.join("ann");
		stage.set(back, "s2", "n", { add: 1 });
		stage.set(back, "s1", "n", { add: 2 });
		stage.set(back, "s1", "n", { add: 3 });
		stage.set(back, "s1", "n", { value: 2 });
		const heard = stage.news(back);
		expect(only(heard, "ack").map(({ id, version }) => [id, version])).toEqual([
			["s2", 2],
			["s1", 1],
		]);
		expect(codes(heard)).toEqual(["id_reused", "id_reused"]);
		expect(held(stage.heard(back)).values).toEqual({ n: 3 });
	});

	scenario("ids of sets are apart from those of publishes, and of other members", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "m1");
		stage.set(ann, "m1", "a", { value: 1 });
		stage.set(bob, "m1", "b", { value: 1 });
		expect(codes([...stage.news(ann), ...stage.news(bob)])).toEqual([]);
		expect(listed(stage, "ann")).toEqual({ a: 1, b: 1 });
	});

	scenario("G11 [V-2] what changes nothing takes no version, and is acked where the entry stands", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.set(ann, "s1", "a", { value: { x: 1, y: [2] } });
		stage.set(ann, "s2", "b", { value: 1 });
		stage.news(ann);
		stage.news(bob);
		stage.set(ann, "s3", "a", { value: { y: [2], x: 1 } });
		stage.set(ann, "s4", "b", { add: 0 });
		stage.set(ann, "s5", "nothing", { value: null });
		expect(only(stage.news(ann), "ack").map(({ version }) => version)).toEqual([1, 2, 2]);
		expect(stage.news(bob)).toEqual([]);
		stage.set(ann, "s3", "a", { value: 3 });
		expect(codes(stage.news(ann))).toEqual(["id_reused"]);
	});

	scenario("G11 [V-5] `expect` is the entry's version as it is now, and 0 where there is none", (stage) => {
		const ann = stage.join("ann");
		stage.say(ann, [
			{ type: "set", id: "s1", key: "a", value: 1, expect: 0 },
			{ type: "set", id: "s2", key: "a", value: 2, expect: 0 },
			{ type: "set", id: "s3", key: "a", value: 3, expect: 1 },
			{ type: "set", id: "s4", key: "a", value: null, expect: 2 },
			{ type: "set", id: "s5", key: "a", value: 5, expect: 3 },
			{ type: "set", id: "s6", key: "a", value: 6, expect: 0 },
		]);
		const heard = stage.news(ann);
		expect(only(heard, "ack").map(({ id, version }) => [id, version])).toEqual([
			["s1", 1],
			["s3", 2],
			["s4", 3],
			["s6", 4],
		]);
		// As it is at the turn's end.
		const present = { code: "conflict", key: "a", version: 4, value: 6 };
		expect(only(heard, "error")).toEqual([
			expect.objectContaining({ id: "s2", ...present }),
			expect.objectContaining({ id: "s5", ...present }),
		]);
		stage.set(ann, "s7", "none-yet", { value: 1, expect: 4 });
		expect(only(stage.news(ann), "error")).toMatchObject([{ key: "none-yet", version: 0, value: null }]);
		// A conflict leaves no trace: the same set may be sent again, and lands.
		stage.set(ann, "s5", "a", { value: 5, expect: 4 });
		expect(only(stage.news(ann), "ack")).toMatchObject([{ id: "s5", version: 5 }]);
	});

	test("of 100 racing sets that expect the same one wins, and 99 are told the entry", () => {
		const stage = new Stage();
		const sessions = range(100).map((n) => stage.join(`m${n}`));
		const inputs = sessions.map((session, n) =>
			stage.saying(session, { type: "set", id: "s", key: "chair", value: n, expect: 0 }),
		);
		stage.step(inputs);
		const heard = sessions.map((session) => stage.news(session));
		expect(heard.flatMap((each) => only(each, "ack"))).toHaveLength(1);
		const errors = heard.flatMap((each) => only(each, "error"));
		expect(errors).toHaveLength(99);
		for (const error of errors) expect(error).toMatchObject({ code: "conflict", key: "chair", version: 1, value: 0 });
	});

	scenario(
		"[V-6] adds add up, begin at nothing, and add to numbers alone",
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			stage.step(
				range(40).flatMap((n) =>
					[ann, bob].map((session) =>
						stage.saying(session, { type: "set", id: `s${n}`, key: "n", add: n % 2 ? 1 : 0.5 }),
					),
				),
			);
			expect(listed(stage, "ann")).toEqual({ n: 60 });
			stage.set(ann, "t1", "text", { value: "x".repeat(99) });
			stage.set(ann, "t2", "null-like", { value: "1" });
			stage.set(ann, "t3", "big", { value: Number.MAX_SAFE_INTEGER });
			stage.news(ann);
			for (const [n, key] of ["text", "null-like", "big"].entries()) stage.set(ann, `u${n}`, key, { add: 1 });
			stage.set(ann, "u4", "stock/1", { add: -1 });
			expect(codes(stage.news(ann))).toEqual(["invalid", "invalid", "invalid", "invalid"]);
			expect(held(stage.heard(bob)).values).not.toHaveProperty("stock/1");
		},
		{},
		houseRules(),
	);

	test.each([
		[{ key: "a" }, "invalid"],
		[{ key: "a", value: 1, add: 1 }, "invalid"],
		[{ key: "a", add: 1, expect: 0 }, "invalid"],
		[{ key: "a", add: "1" }, "invalid"],
		[{ key: "a", value: 1, expect: -1 }, "invalid"],
		[{ key: "", value: 1 }, "invalid"],
		[{ key: ".", value: 1 }, "invalid"],
		[{ key: "..", value: 1 }, "invalid"],
		[{ key: "a\n", value: 1 }, "invalid"],
		[{ key: "k".repeat(257), value: 1 }, "invalid"],
		[{ key: 7, value: 1 }, "invalid"],
		[{ key: "room.secret", value: 1 }, "reserved_name"],
		[{ key: "none", value: 1 }, "forbidden"],
		[{ key: "vote/bob", value: 1 }, "forbidden"],
		[{ key: "rule/1", value: 1 }, "forbidden"],
		[{ key: "rule/1", value: null }, "forbidden"],
		[{ key: "price/1", value: 1 }, "forbidden"],
		[{ key: "score/1", value: 1 }, "forbidden"],
		[{ key: "stock/1", value: -1 }, "invalid"],
		[{ key: "a", value: "x".repeat(32_768) }, "too_large"],
	])("[V-1] %o is %s, names its id and leaves no trace", (set, code) => {
		const stage = new Stage({}, false, undefined, houseRules());
		const ann = stage.join("ann");
		stage.news(ann);
		stage.say(ann, { type: "set", id: "s1", ...set });
		expect(stage.news(ann)).toMatchObject([{ type: "error", id: "s1", code }]);
		expect(stage.store.state()).toBeNull();
		expect(stage.room.isStored && stage.store.findSets([{ member: "ann", id: "s1" }])).toEqual([]);
	});

	scenario(
		"[V-1] [V-10] who may set what: its own, a moderator's, the backend's; moderators drop what members set",
		(stage) => {
			const [ann, mod] = [stage.join("ann"), stage.join("mod", { can: ["read", "publish", "moderate"] })];
			stage.set(ann, "s1", "vote/ann", { value: "yes" });
			stage.set(mod, "s1", "vote/ann", { value: "no" });
			stage.set(mod, "s2", "vote/ann", { value: null });
			stage.set(mod, "s3", "rule/1", { value: "be kind" });
			stage.set(mod, "s4", "price/1", { value: null });
			expect(codes(stage.news(mod))).toEqual(["forbidden", "forbidden"]);
			expect(stage.put(OPERATOR, { id: "s5", key: "price/1", value: 3 })).toMatchObject({
				outcome: "landed",
				isNew: true,
			});
			expect(stage.put(OPERATOR, { id: "s6", key: "vote/ann", value: 3 })).toMatchObject({ outcome: "landed" });
			expect(stage.put(OPERATOR, { id: "s7", key: "score/1", value: 3 })).toMatchObject({
				refusal: { code: "forbidden" },
			});
			expect(held(stage.heard(ann)).values).toEqual({ "rule/1": "be kind", "price/1": 3, "vote/ann": 3 });
			stage.say(mod, { type: "moderate", id: "m1", action: "mute", member: "ann" });
			stage.news(ann);
			stage.set(ann, "s8", "vote/ann", { value: 1 });
			expect(codes(stage.news(ann))).toEqual(["forbidden"]);
		},
		{},
		houseRules(),
	);
});

describe("bounds", () => {
	test("[V-10] `state_full`: entries, bytes, and one member's eighth of them; nothing is kept of it", () => {
		const stage = new Stage({ stateEntriesMax: 16, stateBytesMax: 800 });
		const ann = stage.join("ann");
		stage.set(ann, "s1", "a", { value: 1 });
		stage.set(ann, "s2", "b", { value: 1 });
		stage.set(ann, "s3", "c", { value: 1 });
		stage.set(ann, "s4", "a", { value: "x".repeat(97) });
		expect(codes(stage.news(ann))).toEqual(["state_full", "state_full"]);
		// What was dropped makes room, and what another replaces counts for that one.
		stage.set(ann, "s5", "b", { value: null });
		stage.set(ann, "s3", "c", { value: 1 });
		const bob = stage.join("bob");
		stage.set(bob, "s1", "c", { value: 2 });
		stage.set(ann, "s6", "d", { value: 1 });
		expect(codes(stage.news(ann))).toEqual([]);
		for (const n of range(14))
			expect(stage.put(OPERATOR, { id: `o${n}`, key: `o${n}`, value: 1 }).outcome).toBe(n < 14 ? "landed" : "refused");
		expect(stage.put(OPERATOR, { id: "o15", key: "o15", value: 1 })).toMatchObject({ refusal: { code: "state_full" } });
		expect(stage.store.state()).toMatchObject({ entries: 17 - 1 });
	});

	test("what members hold is counted as it is, whatever is set, added and dropped", () => {
		const stage = new Stage();
		const sessions = ["ann", "bob"].map((member) => stage.join(member));
		for (const n of range(60)) {
			const session = sessions[n % 2] as string;
			const more = n % 7 === 0 ? { value: null } : n % 3 === 0 ? { add: n } : { value: n % 5 === 0 ? "text" : n };
			stage.set(session, `s${n}`, `k${n % 8}`, more);
			const all = stage.store.pieceOf({ after: 0, through: 999, dropsAfter: 999, owner: null }, 99, 9_999).entries;
			const row = stage.store.state();
			expect(row?.entries ?? 0).toBe(all.length);
			expect(row?.bytes ?? 0).toBe(all.reduce((sum, { key, bytes }) => sum + key.length + (bytes ?? 0), 0));
			for (const member of ["ann", "bob"]) {
				const theirs = all.filter(({ holder }) => holder === member);
				expect(stage.store.holdings([member])[0]?.entries ?? 0).toBe(theirs.length);
			}
		}
	});

	test("one lookup and one write a turn, however many it sets", () => {
		const stage = new Stage({ publishPerSecond: 0 });
		const ann = stage.join("ann");
		const calls: string[] = [];
		for (const name of [
			"findEntries",
			"saveEntries",
			"findSets",
			"addSets",
			"readEntries",
			"holdings",
			"addHoldings",
		] as const) {
			const real = stage.store[name].bind(stage.store) as (...given: never[]) => never;
			Object.assign(stage.store, {
				[name]: (...given: never[]) => {
					calls.push(name);
					return real(...given);
				},
			});
		}
		stage.step(range(90).map((n) => stage.saying(ann, { type: "set", id: `s${n}`, key: `k${n % 30}`, add: 1 })));
		expect(calls.sort()).toEqual(["addHoldings", "addSets", "findEntries", "findSets", "holdings", "saveEntries"]);
	});

	test("G8 a flood of conflicts, each answered with a large entry, is rate limited", () => {
		const stage = new Stage();
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.set(ann, "s0", "large", { value: "x".repeat(30_000) });
		stage.news(bob);
		const flood = range(100).map((n) => ({ type: "set", id: `s${n}`, key: "large", value: 1, expect: 9 }));
		stage.say(bob, flood);
		const told = stage.news(bob).map((message) => JSON.stringify(message).length);
		expect(told.reduce((sum, each) => sum + each)).toBeLessThan(400_000);
	});
});

describe("joining and coming back", () => {
	scenario("G11 a fresh join gets the state in full where there is an entry, before the events", (stage) => {
		const ann = stage.join("ann");
		expect(states(stage.heard(ann))).toEqual([]);
		stage.set(ann, "s1", "a", { value: 1 });
		stage.publish(ann, "p1");
		const bob = stage.heard(stage.join("bob"));
		expect(types(bob)).toEqual(
			["welcome", "state", "event", "presence", "caught-up"].filter((type) => type !== "presence"),
		);
		expect(states(bob)).toEqual([{ type: "state", version: 1, entries: [entry("a", 1)], full: true }]);
	});

	scenario("G11 [V-8] a cursor with a version gets what changed, drops too; any other the state in full", (stage) => {
		const ann = stage.join("ann");
		const epoch = only(stage.heard(ann), "welcome")[0]?.epoch ?? "";
		for (const [n, key] of ["a", "b", "c"].entries()) stage.set(ann, `s${n}`, key, { value: n });
		stage.set(ann, "s4", "b", { value: null });
		const back = (since: string) => {
			const heard = stage.heard(stage.join("cem", { since }));
			expect(only(heard, "welcome")).toMatchObject([{ version: 4 }]);
			return states(heard);
		};
		const all = [entry("a", 0, 1), entry("c", 2, 3)];
		expect(back(`${epoch}.0.4`)).toEqual([]);
		expect(back(`${epoch}.0.2`)).toEqual([
			{ type: "state", version: 4, entries: [entry("c", 2, 3), entry("b", null)] },
		]);
		expect(back(`${epoch}.0.0`)).toEqual([{ type: "state", version: 4, entries: [...all, entry("b", null)] }]);
		const full = [{ type: "state", version: 4, entries: all, full: true }];
		expect(back(`${epoch}.0`)).toEqual(full);
		expect(back(`${epoch}.0.5`)).toEqual(full);
		expect(back("other.0.4")).toEqual(full);
		expect(back(`${epoch}.9.4`)).toEqual(full);
		expect(back("no cursor")).toEqual(full);
	});

	scenario("G11 an empty state is told to whoever cannot know it", (stage) => {
		const ann = stage.join("ann");
		const epoch = only(stage.heard(ann), "welcome")[0]?.epoch ?? "";
		stage.publish(ann, "p1");
		const full = [{ type: "state", version: 0, entries: [], full: true }];
		expect(states(stage.heard(stage.join("bob", { since: `${epoch}.1` })))).toEqual(full);
		expect(states(stage.heard(stage.join("bob", { since: `${epoch}.1.7` })))).toEqual(full);
		expect(states(stage.heard(stage.join("bob", { since: "gone.1.7" })))).toEqual(full);
		expect(states(stage.heard(stage.join("bob", { since: `${epoch}.1.0` })))).toEqual([]);
		expect(states(stage.heard(stage.join("bob")))).toEqual([]);
	});

	scenario(
		"[V-9] `state=none` wants no entries: neither now nor later",
		(stage) => {
			const ann = stage.join("ann");
			stage.set(ann, "s1", "a", { value: 1 });
			const bob = stage.join("bob", { withoutState: true, since: "gone.1" });
			stage.say(ann, [
				{ type: "set", id: "s2", key: "a", value: 2 },
				{ type: "set", id: "s3", key: "secret/bob", value: 2 },
				{ type: "publish", id: "p1", name: "chat", data: 1 },
			]);
			stage.set(ann, "s4", "a", { value: 3 });
			expect(states(stage.heard(bob))).toEqual([]);
			expect(events(stage.heard(bob))).toHaveLength(1);
			stage.set(bob, "s1", "b", { value: 1 });
			expect(only(stage.news(bob), "ack")).toMatchObject([{ version: expect.any(Number) }]);
		},
		{},
		houseRules(),
	);

	test.each([0, 1])(
		"G11 a large state comes in parts, and what changes meanwhile after them (%i changes a turn)",
		(changes) => {
			const stage = new Stage({ publishPerSecond: 0, stateEntriesMax: 8_192, stateBytesMax: 2 ** 25 });
			const ann = stage.join("ann");
			for (const part of range(9)) {
				stage.step(
					range(60).map((n) =>
						stage.saying(ann, { type: "set", id: `${part} ${n}`, key: `k${part * 60 + n}`, value: "x".repeat(990) }),
					),
				);
			}
			const join = stage.joining("bob");
			stage.turn([join]);
			let turns = 1;
			while (stage.hasMore) {
				const said =
					changes === 0 || turns > 3
						? []
						: [
								stage.saying(ann, {
									type: "set",
									id: `c${turns}`,
									key: `k${60 + turns}`,
									value: turns === 2 ? null : turns,
								}),
							];
				stage.turn(said);
				turns++;
			}
			expect(turns).toBeGreaterThan(3);
			const heard = stage.heard(join.session);
			const parts = states(heard);
			for (const frame of stage.frames(join.session)) expect(frame.length).toBeLessThanOrEqual(32 * 1024);
			const first = parts.slice(0, parts.findIndex(({ more }) => more === undefined) + 1);
			expect(new Set(first.map(({ version }) => version))).toEqual(new Set([540]));
			expect(first.map(({ full }) => full)).toEqual([true, ...Array(first.length - 1).fill(undefined)]);
			expect(held(heard).values).toEqual(listedAll(stage));
			expect(held(heard).version).toBe(540 + (changes === 0 ? 0 : 3));
			expect(types(heard).at(-1)).toBe("caught-up");
			// Cut off anywhere, it has a version from which nothing is missed.
			for (let cut = 1; cut <= heard.length; cut++) {
				const client = held(heard.slice(0, cut));
				const since = `epoch1.0${client.version === undefined ? "" : `.${client.version}`}`;
				const again = stage.join("bob", { since });
				stage.rest();
				expect(client.hear(stage.heard(again)).values).toEqual(listedAll(stage));
				stage.leave(again);
			}
		},
	);

	scenario("G6 a paused session gets what changed meanwhile, in its newest form, before it is caught up", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.set(ann, "s1", "a", { value: 1 });
		stage.set(ann, "s2", "b", { value: 1 });
		stage.flow({ full: [bob] });
		stage.set(ann, "s3", "a", { value: 2 });
		stage.set(ann, "s4", "a", { value: 3 });
		stage.set(ann, "s5", "b", { value: null });
		stage.publish(ann, "p1");
		stage.news(bob);
		stage.flow({ drained: [bob] });
		const heard = stage.news(bob);
		expect(types(heard)).toEqual(["event", "state", "presence", "caught-up"]);
		expect(states(heard)).toEqual([{ type: "state", version: 5, entries: [entry("a", 3, 4), entry("b", null)] }]);
		expect(held(stage.heard(bob)).values).toEqual({ a: 3 });
	});

	test("G11 drops that are old, or too many, are forgotten: then the state comes in full", () => {
		const stage = new Stage({ publishPerSecond: 0, stateEntriesMax: 32_768 });
		const ann = stage.join("ann");
		let ids = 0;
		const each = (keys: readonly number[], value: unknown) => {
			stage.now += 10;
			stage.step(keys.map((key) => stage.saying(ann, { type: "set", id: `s${ids++}`, key: `k${key}`, value })));
		};
		const epoch = stage.room.meta.epoch;
		const since = (version: number) => states(stage.heard(stage.join("cem", { since: `${epoch}.0.${version}` })));
		const dropped = (count: number, start: number) => {
			for (let n = start; n < start + count; n += 500) {
				each(range(500, n), 1);
				each(range(500, n), null);
			}
		};
		dropped(DROPS_MAX + DROPS_SLACK, 0);
		expect(stage.store.state()).toMatchObject({ drops: DROPS_MAX + DROPS_SLACK, forgotten: -1, entries: 0 });
		expect(since(1)[0]?.full).toBeUndefined();
		dropped(500, 20_000);
		// A turn's drops go together.
		expect(stage.store.state()).toMatchObject({ drops: DROPS_MAX, forgotten: 3_500 });
		expect(since(3_000)).toMatchObject([{ full: true, entries: [] }]);
		expect(since(3_501)[0]?.full).toBeUndefined();
		stage.set(ann, "last", "last", { value: 1 });
		const alarms = stage.alarms.length;
		stage.pass(DROPS_MS + 60_000);
		// Beside the sweeps of those who are here.
		expect(stage.alarms.length - alarms).toBeLessThan(DROPS_MS / SILENCE_MS_MAX + 50);
		expect(stage.store.state()).toMatchObject({ drops: 0, droppedAt: null, entries: 1 });
		expect(since(22_000)).toMatchObject([{ full: true, entries: [{ key: "last", value: 1 }] }]);
	});
});

function listedAll(stage: Stage): Record<string, unknown> {
	const all: Record<string, unknown> = {};
	for (let after = ""; ; ) {
		const { bodies, more } = stage.room.state.page({ after, limit: 100 }, "ann");
		for (const body of bodies) {
			const { key, value } = JSON.parse(body) as { key: string; value: unknown };
			expect(key > after).toBe(true);
			all[key] = value;
			after = key;
		}
		if (!more) return Object.fromEntries(Object.entries(all).sort());
	}
}

describe("what one member alone sees", () => {
	scenario(
		"G8 [V-11] `see: own` is told to its member and to operators, by no path to anyone else",
		(stage) => {
			const [ann, bob, tab] = [stage.join("ann"), stage.join("bob"), stage.join("ann")];
			const canary = "canary";
			stage.set(bob, "s1", "mail/ann", { value: canary });
			stage.set(ann, "s1", "secret/ann", { value: canary });
			for (const session of [ann, tab])
				expect(held(stage.heard(session)).values).toEqual({ "mail/ann": canary, "secret/ann": canary });
			stage.set(bob, "s2", "mail/ann", { value: 1, expect: 9 });
			stage.set(bob, "s3", "mail/ann", { value: 1, expect: 0 });
			expect(only(stage.heard(bob), "error")).toEqual([
				{ type: "error", id: "s2", code: "conflict", message: expect.any(String) },
				{ type: "error", id: "s3", code: "conflict", message: expect.any(String) },
			]);
			const epoch = stage.room.meta.epoch;
			for (const since of [null, `${epoch}.0`, `${epoch}.0.0`, `${epoch}.0.1`, "gone.1"]) stage.join("bob", { since });
			stage.flow({ full: [bob] });
			stage.set(ann, "s2", "secret/ann", { value: `${canary}2` });
			stage.flow({ drained: [bob] });
			const told = stage.sessions
				.filter((session) => ![ann, tab].includes(session))
				.map((session) => JSON.stringify(stage.heard(session)));
			expect(told.filter((text) => text.includes(canary))).toEqual([]);
			expect(listed(stage, "bob")).toEqual({});
			expect(stage.room.state.at("mail/ann", "bob")).toBeNull();
			expect(listed(stage, OPERATOR)).toEqual({ "mail/ann": canary, "secret/ann": `${canary}2` });
			expect(stage.put("bob", { id: "s9", key: "mail/ann", value: 1, expect: 0 })).toMatchObject({
				outcome: "conflict",
				entry: null,
			});
		},
		{},
		houseRules(),
	);

	scenario(
		"G11 a resume brings all that the member alone sees, and drops of it",
		(stage) => {
			const ann = stage.join("ann");
			const epoch = only(stage.heard(ann), "welcome")[0]?.epoch ?? "";
			stage.set(ann, "s1", "secret/ann", { value: 1 });
			stage.set(ann, "s2", "secret/ann/more", { value: 2 });
			stage.set(ann, "s3", "secret/ann/gone", { value: 3 });
			stage.set(ann, "s4", "secret/ann/gone", { value: null });
			stage.leave(ann);
			const back = stage.join("ann", { since: `${epoch}.0.4` });
			expect(states(stage.heard(back))).toEqual([
				{
					type: "state",
					version: 4,
					entries: [entry("secret/ann", 1, 1), entry("secret/ann/more", 2, 2), entry("secret/ann/gone", null)],
				},
			]);
			const fresh = stage.join("ann");
			expect(states(stage.heard(fresh))).toEqual([
				{ type: "state", version: 4, entries: [], full: true },
				{ type: "state", version: 4, entries: [entry("secret/ann", 1, 1), entry("secret/ann/more", 2, 2)] },
			]);
		},
		{},
		houseRules(),
	);
});

describe("what takes entries away", () => {
	scenario(
		"[V-12] an erased member's entries go: those it names or replaced; sums stay",
		(stage) => {
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			stage.set(ann, "s1", "topic", { value: "ann's" });
			stage.set(ann, "s2", "likes", { add: 2 });
			stage.set(ann, "s3", "note", { value: "ann's" });
			stage.set(bob, "s1", "note", { value: "bob's" });
			stage.set(bob, "s2", "mail/ann", { value: "bob's" });
			stage.set(ann, "s4", "vote/ann", { value: "yes" });
			const erase = operating({ action: "erase", member: "ann" });
			stage.turn([stage.saying(ann, { type: "set", id: "s5", key: "fresh", value: "ann's" }), erase]);
			expect(stage.replies.get(erase.reply)).toEqual({ outcome: "done" });
			expect(listed(stage, OPERATOR)).toEqual({ likes: 2, note: "bob's" });
			stage.rest();
			expect(listed(stage, OPERATOR)).toEqual({ likes: 2, note: "bob's" });
			expect(held(stage.heard(bob)).values).toEqual({ likes: 2, note: "bob's" });
			stage.set(ann, "s9", "topic", { value: "again", expect: 0 });
			expect(held(stage.heard(bob)).values).toEqual({ likes: 2, note: "bob's", topic: "again" });
		},
		{},
		houseRules(),
	);

	scenario("a wipe takes the state, and its versions begin anew", (stage) => {
		const ann = stage.join("ann");
		stage.set(ann, "s1", "a", { value: 1 });
		stage.set(ann, "s2", "a", { value: 2 });
		wipe(stage);
		const back = stage.join("ann", { since: `${only(stage.heard(ann), "welcome")[0]?.epoch}.0.2` });
		expect(only(stage.heard(back), "welcome")).toMatchObject([{ version: 0, continuity: "reset" }]);
		expect(states(stage.heard(back))).toEqual([{ type: "state", version: 0, entries: [], full: true }]);
		stage.set(back, "s1", "a", { value: 3 });
		expect(only(stage.news(back), "ack")).toMatchObject([{ version: 1 }]);
	});

	scenario(
		"a room with an entry is kept until nobody was there for STATE_MAX_AGE_DAYS",
		(stage) => {
			const ann = stage.join("ann");
			stage.set(ann, "s1", "a", { value: 1 });
			stage.leave(ann);
			stage.pass(20 * DAY_MS);
			expect(stage.put(OPERATOR, { id: "s2", key: "b", value: 1 })).toMatchObject({ outcome: "landed" });
			stage.pass(29 * DAY_MS);
			expect(listed(stage, "ann")).toEqual({ a: 1, b: 1 });
			const alarms = stage.alarms.length;
			stage.pass(DAY_MS + 60_000);
			expect(listed(stage, "ann")).toEqual({});
			expect(stage.forgotten).toBe(0);
			stage.pass(2 * DAY_MS);
			expect(stage.forgotten).toBe(1);
			expect(stage.alarms.length - alarms).toBeLessThan(10);
		},
		{ stateAgeMsMax: 30 * DAY_MS },
	);
});
