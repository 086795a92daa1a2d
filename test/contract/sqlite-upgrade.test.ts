/**
 * A store that an earlier version wrote keeps the contract as a new one does, and is brought up to this version at a
 * cost that does not grow with what it holds: a room of 1 GiB opens as one of ten events does (see schema.ts).
 */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { STEPS, storedVersion, VERSION } from "../../src/durable/schema.ts";
import { SqliteStore } from "../../src/durable/sqlite-store.ts";
import { JOBS_LOOKED_AT_MAX } from "../../src/protocol/job-limits.ts";
import type { JobRow } from "../../src/room/jobs.ts";
import { rooms } from "../workers/kept/fixtures.ts";
import { statementsOf } from "../workers/kept/sql-text.ts";
import { describeJobs } from "./jobs-contract.ts";
import { eventAt, eventsAt, META, T0 } from "./rows.ts";
import { describeState } from "./state-contract.ts";
import { describeStore } from "./store-contract.ts";
import { strict } from "./strict-storage.ts";

afterEach(reset);

const FIXTURES = rooms().map(([name, { tables }]) => [name, statementsOf(tables)] as const);

function inStorage<T>(body: (storage: DurableObjectStorage) => T, room = "upgrade"): Promise<T> {
	return runInDurableObject(env.ROOMS.getByName(room), (_, { storage }) => body(storage));
}

/** Tables of one row, which the store keeps for itself from its first step on. */
const OWN = ["schema", "key_turn", "set_key_turn"];

/** Runs what makes the tables of a fixture, and puts no row into any but the store's own. */
function layTables(sql: SqlStorage, statements: readonly string[]): void {
	for (const statement of statements) {
		const isOwn = OWN.some((table) => statement.startsWith(`insert into ${table} `));
		if (!statement.startsWith("insert") || isOwn) sql.exec(statement);
	}
}

/** The tables of version 1 stay as they are; those of every later version are a new store's. */
const FIRST = FIXTURES.find(([name]) => name === "version-1")?.[1] ?? [];

const onFirstTables = (body: (store: SqliteStore) => void) =>
	inStorage((storage) => {
		layTables(storage.sql, FIRST);
		body(new SqliteStore(strict(storage)));
	});

describeStore("SqliteStore on the tables of version 1", onFirstTables);
describeState("SqliteStore on the tables of version 1", onFirstTables);
describeJobs("SqliteStore on the tables of version 1", onFirstTables);

/** The tables that grow, as far as a version has them, with what is different in each row, by column; all else is a text or a number that fits. */
const GROWING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	events: { seq: "n", body: "'{}'" },
	publish_keys: { key: "'ann p' || n", id: "'p' || n", seq: "n" },
	keys_0: { key: "'ann p' || n", seq: "n" },
	jobs: { n: "n", state: "'done'", is_owed: "0" },
	failed_jobs: { n: "n" },
	entries: { version: "n", key: "'k' || n", is_sum: "0" },
	set_keys_0: { key: "'ann s' || n", version: "n" },
};

function fill(sql: SqlStorage, rows: number): void {
	const hasGenerations = sql.exec("select 1 from sqlite_master where name = 'keys_0'").toArray().length > 0;
	for (const [table, values] of Object.entries(GROWING)) {
		// A key stands once: where they go by generations, no new one is written beside them.
		if (hasGenerations && table === "publish_keys") continue;
		const columns = sql.exec<{ name: string; type: string }>(`select name, type from pragma_table_info('${table}')`);
		const found = columns.toArray();
		if (found.length === 0) continue;
		const made = found.map(({ name, type }) => values[name] ?? (type === "INTEGER" ? String(T0) : "'ann'"));
		sql.exec(
			`with recursive some (n) as (select 1 union all select n + 1 from some where n < ?)
			insert into ${table} select ${made.join(", ")} from some`,
			rows,
		);
	}
}

/** How many rows it takes to open a store that holds so many of each, and to write to it once. */
function costOf(storage: DurableObjectStorage, statements: readonly string[], rows: number) {
	layTables(storage.sql, statements);
	fill(storage.sql, rows);
	const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
	const exec = (statement: string, ...bindings: SqlStorageValue[]) => {
		// Of several statements in one text only the last one's rows are counted.
		expect(statement.replace(/\bbegin\b.*\bend\b/s, "").trim()).not.toMatch(/;./s);
		const cursor = storage.sql.exec(statement, ...bindings);
		cursors.push(cursor);
		return cursor;
	};
	const transactionSync = <T>(work: () => T): T => storage.transactionSync(work);
	const store = new SqliteStore({ sql: { exec }, transactionSync } as unknown as DurableObjectStorage);
	store.transaction(() => {
		store.append([eventAt(rows + 1)]);
		store.saveMeta(META);
	});
	expect(storedVersion(storage.sql)).toBe(VERSION);
	expect(store.findKeys([{ member: "ann", id: `p${rows}` }])).toMatchObject([
		{ member: "ann", id: `p${rows}`, seq: rows },
	]);
	const sum = (of: (cursor: (typeof cursors)[number]) => number) => cursors.reduce((all, each) => all + of(each), 0);
	return { read: sum((cursor) => cursor.rowsRead), written: sum((cursor) => cursor.rowsWritten) };
}

