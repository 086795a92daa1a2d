/** The store that rooms live on keeps the contract, inside workerd, within the bounds of production. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { SqliteStore } from "../../src/durable/sqlite-store.ts";
import { eventAt, found, META, row, T0 } from "./rows.ts";
import { describeStore } from "./store-contract.ts";
import { strict } from "./strict-storage.ts";

afterEach(reset);

function inStorage(body: (storage: DurableObjectStorage) => void): Promise<void> {
	return runInDurableObject(env.ROOMS.getByName("contract"), (_, state) => body(strict(state.storage)));
}

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
