/** The store that rooms live on keeps the contract, inside workerd, within the bounds of production. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { SqliteStore } from "../../src/durable/sqlite-store.ts";
import { eventAt, found, META, row, T0 } from "./rows.ts";
import { describeState } from "./state-contract.ts";
import { describeStore } from "./store-contract.ts";
import { strict } from "./strict-storage.ts";

afterEach(reset);

function inStorage(body: (storage: DurableObjectStorage) => void): Promise<void> {
	return runInDurableObject(env.ROOMS.getByName("contract"), (_, state) => body(strict(state.storage)));
}

describeState("SqliteStore", (body) => inStorage((storage) => body(new SqliteStore(storage))));
describeStore("SqliteStore", (body) => inStorage((storage) => body(new SqliteStore(storage))));

/** The tables of a room's storage; the platform's own begin with an underscore. */
function tables(storage: DurableObjectStorage): string[] {
	return storage.sql
		.exec<{ name: string }>("select name from sqlite_master where type = 'table'")
		.toArray()
		.map(({ name }) => name)
		.filter((name) => !name.startsWith("_") && !name.startsWith("sqlite_"));
}

test("reading creates no storage, and no transaction without a write does", () =>
	inStorage((storage) => {
		const store = new SqliteStore(storage);
		store.transaction(() => {
			store.meta();
			store.roster();
			store.after(0, 10);
			store.sizesAfter(0, 10);
			found(store, [{ member: "ann", id: "p1" }]);
		});
		expect(tables(storage)).toEqual([]);
		expect(() =>
			store.transaction(() => {
				store.append([eventAt(1)]);
				throw new Error("planted");
			}),
		).toThrow("planted");
		expect(tables(storage)).toEqual([]);
		store.transaction(() => store.append([eventAt(1)]));
		expect(tables(storage)).toContain("events");
	}));

test("what one store wrote, another one reads", () =>
	inStorage((storage) => {
		const store = new SqliteStore(storage);
		store.transaction(() => {
			store.append([eventAt(1)]);
			store.saveRoster([row("ann")]);
			store.saveMeta(META);
		});
		const again = new SqliteStore(storage);
		expect(again.isNewer).toBe(false);
		expect(again.meta()).toEqual(META);
		expect(again.roster()).toEqual([row("ann")]);
		expect(again.after(0, 10)).toHaveLength(1);
	}));

test("a schema that is newer than the code is told, and is left as it is", () =>
	inStorage((storage) => {
		const store = new SqliteStore(storage);
		store.transaction(() => store.saveMeta(META));
		storage.sql.exec("update schema set version = version + 1");
		expect(new SqliteStore(storage).isNewer).toBe(true);
	}));

test("G11 a turn's sets cost a few statements, however many they are, and read no table through", () =>
	inStorage((storage) => {
		let statements: string[] = [];
		const store = new SqliteStore(strict(storage, (statement) => statements.push(statement)));
		const entry = (version: number) => ({
			...{ key: `k${version}`, version, at: T0, from: "ann", holder: "ann", owner: "ann", isSum: false },
			...{ bytes: 1, value: "1" },
		});
		const many = Array.from({ length: 1000 }, (_, n) => entry(n + 1));
		store.transaction(() => store.saveEntries(many));
		const turn = (first: number) => {
			const sets = many.map((_, n) => ({ member: "ann", id: `s${first + n}`, seq: first + n, digest: "d" }));
			store.transaction(() => {
				store.findSets(sets);
				store.findEntries(many.map(({ key }) => ({ key, bytes: 1 })));
				store.holdings(["ann"]);
				store.saveEntries(many.map(({ key }, n) => ({ ...entry(first + n), key })));
				store.addSets(sets);
				store.addHoldings([{ member: "ann", entries: 1, bytes: 1 }]);
			});
		};
		turn(1001);
		statements = [];
		turn(2001);
		expect(statements.length).toBeLessThanOrEqual(7);
		const lists = (statement: string) => (statement.includes("?1") ? 1 : statement.split("?").length - 1);
		const plans = statements.flatMap((statement) => {
			const plan = storage.sql.exec<{ detail: string }>(
				`explain query plan ${statement}`,
				...Array(lists(statement)).fill("[]"),
			);
			return plan.toArray().map(({ detail }) => detail);
		});
		expect(plans.filter((detail) => /^SCAN (?!row|json_each)/.test(detail))).toEqual([]);
	}));

test("a turn's events cost a few statements, however many they are", () =>
	inStorage((storage) => {
		let statements = 0;
		const counting = strict(storage, () => statements++);
		const store = new SqliteStore(counting);
		store.transaction(() => store.append([eventAt(1)]));
		statements = 0;
		const events = Array.from({ length: 1000 }, (_, index) => eventAt(index + 2, { at: T0 }));
		store.transaction(() => {
			found(
				store,
				events.map((event) => ({ member: event.from, id: event.id ?? "" })),
			);
			store.append(events);
		});
		expect(statements).toBeLessThanOrEqual(4);
	}));