test.each(FIXTURES)("what it takes to open a store of %s does not grow with what it holds", async (_, statements) => {
	const small = await inStorage((storage) => costOf(storage, statements, 10), "small");
	const large = await inStorage((storage) => costOf(storage, statements, 5_000), "large");
	expect(large).toEqual(small);
	expect(small.written).toBeGreaterThan(0);
});

test.each(FIXTURES)("a wiped store of %s has the tables, columns, indexes and triggers that it had", (_, statements) =>
	inStorage((storage) => {
		layTables(storage.sql, statements);
		const store = new SqliteStore(strict(storage));
		const parts = () =>
			storage.sql
				.exec<{ sql: string }>("select sql from sqlite_master where sql is not null")
				.toArray()
				// A name that is still in use gets a number behind it; a table that was renamed has its name in quotes.
				.map(({ sql }) => sql.replaceAll('"', "").replace(/^(create index [a-z_]+?)_\d+ /i, "$1 "))
				.sort();
		const before = parts();
		fill(storage.sql, 200);
		for (let time = 1; time <= 2; time++) {
			store.transaction(() => store.wipe());
			expect(store.after(0, 1)).toEqual([]);
			store.transaction(() => store.append(eventsAt(1, 150)));
		}
		for (let pieces = 0; store.hasRemains() && pieces < 100; pieces++) {
			store.transaction(() => store.dropRemains(100, 10_000));
		}
		expect(parts()).toEqual(before);
	}),
);

test("a new store has plain tables: nothing stands between a publish and its rows", () =>
	inStorage((storage) => {
		const store = new SqliteStore(storage);
		store.transaction(() => store.saveMeta(META));
		const rows = storage.sql.exec<{ type: string; name: string; tbl_name: string }>(
			"select type, name, tbl_name from sqlite_master where tbl_name in ('events', 'publish_keys', 'publish_keys_1')",
		);
		expect(rows.toArray().filter(({ name }) => !name.startsWith("sqlite_"))).toEqual([
			{ type: "table", name: "events", tbl_name: "events" },
			{ type: "table", name: "publish_keys", tbl_name: "publish_keys" },
		]);
		const columns = (table: string) =>
			[...storage.sql.exec<{ name: string }>(`select name from pragma_table_info('${table}')`)].map(({ name }) => name);
		expect(columns("events")).toEqual(["seq", "at", "body"]);
		expect(columns("publish_keys")).toEqual(["key", "seq", "at"]);
	}));

/** A store of version 1 with so many events, of which each has its key. */
function withFirstKeys(storage: DurableObjectStorage, rows: number): SqliteStore {
	layTables(storage.sql, FIRST);
	for (const { seq, at, from, id, body, bytes } of eventsAt(1, rows)) {
		storage.sql.exec("insert into events values (?, ?, ?, 'chat', ?, ?)", seq, at, from, bytes, body);
		storage.sql.exec("insert into publish_keys values (?, ?, ?, ?)", from, id, seq, at);
	}
	return new SqliteStore(strict(storage));
}

const keysOf = (store: SqliteStore, from: number, to: number): number[] =>
	store
		.findKeys(eventsAt(from, to).map((event) => ({ member: event.from, id: event.id ?? "" })))
		.map(({ seq }) => seq)
		.sort((a, b) => a - b);

