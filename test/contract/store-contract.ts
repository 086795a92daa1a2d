/**
 * What every store of a room must do, run against each of them. A store is reached only inside `run`,
 * because one of them lives inside a Durable Object; each call of `run` gets a new one.
 */
import { describe, expect, test } from "vitest";
import type { RoomStore, StoredEvent } from "../../src/room/store.ts";
import { eventAt, eventsAt, found, META, row, T0 } from "./rows.ts";

export type RunWithStore = (body: (store: RoomStore) => void) => Promise<void>;

const seqs = (events: readonly { seq: number }[]): number[] => events.map(({ seq }) => seq);

/** Runs `write` in a transaction that fails after it. */
function failAfter(store: RoomStore, write: () => void): void {
	expect(() =>
		store.transaction(() => {
			write();
			throw new Error("planted");
		}),
	).toThrow("planted");
}

export function describeStore(name: string, run: RunWithStore): void {
	const inStore = (sentence: string, body: (store: RoomStore) => void) => test(sentence, () => run(body));

	describe(`${name}: the history`, () => {
		inStore("a new store is empty", (store) => {
			expect(store.meta()).toBeNull();
			expect(store.roster()).toEqual([]);
			expect(store.after(0, 10)).toEqual([]);
			expect(store.sizesAfter(0, 10)).toEqual([]);
			expect(found(store, [{ member: "ann", id: "p1" }])).toEqual([]);
		});

		inStore("events come back as they were, without their keys", (store) => {
			store.transaction(() =>
				store.append([eventAt(1), eventAt(2, { from: "room:operator", id: null, name: "room.job" })]),
			);
			const [first, second] = [eventAt(1), eventAt(2, { from: "room:operator", id: null, name: "room.job" })].map(
				({ seq, at, body, bytes }) => ({ seq, at, body, bytes }),
			) as [StoredEvent, StoredEvent];
			expect(store.after(0, 10)).toEqual([first, second]);
			expect(store.sizesAfter(0, 10)).toEqual([first, second].map(({ seq, at, bytes }) => ({ seq, at, bytes })));
		});

		inStore(
			"a turn's events, all of one time, keep their places and their keys, with the room's own among them",
			(store) => {
				const turn = [1, 2, 3, 4, 5, 6].map((seq) =>
					eventAt(seq, { at: T0, ...(seq % 3 === 0 ? { id: null } : {}), from: seq % 2 === 0 ? "ann" : "bob" }),
				);
				store.transaction(() => store.append(turn));
				expect(store.after(0, 10).map(({ seq, at, body }) => ({ seq, at, body }))).toEqual(
					turn.map(({ seq, at, body }) => ({ seq, at, body })),
				);
				const keys = turn.flatMap(({ from: member, id, seq }) => (id === null ? [] : [{ member, id, seq }]));
				expect(found(store, keys).sort((a, b) => a.seq - b.seq)).toEqual(keys);
			},
		);

		inStore("`after` gives the next ones, ascending, and no more than its limit", (store) => {
			store.transaction(() => store.append(eventsAt(1, 10)));
			expect(seqs(store.after(0, 3))).toEqual([1, 2, 3]);
			expect(seqs(store.after(7, 10))).toEqual([8, 9, 10]);
			expect(seqs(store.after(9, 1))).toEqual([10]);
			expect(seqs(store.after(10, 10))).toEqual([]);
			expect(seqs(store.after(99, 10))).toEqual([]);
			expect(seqs(store.after(3, 0))).toEqual([]);
			expect(seqs(store.sizesAfter(3, 2))).toEqual([4, 5]);
		});

		inStore("dropping events moves the floor: what is below is gone, what is above stays", (store) => {
			store.transaction(() => store.append(eventsAt(1, 10)));
			store.transaction(() => store.dropEvents(4));
			expect(seqs(store.after(0, 3))).toEqual([5, 6, 7]);
			expect(seqs(store.sizesAfter(0, 1))).toEqual([5]);
			store.transaction(() => store.dropEvents(4));
			expect(seqs(store.after(0, 1))).toEqual([5]);
			store.transaction(() => store.dropEvents(10));
			expect(store.after(0, 10)).toEqual([]);
			store.transaction(() => store.append(eventsAt(11, 12)));
			expect(seqs(store.after(0, 10))).toEqual([11, 12]);
		});

		inStore("appending nothing is nothing", (store) => {
			store.transaction(() => store.append([]));
			expect(store.after(0, 10)).toEqual([]);
		});

		inStore("an append of more than 1 MiB comes back whole", (store) => {
			const large = Array.from({ length: 40 }, (_, index) =>
				eventAt(index + 1, { body: JSON.stringify('"€\\'.repeat(6_000) + index) }),
			);
			expect(large.reduce((sum, event) => sum + event.bytes, 0)).toBeGreaterThan(1024 * 1024);
			store.transaction(() => store.append(large));
			expect(store.after(0, 100).map((event) => event.body)).toEqual(large.map((event) => event.body));
			expect(
				found(
					store,
					large.map((event) => ({ member: event.from, id: event.id ?? "" })),
				),
			).toHaveLength(40);
		});

		inStore("text comes back as it was: quotes, emoji, line breaks, escapes and numbers that are texts", (store) => {
			const texts = [
				'"',
				"'",
				"\\",
				"🎈👩‍👩‍👧",
				"a\nb\r\tc",
				"\u2028",
				"\\u0000",
				"null",
				"12",
				"1e3",
				"[1]",
				"ü' or 1=1; --",
			];
			store.transaction(() => {
				store.append(texts.map((text, index) => eventAt(index + 1, { id: text, name: text, data: text })));
				store.saveRoster(texts.map((text, index) => row(`m${index}`, { name: text, state: JSON.stringify(text) })));
			});
			const events = store.after(0, 100).map(({ body }) => JSON.parse(body) as { name: string; data: string });
			expect(events.map(({ name, data }) => [name, data])).toEqual(texts.map((text) => [text, text]));
			expect(store.roster().map((each) => each.name)).toEqual(texts);
			expect(store.roster().map((each) => JSON.parse(each.state))).toEqual(texts);
			for (const [index, text] of texts.entries()) {
				expect(found(store, [{ member: "ann", id: text }]), text).toEqual([
					{ member: "ann", id: text, seq: index + 1 },
				]);
			}
		});
	});

	describe(`${name}: the idempotency keys`, () => {
		inStore("a key is found by its member and its id, and by nothing else", (store) => {
			store.transaction(() =>
				store.append([eventAt(1), eventAt(2, { from: "bob", id: "p1" }), eventAt(3, { id: null })]),
			);
			const asked = [
				{ member: "bob", id: "p1" },
				{ member: "ann", id: "p2" },
				{ member: "cid", id: "p1" },
				{ member: "ann", id: "p1" },
			];
			const known = found(store, asked).sort((a, b) => a.seq - b.seq);
			expect(known).toEqual([
				{ member: "ann", id: "p1", seq: 1 },
				{ member: "bob", id: "p1", seq: 2 },
			]);
			expect(found(store, [])).toEqual([]);
		});

		inStore("the keys of a turn as full as it may be are looked up in one go", (store) => {
			const member = "m".repeat(128);
			const keys = Array.from({ length: 9900 }, (_, index) => ({ member, id: `${"€".repeat(60)}${index}` }));
			const known = eventAt(1, { from: member, id: keys[9000]?.id ?? "" });
			store.transaction(() => store.append([known]));
			expect(found(store, keys)).toEqual([{ ...keys[9000], seq: 1 }]);
		});

		inStore("G3 keys outlive their events", (store) => {
			store.transaction(() => store.append(eventsAt(1, 3)));
			store.transaction(() => store.dropEvents(3));
			expect(found(store, [{ member: "ann", id: "p2" }])).toEqual([{ member: "ann", id: "p2", seq: 2 }]);
		});

		inStore("G3 keys go by whole generations: the older one, and never the newer", (store) => {
			const known = (): number[] => {
				const keys = [1, 2, 3, 4].map((seq) => ({ member: "ann", id: `p${seq}` }));
				return seqs(found(store, keys)).sort();
			};
			store.transaction(() => store.append(eventsAt(1, 2)));
			store.transaction(() => store.turnKeys());
			expect(known()).toEqual([1, 2]);
			store.transaction(() => store.append(eventsAt(3, 3)));
			expect(known()).toEqual([1, 2, 3]);
			store.transaction(() => store.dropOlderKeys());
			expect(known()).toEqual([3]);
			store.transaction(() => store.turnKeys());
			store.transaction(() => store.append(eventsAt(4, 4)));
			expect(known()).toEqual([3, 4]);
			store.transaction(() => store.dropOlderKeys());
			expect(known()).toEqual([4]);
		});

		inStore("a key tells the digest of what was published under it", (store) => {
			store.transaction(() => store.append([eventAt(1, { digest: "abc123" })]));
			expect(store.findKeys([{ member: "ann", id: "p1" }])).toEqual([
				{ member: "ann", id: "p1", seq: 1, digest: "abc123" },
			]);
		});

		inStore("G3 a key that is known is not written twice: the append throws and the first event keeps it", (store) => {
			store.transaction(() => store.append([eventAt(1)]));
			expect(() => store.transaction(() => store.append([eventAt(2), eventAt(3, { id: "p1" })]))).toThrow();
			expect(seqs(store.after(0, 10))).toEqual([1]);
			expect(found(store, [{ member: "ann", id: "p1" }])).toEqual([{ member: "ann", id: "p1", seq: 1 }]);
			expect(found(store, [{ member: "ann", id: "p2" }])).toEqual([]);
		});
	});

	describe(`${name}: the roster`, () => {
		inStore("members stand in the order in which they came, and keep their place when they change", (store) => {
			store.transaction(() => store.saveRoster([row("cid"), row("ann")]));
			store.transaction(() =>
				store.saveRoster([row("bob"), row("cid", { name: "Sid", state: '{"a":1}', goneSince: T0 })]),
			);
			expect(store.roster()).toEqual([
				row("cid", { name: "Sid", state: '{"a":1}', goneSince: T0 }),
				row("ann"),
				row("bob"),
			]);
			store.transaction(() => store.saveRoster([row("cid")]));
			expect(store.roster()[0]).toEqual(row("cid"));
		});

		inStore("a member that was dropped and comes again stands last", (store) => {
			store.transaction(() => store.saveRoster([row("ann"), row("bob"), row("cid")]));
			store.transaction(() => store.dropRoster(["ann", "nobody"]));
			expect(store.roster().map(({ member }) => member)).toEqual(["bob", "cid"]);
			store.transaction(() => {
				store.dropRoster(["bob"]);
				store.saveRoster([row("ann"), row("bob")]);
			});
			expect(store.roster().map(({ member }) => member)).toEqual(["cid", "ann", "bob"]);
		});

		inStore("a roster of 5,000 members with full states is written in one go", (store) => {
			const state = JSON.stringify("€".repeat(680));
			const rows = Array.from({ length: 5000 }, (_, index) => row(`m${index}`, { state, goneSince: T0 }));
			store.transaction(() => store.saveRoster(rows));
			expect(store.roster()).toHaveLength(5000);
			expect(store.roster()[4999]).toEqual(rows[4999]);
			store.transaction(() => store.dropRoster(rows.map(({ member }) => member)));
			expect(store.roster()).toEqual([]);
		});
	});

	describe(`${name}: deadlines`, () => {
		const deadline = (name: string, more: object = {}) => ({ name, at: T0, waitMs: 5_000, data: '{"n":1}', ...more });
		const heads = (store: RoomStore) => store.deadlines().map(({ name, at, waitMs }) => [name, at, waitMs]);

		inStore("each takes the place of the one of its name, and its data is read by that", (store) => {
			expect([store.deadlines(), store.deadlineData("close")]).toEqual([[], null]);
			store.transaction(() => store.saveDeadlines([deadline("close"), deadline("warn 🎈", { data: '"soon"' })]));
			store.transaction(() => store.saveDeadlines([deadline("close", { at: T0 + 1, waitMs: 7_000, data: "null" })]));
			expect(heads(store).sort()).toEqual([
				["close", T0 + 1, 7_000],
				["warn 🎈", T0, 5_000],
			]);
			expect(store.deadlines()[0]).not.toHaveProperty("data");
			expect([store.deadlineData("close"), store.deadlineData("warn 🎈")]).toEqual(["null", '"soon"']);
			store.transaction(() => store.dropDeadlines(["close", "nothing"]));
			expect(heads(store)).toEqual([["warn 🎈", T0, 5_000]]);
		});

		inStore("a transaction that fails leaves them as they were, and a wipe none", (store) => {
			store.transaction(() => store.saveDeadlines([deadline("close")]));
			failAfter(store, () => store.saveDeadlines([deadline("warn")]));
			failAfter(store, () => store.dropDeadlines(["close"]));
			failAfter(store, () => store.wipe());
			expect(heads(store)).toEqual([["close", T0, 5_000]]);
			store.transaction(() => store.wipe());
			expect(store.deadlines()).toEqual([]);
		});
	});

	describe(`${name}: transactions`, () => {
		inStore("meta comes back as it was saved, with its nulls", (store) => {
			store.transaction(() => store.saveMeta(META));
			expect(store.meta()).toEqual(META);
			const bare = { ...META, floorAt: null, oldestKey: null, olderKeys: null, emptySince: null };
			store.transaction(() => store.saveMeta(bare));
			expect(store.meta()).toEqual(bare);
		});

		inStore("a transaction gives what its work gave", (store) => {
			expect(store.transaction(() => 7)).toBe(7);
		});

		inStore("G1 what a transaction wrote is there within it", (store) => {
			store.transaction(() => {
				store.append([eventAt(1)]);
				store.saveRoster([row("ann")]);
				store.saveMeta(META);
				expect(seqs(store.after(0, 1))).toEqual([1]);
				expect(found(store, [{ member: "ann", id: "p1" }])).toHaveLength(1);
				expect(store.roster()).toHaveLength(1);
				expect(store.meta()).toEqual(META);
			});
		});

		inStore("G1 a throw on the very first write leaves nothing at all, and the next write lands", (store) => {
			failAfter(store, () => {
				store.append([eventAt(1)]);
				store.saveRoster([row("ann")]);
				store.saveMeta(META);
			});
			expect(store.meta()).toBeNull();
			expect(store.roster()).toEqual([]);
			expect(store.after(0, 10)).toEqual([]);
			store.transaction(() => store.append([eventAt(1)]));
			expect(seqs(store.after(0, 10))).toEqual([1]);
		});

		inStore("G1 a throw takes back every kind of write, in whatever order they came", (store) => {
			store.transaction(() => {
				store.append(eventsAt(1, 6));
				store.saveRoster([row("ann"), row("bob")]);
				store.saveMeta(META);
			});
			const events = store.after(0, 100);
			failAfter(store, () => {
				store.append(eventsAt(7, 9));
				store.dropEvents(8);
				store.append([eventAt(10)]);
				store.turnKeys();
				store.dropOlderKeys();
				store.dropRoster(["ann"]);
				store.saveRoster([row("bob", { name: "Rob" }), row("ann"), row("cid")]);
				store.saveMeta({ ...META, head: 10 });
			});
			expect(store.after(0, 100)).toEqual(events);
			expect(
				seqs(
					found(
						store,
						[1, 7, 10].map((seq) => ({ member: "ann", id: `p${seq}` })),
					),
				),
			).toEqual([1]);
			expect(store.roster()).toEqual([row("ann"), row("bob")]);
			expect(store.meta()).toEqual(META);
			store.transaction(() => store.append([eventAt(7)]));
			expect(seqs(store.after(0, 100))).toEqual([1, 2, 3, 4, 5, 6, 7]);
		});
	});
}
