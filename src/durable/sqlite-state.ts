/** A room's state in SQLite. A turn costs the same few statements, however many entries it sets. */
import { packRows } from "../protocol/codec.ts";
import { PARAMETER_BYTES_MAX } from "../protocol/platform-limits.ts";
import { NUMBER_BYTES_MAX } from "../protocol/state-limits.ts";
import { DIGEST_CHARS } from "../room/digest.ts";
import type { KeyAge, KnownKey, PublishKey } from "../room/known-keys.ts";
import {
	type Entry,
	type EntryHead,
	type EntryQuery,
	type Holding,
	type KeyRange,
	type Piece,
	pieceOf,
	type Span,
	type StateRow,
	type StateStore,
} from "../room/state-store.ts";
import { ROWS } from "./database.ts";
import { keyOf, partsOf, SqliteKeys } from "./sqlite-keys.ts";

type Columns = Record<string, SqlStorageValue>;
type HeadRow = Omit<EntryHead, "isSum"> & { isSum: number };

const HEAD = `entry.key, entry.version, entry.at, entry.member as "from", entry.holder, entry.owner,
	entry.is_sum as "isSum", octet_length(entry.value) as bytes`;

/** Of the largest values as many make a page. */
const FIRST_ENTRIES = 4;

type SetTable = "set_keys_0" | "set_keys_1";

export class SqliteState extends SqliteKeys implements StateStore {
	/** Which table takes new ids of sets, asked for once, until it may have changed. */
	#newer: SetTable | null = null;

	protected override forgetKnown(): void {
		super.forgetKnown();
		this.#newer = null;
	}

	state(): StateRow | null {
		type Row = Omit<StateRow, "oldestKey" | "olderKeys">;
		const [row] = this.read<Row & Record<"keyAt" | "keySeq" | "olderAt" | "olderSeq", number | null> & Columns>(
			`select version, entries, bytes, drops, forgotten, dropped_at as "droppedAt", sets, key_at as "keyAt",
				key_seq as "keySeq", older_at as "olderAt", older_seq as "olderSeq", deserted_at as "desertedAt" from state`,
		);
		if (row === undefined) return null;
		const { keyAt, keySeq, olderAt, olderSeq, ...state } = row;
		const ageOf = (at: number | null, seq: number | null): KeyAge | null =>
			at === null || seq === null ? null : { at, seq };
		return { ...state, oldestKey: ageOf(keyAt, keySeq), olderKeys: ageOf(olderAt, olderSeq) };
	}

	saveState(row: StateRow): void {
		this.write(
			"insert or replace into state values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			...[row.version, row.entries, row.bytes, row.drops, row.forgotten, row.droppedAt, row.sets],
			...[row.oldestKey?.at ?? null, row.oldestKey?.seq ?? null, row.olderKeys?.at ?? null, row.olderKeys?.seq ?? null],
			row.desertedAt,
		);
	}