test("G3 keys of version 1 are known beside new ones, and go with the older generation", () =>
	inStorage((storage) => {
		const store = withFirstKeys(storage, 5);
		store.transaction(() => store.append(eventsAt(6, 8)));
		expect(keysOf(store, 1, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
		expect(store.after(0, 10).map(({ seq, at, body, bytes }) => ({ seq, at, body, bytes }))).toEqual(
			eventsAt(1, 8).map(({ seq, at, body, bytes }) => ({ seq, at, body, bytes })),
		);
		store.transaction(() => store.dropOlderKeys());
		expect(keysOf(store, 1, 8)).toEqual([6, 7, 8]);
		expect(keysOf(new SqliteStore(storage), 1, 8)).toEqual([6, 7, 8]);
	}));

test("keys of version 1 come back with a transaction that fails, and go with a wipe", () =>
	inStorage((storage) => {
		const store = withFirstKeys(storage, 5);
		expect(() =>
			store.transaction(() => {
				store.dropOlderKeys();
				store.wipe();
				throw new Error("planted");
			}),
		).toThrow("planted");
		expect(keysOf(store, 1, 5)).toEqual([1, 2, 3, 4, 5]);
		store.transaction(() => store.wipe());
		expect(keysOf(store, 1, 5)).toEqual([]);
		store.transaction(() => store.append(eventsAt(1, 2)));
		expect(keysOf(store, 1, 5)).toEqual([1, 2]);
	}));

test("jobs that failed before there was an index of them are found, a bounded number of rows at a time", () =>
	inStorage((storage) => {
		const statements = FIXTURES.find(([name]) => name === "6fc73a0")?.[1] ?? [];
		layTables(storage.sql, statements);
		const many = 3 * JOBS_LOOKED_AT_MAX;
		fill(storage.sql, many);
		storage.sql.exec("update jobs set state = 'failed' where n in (3, 4, ?)", many);
		storage.sql.exec(statements.find((statement) => statement.startsWith("insert into meta ")) ?? "");
		storage.sql.exec("update meta set jobs = ?", many);
		const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
		const counting = {
			exec: (statement: string, ...bindings: SqlStorageValue[]) => {
				const cursor = storage.sql.exec(statement, ...bindings);
				cursors.push(cursor);
				return cursor;
			},
		};
		const store = new SqliteStore({ ...strict(storage), sql: counting } as unknown as DurableObjectStorage);
		const retry = (n: number, state: "waiting" | "failed") =>
			store.transaction(() => {
				const { name: _, input: __, outcome: ___, ...head } = store.job(n) as JobRow;
				store.changeJobs([{ ...head, state }]);
			});
		const read = () => {
			const numbers: number[] = [];
			let before: number | null = Number.MAX_SAFE_INTEGER;
			while (before !== null) {
				cursors.length = 0;
				const { sizes, last } = store.jobSizes("failed", before, 9);
				const rows = cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
				expect(rows).toBeLessThan(2 * JOBS_LOOKED_AT_MAX);
				numbers.push(...sizes.map(({ n }) => n));
				before = last;
			}
			return numbers;
		};
		expect(read()).toEqual([many, 4, 3]);
		retry(3, "waiting");
		retry(many, "waiting");
		retry(many, "failed");
		expect(read()).toEqual([many, 4]);
		const anew = [many + 1, many + 2].map((n) => ({ ...(store.job(4) as JobRow), n, ask: null }));
		store.transaction(() => store.addJobs(anew));
		expect(read()).toEqual([many + 2, many + 1, many, 4]);
	}));

test("an erasure that an earlier version began had taken its member's jobs with it", () =>
	inStorage((storage) => {
		layTables(storage.sql, FIRST);
		for (const step of STEPS.slice(0, 3)) for (const statement of step) storage.sql.exec(statement);
		storage.sql.exec("insert into erasures values ('ann', 'room:operator', 9, 4)");
		storage.sql.exec("update schema set version = 4");
		const store = new SqliteStore(strict(storage));
		store.transaction(() => store.append(eventsAt(1, 1)));
		expect(store.erasures()).toEqual([
			{
				member: "ann",
				by: "room:operator",
				through: 9,
				done: 4,
				jobsThrough: 0,
				jobsDone: 0,
				stateThrough: 0,
				stateDone: 0,
			},
		]);
	}));

test("a room of version 1 that was forgotten begins anew as any other does", async () => {
	await inStorage(async (storage) => {
		const store = withFirstKeys(storage, 5);
		await storage.deleteAll();
		store.forget();
		expect(keysOf(store, 1, 5)).toEqual([]);
		storage.transactionSync(() => store.append(eventsAt(1, 1)));
		expect(keysOf(store, 1, 5)).toEqual([1]);
	});
});

test("a store that newer code wrote is left as it is", () =>
	inStorage((storage) => {
		withFirstKeys(storage, 0);
		const tables = () => storage.sql.exec("select sql from sqlite_master order by name").toArray();
		storage.sql.exec("update schema set version = version + 1");
		const before = tables();
		expect(new SqliteStore(storage).isNewer).toBe(true);
		expect(tables()).toEqual(before);
	}));
