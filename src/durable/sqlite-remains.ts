/**
 * Tables that were set aside: under another name, so that nothing reads them, with an empty one in their place. That
 * costs the same whatever they hold; their rows go a piece at a time. No list of them is kept but SQLite's own, so a
 * crash forgets none.
 */
import { REMAINS_AT_ONCE_ROWS_MAX, REMAINS_DROP_ROWS_MAX } from "../protocol/limits.ts";
import { fitting } from "../room/fitting.ts";
import { Database } from "./database.ts";

/** The tables that grow and may be set aside. */
export type Growing =
	| "events"
	| "abouts"
	| "jobs"
	| "failed_jobs"
	| "keys_0"
	| "keys_1"
	| "publish_keys"
	| "publish_keys_1"
	| "entries"
	| "holdings"
	| "set_keys_0"
	| "set_keys_1";

interface Shape {
	/** The columns of its key. */
	key: string;
	/** What a row holds, where that may be much. */
	bytes?: string;
	/** How many rows a row counts for when it is deleted: index entries count too. */
	weight?: number;
}

const SHAPES: Record<Growing, Shape> = {
	events: { key: "seq", bytes: "octet_length(body)" },
	abouts: { key: "subject, seq" },
	jobs: { key: "n", bytes: "octet_length(input) + octet_length(outcome)", weight: 3 },
	failed_jobs: { key: "n" },
	keys_0: { key: "key" },
	keys_1: { key: "key" },
	publish_keys: { key: "key" },
	publish_keys_1: { key: "member, id" },
	entries: { key: "version", bytes: "octet_length(key) + coalesce(octet_length(value), 0)", weight: 3 },
	holdings: { key: "member" },
	set_keys_0: { key: "key" },
	set_keys_1: { key: "key" },
};

/** The name of what was set aside, by what it was, and the other way round. */
const asideOf = (table: Growing, number: number): string => `aside_${table}_${number}`;
const tableOf = (aside: string): Growing => aside.slice("aside_".length, aside.lastIndexOf("_")) as Growing;

/** What SQLite knows of a table, and what belongs to it. */
interface Part extends Record<string, SqlStorageValue> {
	type: "table" | "index" | "trigger";
	name: string;
	sql: string;
}

export class SqliteRemains extends Database {
	readonly #atOnceRowsMax: number;
	/** Asked for once, until it may have changed. */
	#names: readonly string[] | null = null;

	/** @param atOnceRowsMax A table of at most so many rows is emptied at once: a new name costs about as much. */
	constructor(storage: DurableObjectStorage, atOnceRowsMax = REMAINS_AT_ONCE_ROWS_MAX) {
		super(storage);
		this.#atOnceRowsMax = atOnceRowsMax;
	}

	protected override forgetKnown(): void {
		this.#names = null;
	}

	get #asides(): readonly string[] {
		this.#names ??= this.read<{ name: string }>(
			"select name from sqlite_master where type = 'table' and name glob 'aside_*' order by name",
		).map(({ name }) => name);
		return this.#names;
	}

	hasRemains(): boolean {
		return this.#asides.length > 0;
	}

	/** Empties tables; what they hold is there no more. */
	protected setAside(tables: readonly Growing[]): void {
		for (const table of tables) {
			if (this.#holdsMoreThan(this.#atOnceRowsMax, table)) this.#replace(table);
			else this.write(`delete from ${table}`);
		}
		this.forgetKnown();
	}

	/** An empty one comes about by SQLite's own text of the one before: with each column that it was ever given. */
	#replace(table: Growing): void {
		const number = this.#nextNumber();
		const parts = this.read<Part>(
			"select type, name, sql from sqlite_master where tbl_name = ? and sql is not null order by type = 'table' desc",
			table,
		);
		for (const { type, name } of parts) if (type === "trigger") this.write(`drop trigger ${name}`);
		this.write(`alter table ${table} rename to ${asideOf(table, number)}`);
		for (const { type, name, sql } of parts) {
			// An index keeps its name beside the table that it belongs to.
			this.write(type === "index" ? sql.replace(name, `${name.replace(/_\d+$/, "")}_${number}`) : sql);
		}
	}

	/** Of all that was ever given to a name that is still there, the next. */
	#nextNumber(): number {
		const names = this.read<{ name: string }>("select name from sqlite_master where name glob '*_[0-9]*'");
		return 1 + Math.max(0, ...names.map(({ name }) => Number(/_(\d+)$/.exec(name)?.[1] ?? 0)));
	}

	#holdsMoreThan(rows: number, table: string): boolean {
		return this.read(`select 1 from ${table} limit 1 offset ?`, rows).length > 0;
	}

	/** Removes a piece of what was set aside: about so many rows written, and so many bytes. */
	dropRemains(rowsMax: number, bytesMax: number): void {
		const [aside] = this.#asides;
		if (aside === undefined) return;
		const { key, bytes, weight = 1 } = SHAPES[tableOf(aside)];
		const most = Math.floor(rowsMax / weight);
		if (bytes !== undefined || this.#holdsMoreThan(REMAINS_DROP_ROWS_MAX, aside)) {
			const rows = `from ${aside} order by ${key} limit ?`;
			const sizes = (first: number, many: number) =>
				this.read<{ bytes: number }>(`select ${bytes} as bytes ${rows} offset ?`, many, first);
			const count = bytes === undefined ? most : fitting(most, bytesMax, sizes);
			this.write(`delete from ${aside} where (${key}) in (select ${key} ${rows})`, count);
			if (this.#holdsMoreThan(0, aside)) return;
		}
		this.write(`drop table ${aside}`);
		this.forgetKnown();
	}
}