	get #newerKeys(): SetTable {
		if (this.#newer === null) {
			const [row] = this.read<{ newer: number }>("select newer from set_key_turn");
			this.#newer = row?.newer === 1 ? "set_keys_1" : "set_keys_0";
		}
		return this.#newer;
	}

	findSets(keys: readonly PublishKey[]): KnownKey[] {
		const from = (table: SetTable) =>
			`select known.key, known.version, known.digest from json_each(?1) as row cross join ${table} as known on known.key = row.value`;
		return this.readRows<{ key: string; version: number; digest: string }>(
			`${from("set_keys_0")} union all ${from("set_keys_1")}`,
			keys.map(keyOf),
		).map(({ key, version, digest }) => ({ ...partsOf(key), seq: version, digest: digest.trimStart() }));
	}

	addSets(sets: readonly KnownKey[]): void {
		this.writeRows(
			`insert into ${this.#newerKeys} select substr(value->>0, ${DIGEST_CHARS + 1}), value->>1, substr(value->>0, 1, ${DIGEST_CHARS}) ${ROWS}`,
			sets.map((set) => [set.digest.padStart(DIGEST_CHARS) + keyOf(set), set.seq]),
		);
	}

	turnSetKeys(): void {
		this.write("update set_key_turn set newer = 1 - newer");
		this.forgetKnown();
	}

	dropOlderSetKeys(): void {
		this.setAside([this.#newerKeys === "set_keys_0" ? "set_keys_1" : "set_keys_0"]);
	}

	findEntries(queries: readonly EntryQuery[]): Entry[] {
		const found = new Map<string, Entry>();
		const rows = this.readRows<HeadRow & { value: string | null } & Columns>(
			`select ${HEAD}, case when octet_length(entry.value) <= ${NUMBER_BYTES_MAX}
				or octet_length(entry.value) = row.value->>1 then entry.value end as value
				${ROWS} cross join entries as entry on entry.key = row.value->>0`,
			queries.map(({ key, bytes }) => [key, bytes]),
		);
		for (const row of rows) if (row.value !== null || !found.has(row.key)) found.set(row.key, entryOf(row));
		return [...found.values()];
	}

	readEntries(keys: readonly string[]): Entry[] {
		return this.readRows<HeadRow & { value: string | null } & Columns>(
			`select ${HEAD}, entry.value ${ROWS} cross join entries as entry on entry.key = row.value`,
			keys,
		).map(entryOf);
	}

	saveEntries(entries: readonly Entry[]): void {
		this.writeRows(
			`insert or replace into entries (version, key, at, member, holder, owner, is_sum, value)
				select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7 ${ROWS}`,
			entries.map((entry) => [
				...[entry.version, entry.key, entry.at, entry.from, entry.holder, entry.owner],
				...[Number(entry.isSum), entry.value],
			]),
		);
	}

	/** The rows of a span, in their order: of one owner by an index of theirs. */
	#spanned<T extends Columns>(columns: string, span: Span, limit: number): T[] {
		const { after, through, dropsAfter, owner } = span;
		const where = `where version > ? and version <= ? and (value is not null or version > ?)`;
		const whose = owner === null ? "" : " and owner = ?";
		return this.read<T>(
			`select ${columns} from entries as entry ${where}${whose} order by version limit ?`,
			...[after, through, dropsAfter, ...(owner === null ? [] : [owner]), limit],
		);
	}

	pieceOf(span: Span, limit: number, bytesMax: number): Piece {
		return pieceOf(this.#inSteps(span, limit + 1, bytesMax), limit, bytesMax);
	}

	/**
	 * A few first, and then as many as fit beside them if the others are like those. Each step is read to its end: a
	 * cursor that is left where it stands locks its table.
	 */
	*#inSteps(span: Span, limit: number, bytesMax: number): Iterable<Entry> {
		let [after, count, bytes] = [span.after, 0, 0];
		for (let many = Math.min(FIRST_ENTRIES, limit); many > 0; ) {
			const rows = this.#spanned<HeadRow & { value: string | null } & Columns>(
				`${HEAD}, value`,
				{ ...span, after },
				many,
			);
			for (const row of rows) {
				bytes += row.key.length + (row.bytes ?? 0);
				yield entryOf(row);
			}
			const last = rows.at(-1);
			if (last === undefined || rows.length < many) return;
			[after, count] = [last.version, count + rows.length];
			const fitting = Math.floor(((bytesMax - bytes) * count) / bytes);
			many = Math.min(Math.max(fitting, 0) + 1, limit - count);
		}
	}

	entryHeads(after: number, through: number, limit: number): EntryHead[] {
		const span = { after, through, dropsAfter: through, owner: null };
		return this.#spanned<HeadRow & Columns>(HEAD, span, limit).map(headOf);
	}

	headsByKey({ after, before }: KeyRange, limit: number): EntryHead[] {
		const range = before === null ? "" : " and key < ?";
		return this.read<HeadRow & Columns>(
			`select ${HEAD} from entries as entry where key > ?${range} and value is not null order by key limit ?`,
			...[after, ...(before === null ? [] : [before]), limit],
		).map(headOf);
	}

	/** By an index that holds both: no row is read. */
	#firstDrop(where: string, bindings: readonly number[], skip = 0): Pick<EntryHead, "version" | "at"> | null {
		const [drop] = this.read<{ version: number; at: number }>(
			`select version, at from entries where value is null and ${where} order by version limit 1 offset ?`,
			...bindings,
			skip,
		);
		return drop ?? null;
	}

	dropAfter(version: number, skip: number): Pick<EntryHead, "version" | "at"> | null {
		return this.#firstDrop("version > ?", [version], skip);
	}

	dropMadeAfter(at: number): Pick<EntryHead, "version" | "at"> | null {
		return this.#firstDrop("at > ?", [at]);
	}

	dropOfOtherTime(version: number, at: number): Pick<EntryHead, "version" | "at"> | null {
		return this.#firstDrop("version > ? and at <> ?", [version, at]);
	}

	forgetDrops(before: number): number {
		const [{ count } = { count: 0 }] = this.read<{ count: number }>(
			"select count(*) as count from entries where value is null and version < ?",
			before,
		);
		this.write("delete from entries where value is null and version < ?", before);
		return count;
	}

	holdings(members: readonly string[]): Holding[] {
		return this.readRows<Holding & Columns>(
			`select held.member, held.entries, held.bytes ${ROWS} cross join holdings as held on held.member = row.value`,
			members,
		);
	}

	addHoldings(more: readonly Holding[]): void {
		this.writeRows(
			`insert into holdings select value->>0, value->>1, value->>2 ${ROWS} where true
				on conflict (member) do update set entries = entries + excluded.entries, bytes = bytes + excluded.bytes`,
			more.map(({ member, entries, bytes }) => [member, entries, bytes]),
		);
		// Whoever holds nothing any more is forgotten, so that no row is left of members who are long gone.
		for (const { json } of packRows(
			more.filter(({ entries }) => entries < 0).map(({ member }) => member),
			PARAMETER_BYTES_MAX,
		)) {
			this.write(`delete from holdings where entries <= 0 and member in (select value ${ROWS})`, json);
		}
	}

	wipeEntries(): void {
		this.setAside(["entries", "holdings"]);
	}

	protected wipeState(): void {
		this.write("delete from state");
		this.setAside(["entries", "holdings", "set_keys_0", "set_keys_1"]);
	}
}

function headOf({ isSum, ...head }: HeadRow): EntryHead {
	return { ...head, isSum: isSum === 1 };
}

function entryOf({ isSum, ...entry }: HeadRow & { value: string | null }): Entry {
	return { ...entry, isSum: isSum === 1 };
}
