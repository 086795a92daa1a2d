/** The idempotency keys of a room's publishes in SQLite. */
import { packRows } from "../protocol/codec.ts";
import type { KeyAge, NewEvent, PublishKey } from "../room/store.ts";
import { PARAMETER_BYTES_MAX, ROWS } from "./database.ts";
import { SqliteJobs } from "./sqlite-jobs.ts";

type KnownKey = PublishKey & { seq: number };

export class SqliteKeys extends SqliteJobs {
	/** True where keys may be left that version 1 wrote, in a table of their own. They are older than all others. */
	#hasFirstKeys: boolean;

	constructor(storage: DurableObjectStorage) {
		super(storage);
		this.#hasFirstKeys = !this.isNewer && this.#keepsFirstKeys();
	}

	/** The table goes when its last key has: only here, where no transaction that fails brings it back. */
	#keepsFirstKeys(): boolean {
		const table = this.read("select 1 from sqlite_master where type = 'table' and name = 'publish_keys_1'");
		if (table.length === 0) return false;
		if (this.#anyFirstKey()) return true;
		this.write("drop table publish_keys_1");
		return false;
	}

	#anyFirstKey(): boolean {
		return this.read("select 1 from publish_keys_1 limit 1").length > 0;
	}

	override forget(): void {
		super.forget();
		this.#hasFirstKeys = false;
	}

	/** The keys of events of one time that all have one. */
	protected addKeys(events: readonly [NewEvent, ...NewEvent[]]): void {
		const [{ seq, at }] = events;
		const keys = events.map(({ from, id }) => keyOf(from, id ?? ""));
		for (const { first, json } of packRows(keys, PARAMETER_BYTES_MAX)) {
			this.write(`insert into publish_keys (key, seq, at) select value, ? + row.key, ? ${ROWS}`, seq + first, at, json);
		}
	}

	findKeys(keys: readonly PublishKey[]): KnownKey[] {
		const known = this.readRows<{ key: string; seq: number }>(
			`select known.key, known.seq ${ROWS} cross join publish_keys as known on known.key = row.value`,
			keys.map(({ member, id }) => keyOf(member, id)),
		).map(({ key, seq }) => {
			const end = key.indexOf(" ");
			return { member: key.slice(0, end), id: key.slice(end + 1), seq };
		});
		return this.#hasFirstKeys ? [...this.#findFirstKeys(keys), ...known] : known;
	}

	#findFirstKeys(keys: readonly PublishKey[]): KnownKey[] {
		return this.readRows<KnownKey & Record<string, SqlStorageValue>>(
			`select known.member, known.id, known.seq ${ROWS}
				cross join publish_keys_1 as known on known.member = value->>0 and known.id = value->>1`,
			keys.map(({ member, id }) => [member, id]),
		);
	}

	/** Those of version 1 first, and in one call those of one table: no more than the limit. */
	dropKeys(at: number, seq: number, limit: number): KeyAge | null {
		const [table, columns] =
			this.#hasFirstKeys && this.#anyFirstKey() ? ["publish_keys_1", "member, id"] : ["publish_keys", "key"];
		this.write(
			`delete from ${table} where (${columns}) in
				(select ${columns} from ${table} where at < ? or seq <= ? order by seq limit ?)`,
			at,
			seq,
			limit,
		);
		return (this.#hasFirstKeys ? this.#oldestIn("publish_keys_1") : null) ?? this.#oldestIn("publish_keys");
	}

	#oldestIn(table: "publish_keys" | "publish_keys_1"): KeyAge | null {
		return this.read<{ at: number; seq: number }>(`select at, seq from ${table} order by seq limit 1`)[0] ?? null;
	}

	protected wipeKeys(): void {
		this.write("delete from publish_keys");
		if (this.#hasFirstKeys) this.write("delete from publish_keys_1");
	}
}

function keyOf(member: string, id: string): string {
	return `${member} ${id}`;
}
