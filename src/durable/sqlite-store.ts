/**
 * The room's memory in SQLite. A turn costs a few statements however many events it holds: lists
 * travel as one JSON parameter. Nothing is created before the first write, so reading a room that
 * does not exist leaves no trace.
 */
import type {
	EventSize,
	KeyAge,
	Meta,
	NewEvent,
	PublishKey,
	RoomStore,
	RosterRow,
	StoredEvent,
	Sync,
} from "../room/store.ts";
import { MIGRATIONS, migrate, storedVersion } from "./schema.ts";

/** A parameter holds at most 2 MB, and encoding an event as JSON once more can double it. */
const APPEND_BYTES_MAX = 512 * 1024;

const EVENT_COLUMNS = `seq, at, member as "from", name, bytes, body`;

/** Names for JSON array positions keep the statements readable. */
const ROWS = "from json_each(?) as row";

export class SqliteStore implements RoomStore {
	readonly #storage: DurableObjectStorage;
	readonly #sql: SqlStorage;
	#version: number;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
		this.#version = storedVersion(this.#sql);
	}

	/** True where newer code has been here: nothing may be read or written by this one. */
	get isNewer(): boolean {
		return this.#version > MIGRATIONS.length;
	}

	/** To be called when everything was deleted. */
	forget(): void {
		this.#version = 0;
	}

	transaction<T>(work: () => Sync<T>): T {
		const version = this.#version;
		try {
			return this.#storage.transactionSync(work as () => T);
		} catch (error) {
			this.#version = version;
			throw error;
		}
	}

	#write(statement: string, ...bindings: SqlStorageValue[]): void {
		if (this.#version < MIGRATIONS.length) {
			migrate(this.#sql, this.#version);
			this.#version = MIGRATIONS.length;
		}
		this.#sql.exec(statement, ...bindings);
	}

	#read<T extends Record<string, SqlStorageValue>>(statement: string, ...bindings: SqlStorageValue[]): T[] {
		return this.#version === 0 ? [] : this.#sql.exec<T>(statement, ...bindings).toArray();
	}

	meta(): Meta | null {
		type Row = Omit<Meta, "oldestKey"> & { keyAt: number | null; keySeq: number | null };
		const [row] = this.#read<Row & Record<string, SqlStorageValue>>(
			`select epoch, head, floor, at, floor_at as "floorAt", bytes, key_at as "keyAt", key_seq as "keySeq",
				empty_since as "emptySince" from meta`,
		);
		if (row === undefined) return null;
		const { keyAt, keySeq, ...meta } = row;
		return { ...meta, oldestKey: keyAt === null || keySeq === null ? null : { at: keyAt, seq: keySeq } };
	}

	saveMeta(meta: Meta): void {
		this.#write(
			"insert or replace into meta values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			meta.epoch,
			meta.head,
			meta.floor,
			meta.at,
			meta.floorAt,
			meta.bytes,
			meta.oldestKey?.at ?? null,
			meta.oldestKey?.seq ?? null,
			meta.emptySince,
		);
	}

	roster(): RosterRow[] {
		return this.#read<RosterRow & Record<string, SqlStorageValue>>(
			`select member, name, state, gone_since as "goneSince" from roster order by place`,
		);
	}

	saveRoster(rows: readonly RosterRow[]): void {
		this.#write(
			`insert into roster (member, name, state, gone_since)
				select value->>0, value->>1, value->>2, value->>3 ${ROWS} where true
				on conflict (member) do update
				set name = excluded.name, state = excluded.state, gone_since = excluded.gone_since`,
			JSON.stringify(rows.map((row) => [row.member, row.name, row.state, row.goneSince])),
		);
	}

	dropRoster(members: readonly string[]): void {
		this.#write(`delete from roster where member in (select value ${ROWS})`, JSON.stringify(members));
	}

	findKeys(keys: readonly PublishKey[]): (PublishKey & { seq: number })[] {
		return this.#read<{ member: string; id: string; seq: number }>(
			`select known.member, known.id, known.seq ${ROWS}
				cross join publish_keys as known on known.member = value->>0 and known.id = value->>1`,
			JSON.stringify(keys.map((key) => [key.member, key.id])),
		);
	}

	append(events: readonly NewEvent[]): void {
		let start = 0;
		let bytes = 0;
		events.forEach((event, index) => {
			bytes += event.bytes;
			if (bytes > APPEND_BYTES_MAX && index > start) {
				this.#appendSome(events.slice(start, index));
				start = index;
				bytes = event.bytes;
			}
		});
		this.#appendSome(events.slice(start));
	}

	#appendSome(events: readonly NewEvent[]): void {
		this.#write(
			`insert into events (seq, at, member, name, bytes, body)
				select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 ${ROWS}`,
			JSON.stringify(events.map((event) => [event.seq, event.at, event.from, event.name, event.bytes, event.body])),
		);
		const keyed = events.filter((event) => event.id !== null);
		if (keyed.length === 0) return;
		this.#write(
			`insert into publish_keys (member, id, seq, at) select value->>0, value->>1, value->>2, value->>3 ${ROWS}`,
			JSON.stringify(keyed.map((event) => [event.from, event.id, event.seq, event.at])),
		);
	}

	after(seq: number, limit: number): StoredEvent[] {
		return this.#read<StoredEvent & Record<string, SqlStorageValue>>(
			`select ${EVENT_COLUMNS} from events where seq > ? order by seq limit ?`,
			seq,
			limit,
		);
	}

	sizesAfter(seq: number, limit: number): EventSize[] {
		return this.#read<EventSize & Record<string, SqlStorageValue>>(
			"select seq, at, bytes from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	dropEvents(seq: number): void {
		this.#write("delete from events where seq <= ?", seq);
	}

	dropKeys(at: number, seq: number, limit: number): KeyAge | null {
		this.#write(
			`delete from publish_keys where (member, id) in
				(select member, id from publish_keys where at < ? or seq <= ? order by seq limit ?)`,
			at,
			seq,
			limit,
		);
		return this.#read<{ at: number; seq: number }>("select at, seq from publish_keys order by seq limit 1")[0] ?? null;
	}
}
