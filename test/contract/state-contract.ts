/** What every store of a room must do with its state, run against each of them. */
import { describe, expect, test } from "vitest";
import { NUMBER_BYTES_MAX } from "../../src/protocol/state-limits.ts";
import { utf8Bytes } from "../../src/protocol/text.ts";
import type { Entry, StateRow } from "../../src/room/state-store.ts";
import { META, T0 } from "./rows.ts";
import type { RunWithStore } from "./store-contract.ts";

const ROW: StateRow = {
	version: 9,
	entries: 3,
	bytes: 77,
	drops: 2,
	forgotten: -1,
	droppedAt: T0,
	sets: 12,
	oldestKey: { at: T0 + 1, seq: 4 },
	olderKeys: { at: T0, seq: 3 },
	desertedAt: T0 + 2,
};

/** An entry that `ann` set a second after the one before; a drop where its value is null. */
function entryAt(version: number, key: string, value: string | null = "1", more: Partial<Entry> = {}): Entry {
	const bytes = value === null ? null : utf8Bytes(value);
	const whose = { from: "ann", holder: "ann", owner: null, isSum: false };
	return { key, version, at: T0 + version * 1000, ...whose, bytes, value, ...more };
}

const versions = (entries: readonly { version: number }[]) => entries.map(({ version }) => version);
const keys = (entries: readonly { key: string }[]) => entries.map(({ key }) => key);
const ALL = { after: 0, through: 999, dropsAfter: 0, owner: null };

