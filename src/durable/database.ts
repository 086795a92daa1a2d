/**
 * A room's SQLite: transactions, statements, and the version of what is stored. Nothing is created before the
 * first write, so reading a room that does not exist leaves no trace.
 */
import { packRows } from "../protocol/codec.ts";
import { PARAMETER_BYTES_MAX } from "../protocol/platform-limits.ts";
import type { Sync } from "../room/store.ts";
import { migrate, storedVersion, VERSION } from "./schema.ts";

/** What a statement says of the list that is its parameter. */
export const ROWS = "from json_each(?) as row";

export class Database {
	readonly #storage: DurableObjectStorage;
	readonly #sql: SqlStorage;
	#version: number;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
		this.#version = storedVersion(this.#sql);
		// What older code wrote is brought up to date before anything is read; a room that was never stored stays so.
		if (this.#version > 0 && this.#version < VERSION) this.transaction(() => this.#migrate());
	}

	#migrate(): void {
		migrate(this.#sql, this.#version);
		this.#version = VERSION;
	}

	/** True where newer code has been here: nothing may be read or written by this one. */
	get isNewer(): boolean {
		return this.#version > VERSION;
	}

	/** To be called when everything was deleted. */
	forget(): void {
		this.#version = 0;
		this.forgetKnown();
	}

	transaction<T>(work: () => Sync<T>): T {
		const version = this.#version;
		try {
			return this.#storage.transactionSync(work as () => T);
		} catch (error) {
			this.#version = version;
			this.forgetKnown();
			throw error;
		}
	}

	/** What is remembered of the tables may no longer be so: a transaction was rolled back. */
	protected forgetKnown(): void {}

	/** Brings the tables about with the first write. */
	protected write(statement: string, ...bindings: SqlStorageValue[]): void {
		if (this.#version < VERSION) this.#migrate();
		this.#sql.exec(statement, ...bindings);
	}

	/** Nothing, where nothing was ever stored. */
	protected read<T extends Record<string, SqlStorageValue>>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.#version === 0 ? [] : this.#sql.exec<T>(statement, ...bindings).toArray();
	}

	/** Like {@link read}, of a list. */
	protected readRows<T extends Record<string, SqlStorageValue>>(statement: string, rows: readonly unknown[]): T[] {
		return packRows(rows, PARAMETER_BYTES_MAX).flatMap(({ json }) => this.read<T>(statement, json));
	}

	/** Lists travel as JSON, in as many statements as their parameters' bound asks for: nearly always one. */
	protected writeRows(statement: string, rows: readonly unknown[]): void {
		for (const { json } of packRows(rows, PARAMETER_BYTES_MAX)) this.write(statement, json);
	}
}
