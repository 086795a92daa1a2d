/** The idempotency keys of a room's publishes in SQLite: two generations, and what older versions of the code wrote. */
import { packRows } from "../protocol/codec.ts";
import { PARAMETER_BYTES_MAX } from "../protocol/platform-limits.ts";
import { DIGEST_CHARS } from "../room/digest.ts";
import type { KnownKey, PublishKey } from "../room/known-keys.ts";
import type { NewEvent } from "../room/store.ts";
import { ROWS } from "./database.ts";
import { SqliteJobs } from "./sqlite-jobs.ts";

type Table = "keys_0" | "keys_1" | "publish_keys" | "publish_keys_1";

/** Of version 2 a key has no digest; of version 1 it is in two columns. */
const TABLES: readonly Table[] = ["keys_0", "keys_1", "publish_keys", "publish_keys_1"];

/** The tables that are there; those of them that hold keys, which is nearly always one; and the one that takes new ones. */
interface Ring {
	present: readonly Table[];
	holding: readonly Table[];
	newer: Table;
}

export class SqliteKeys extends SqliteJobs {
	/** Asked for once, until it may have changed. */
	#known: Ring | null = null;

	get #ring(): Ring {
		if (this.#known !== null) return this.#known;
		const present = this.read<{ name: Table }>(
			`select name from sqlite_master where type = 'table' and name in ('${TABLES.join("', '")}')`,
		).map(({ name }) => name);
		const holds = present.map((table) => `, exists (select 1 from ${table}) as ${table}`).join("");
		const [found] = this.read<Record<string, number>>(`select newer${holds} from key_turn`);
		const holding = present.filter((table) => found?.[table] === 1);
		this.#known = { present, holding, newer: found?.newer === 1 ? "keys_1" : "keys_0" };
		return this.#known;
	}

	protected override forgetKnown(): void {
		super.forgetKnown();
		this.#known = null;
	}

	/**
	 * The keys of events, whose seqs follow each other. One text a row, the digest and the key behind it: SQLite takes
	 * a list of texts for half the price of a list of rows.
	 */
	protected addKeys(events: readonly NewEvent[], seq: number): void {
		const rows = events.map(
			({ digest, from, id }) => digest.padStart(DIGEST_CHARS) + keyOf({ member: from, id: id ?? "" }),
		);
		for (const { first, json } of packRows(rows, PARAMETER_BYTES_MAX)) this.#insert(seq + first, json);
	}

	#insert(first: number, json: string): void {
		const { present, holding, newer } = this.#ring;
		this.write(
			`insert into ${newer} (key, seq, digest)
				select substr(value, ${DIGEST_CHARS + 1}), ? + row.key, substr(value, 1, ${DIGEST_CHARS}) ${ROWS}`,
			first,
			json,
		);
		if (!holding.includes(newer)) this.#known = { present, newer, holding: [...holding, newer] };
	}

	findKeys(keys: readonly PublishKey[]): KnownKey[] {
		return this.#ring.holding.flatMap((table) =>
			table === "publish_keys_1" ? this.#findFirst(keys) : this.#findIn(table, keys),
		);
	}

	#findIn(table: Table, keys: readonly PublishKey[]): KnownKey[] {
		const digest = table === "publish_keys" ? "''" : "known.digest";
		return this.readRows<{ key: string; seq: number; digest: string }>(
			`select known.key, known.seq, ${digest} as digest ${ROWS} cross join ${table} as known on known.key = row.value`,
			keys.map(keyOf),
		).map(({ key, ...known }) => {
			const { seq, digest } = known;
			return { ...partsOf(key), seq, digest: digest.trimStart() };
		});
	}

	#findFirst(keys: readonly PublishKey[]): KnownKey[] {
		return this.readRows<KnownKey & Record<string, SqlStorageValue>>(
			`select known.member, known.id, known.seq, '' as digest ${ROWS}
				cross join publish_keys_1 as known on known.member = value->>0 and known.id = value->>1`,
			keys.map(({ member, id }) => [member, id]),
		);
	}

	turnKeys(): void {
		this.write("update key_turn set newer = 1 - newer");
		this.forgetKnown();
	}

	dropOlderKeys(): void {
		const { holding, newer } = this.#ring;
		this.setAside(holding.filter((table) => table !== newer));
	}

	protected wipeKeys(): void {
		this.setAside(this.#ring.holding);
	}
}

export function keyOf({ member, id }: PublishKey): string {
	return `${member} ${id}`;
}

/** No member's id holds a space. */
export function partsOf(key: string): PublishKey {
	const end = key.indexOf(" ");
	return { member: key.slice(0, end), id: key.slice(end + 1) };
}