export function describeState(name: string, run: RunWithStore): void {
	const inStore = (sentence: string, body: Parameters<RunWithStore>[0]) => test(sentence, () => run(body));

	describe(`${name}: the state`, () => {
		inStore("a new store has none; its row comes back as it was, and goes with a wipe", (store) => {
			expect(store.state()).toBeNull();
			expect(store.pieceOf(ALL, 9, 999).entries).toEqual([]);
			expect(store.findEntries([{ key: "a", bytes: 1 }])).toEqual([]);
			expect(store.findSets([{ member: "ann", id: "s1" }])).toEqual([]);
			expect(store.holdings(["ann"])).toEqual([]);
			store.transaction(() => store.saveState(ROW));
			expect(store.state()).toEqual(ROW);
			const bare = { ...ROW, droppedAt: null, oldestKey: null, olderKeys: null, desertedAt: null };
			store.transaction(() => store.saveState(bare));
			expect(store.state()).toEqual(bare);
			store.transaction(() => store.wipe());
			expect(store.state()).toBeNull();
		});

		inStore("an entry takes the place of the one of its key, and a drop stays as a row without a value", (store) => {
			const [a, b] = [
				entryAt(1, "a", '"first"', { owner: "ann" }),
				entryAt(2, "b", "2", { isSum: true, holder: "bob" }),
			];
			store.transaction(() => store.saveEntries([a, b]));
			expect(store.pieceOf(ALL, 9, 999).entries).toEqual([a, b]);
			const [again, dropped] = [entryAt(3, "a", '{"x":"ä"}', { from: "bob" }), entryAt(4, "b", null)];
			store.transaction(() => store.saveEntries([again, dropped]));
			expect(store.pieceOf(ALL, 9, 999).entries).toEqual([again, dropped]);
			expect(store.readEntries(["b", "a", "none"]).sort((x, y) => x.version - y.version)).toEqual([again, dropped]);
			expect(() =>
				store.transaction(() => {
					store.saveEntries([entryAt(5, "a", "9")]);
					throw new Error("planted");
				}),
			).toThrow("planted");
			expect(store.pieceOf(ALL, 9, 999).entries).toEqual([again, dropped]);
		});

		inStore("a lookup reads numbers, and values of the length that is asked for, and of others the head", (store) => {
			const long = JSON.stringify("x".repeat(NUMBER_BYTES_MAX));
			store.transaction(() =>
				store.saveEntries([entryAt(1, "n", "1.5"), entryAt(2, "long", long), entryAt(3, "gone", null)]),
			);
			const found = (...queries: [string, number][]) =>
				Object.fromEntries(
					store
						.findEntries(queries.map(([key, bytes]) => ({ key, bytes })))
						.map(({ key, value, bytes }) => [key, [value, bytes]]),
				);
			expect(found(["n", 0], ["long", 7], ["gone", 0], ["none", 1])).toEqual({
				n: ["1.5", 3],
				long: [null, long.length],
				gone: [null, null],
			});
			expect(found(["long", 7], ["long", long.length], ["long", 8])).toEqual({ long: [long, long.length] });
		});

		inStore(
			"a span is read in the order of versions: drops from where they are wanted, of one owner or of all",
			(store) => {
				const all = [
					entryAt(1, "a"),
					entryAt(2, "b", null),
					entryAt(3, "own/ann", "1", { owner: "ann" }),
					entryAt(4, "own/bob", "1", { owner: "bob" }),
					entryAt(5, "own/ann/gone", null, { owner: "ann" }),
					entryAt(6, "c", '"ää"'),
				];
				store.transaction(() => store.saveEntries(all));
				expect(versions(store.pieceOf(ALL, 3, 999).entries)).toEqual([1, 2, 3]);
				expect(versions(store.pieceOf({ ...ALL, after: 2, through: 5 }, 9, 999).entries)).toEqual([3, 4, 5]);
				expect(versions(store.pieceOf({ ...ALL, dropsAfter: 2 }, 9, 999).entries)).toEqual([1, 3, 4, 5, 6]);
				expect(versions(store.pieceOf({ ...ALL, dropsAfter: 999 }, 9, 999).entries)).toEqual([1, 3, 4, 6]);
				expect(versions(store.pieceOf({ ...ALL, owner: "ann" }, 9, 999).entries)).toEqual([3, 5]);
				// Keys and values in UTF-8: 1 + 1, 1, 7 + 1, 7 + 1, 12, 1 + 6.
				for (const [bytes, count, more] of [
					[1, 1, true],
					[3, 2, true],
					[19, 4, true],
					[31, 5, true],
					[37, 5, true],
					[38, 6, false],
				] as const) {
					const piece = store.pieceOf(ALL, 9, bytes);
					expect([piece.entries.length, piece.more], `${bytes} bytes`).toEqual([count, more]);
				}
				expect(store.pieceOf(ALL, 5, 99).more).toBe(true);
				expect(store.pieceOf(ALL, 6, 99).more).toBe(false);
				expect(versions(store.entryHeads(1, 5, 9))).toEqual([3, 4]);
				expect(store.entryHeads(5, 9, 1)[0]).toMatchObject({ key: "c", bytes: 6, isSum: false });
			},
		);

		inStore("keys are listed as bytes of UTF-8, without drops", (store) => {
			const names = ["b", "a", "a/1", "é", "z", "\u{1F600}", "\uFFFD", "B"];
			store.transaction(() =>
				store.saveEntries([...names.map((key, n) => entryAt(n + 1, key)), entryAt(99, "a/2", null)]),
			);
			const order = ["B", "a", "a/1", "b", "z", "é", "\uFFFD", "\u{1F600}"];
			expect(keys(store.headsByKey({ after: "", before: null }, 99))).toEqual(order);
			expect(keys(store.headsByKey({ after: "a", before: "b" }, 99))).toEqual(["a/1"]);
			expect(keys(store.headsByKey({ after: "z", before: null }, 2))).toEqual(["é", "\uFFFD"]);
		});

		inStore("drops are found in their order, and forgotten up to one", (store) => {
			const at = (version: number, time: number, value: string | null = null) =>
				entryAt(version, `k${version}`, value, { at: T0 + time });
			store.transaction(() => store.saveEntries([at(1, 0), at(2, 0, "1"), at(3, 0), at(4, 7), at(5, 9)]));
			expect(store.dropAfter(-1, 0)).toMatchObject({ version: 1, at: T0 });
			expect(store.dropAfter(1, 1)).toMatchObject({ version: 4 });
			expect(store.dropAfter(4, 1)).toBeNull();
			expect(store.dropOfOtherTime(1, T0)).toMatchObject({ version: 4 });
			expect(store.dropOfOtherTime(4, T0 + 7)).toMatchObject({ version: 5 });
			expect(store.dropOfOtherTime(5, T0 + 9)).toBeNull();
			expect(store.dropMadeAfter(T0)).toMatchObject({ version: 4 });
			expect(store.dropMadeAfter(T0 + 9)).toBeNull();
			expect(store.transaction(() => store.forgetDrops(4))).toBe(2);
			expect(versions(store.pieceOf(ALL, 9, 999).entries)).toEqual([2, 4, 5]);
		});

		inStore("G3 ids of sets are known for two generations, apart from those of publishes", (store) => {
			const set = (n: number) => ({ member: "ann", id: `s${n}`, seq: n, digest: `d${n}` });
			const known = () => store.findSets([1, 2, 3].map(set)).sort((a, b) => a.seq - b.seq);
			store.transaction(() => store.addSets([set(1)]));
			store.transaction(() => store.turnSetKeys());
			store.transaction(() => store.addSets([set(2), set(3)]));
			expect(known()).toEqual([1, 2, 3].map(set));
			expect(store.findKeys([set(1)])).toEqual([]);
			expect(() =>
				store.transaction(() => {
					store.dropOlderSetKeys();
					throw new Error("planted");
				}),
			).toThrow("planted");
			expect(known()).toEqual([1, 2, 3].map(set));
			store.transaction(() => store.dropOlderSetKeys());
			expect(known()).toEqual([2, 3].map(set));
			store.transaction(() => store.wipe());
			expect(known()).toEqual([]);
			store.transaction(() => store.addSets([set(1)]));
			expect(known()).toEqual([set(1)]);
		});

		inStore("what members hold is added up, and nobody is remembered who holds nothing", (store) => {
			const more = (member: string, entries: number, bytes: number) => ({ member, entries, bytes });
			store.transaction(() => store.addHoldings([more("ann", 2, 20), more("bob", 1, 5)]));
			store.transaction(() => store.addHoldings([more("ann", -1, -5), more("bob", -1, -5), more("cy", 0, 3)]));
			expect(store.holdings(["ann", "bob", "none"])).toEqual([more("ann", 1, 15)]);
		});

		inStore("the entries are taken whole, and ids of sets stay known", (store) => {
			const many = Array.from({ length: 150 }, (_, n) => entryAt(n + 1, `k${n}`, n % 3 === 0 ? null : "1"));
			store.transaction(() => {
				store.saveMeta(META);
				store.saveEntries(many);
				store.addHoldings([{ member: "ann", entries: 100, bytes: 1 }]);
				store.addSets([{ member: "ann", id: "s1", seq: 1, digest: "d" }]);
			});
			store.transaction(() => store.wipeEntries());
			expect(store.pieceOf(ALL, 9, 999).entries).toEqual([]);
			expect(store.holdings(["ann"])).toEqual([]);
			expect(store.findSets([{ member: "ann", id: "s1" }])).toHaveLength(1);
			store.transaction(() => store.saveEntries([entryAt(200, "k1")]));
			expect(keys(store.pieceOf(ALL, 9, 999).entries)).toEqual(["k1"]);
			for (let pieces = 0; store.hasRemains() && pieces < 20; pieces++) {
				store.transaction(() => store.dropRemains(60, 10_000));
			}
			expect(store.hasRemains()).toBe(false);
		});

		inStore("one who read only a part of them keeps none of them from going", (store) => {
			store.transaction(() => {
				store.saveMeta(META);
				store.saveEntries(Array.from({ length: 150 }, (_, n) => entryAt(n + 1, `k${n}`)));
			});
			expect(store.pieceOf(ALL, 99, 1)).toMatchObject({ entries: [{ key: "k0" }], more: true });
			store.transaction(() => store.wipeEntries());
			for (let pieces = 0; store.hasRemains() && pieces < 20; pieces++) {
				store.transaction(() => store.dropRemains(60, 10_000));
			}
			expect(store.hasRemains()).toBe(false);
		});
	});
}
