/**
 * The room's memory in SQLite. A turn costs a few statements however many events it holds: lists
 * travel as one JSON parameter.
 */
import { packRows } from "../protocol/codec.ts";
import type {
	ErasureRow,
	EventSize,
	KeyAge,
	KnownKey,
	Meta,
	NewEvent,
	PublishKey,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
} from "../room/store.ts";
import { PARAMETER_BYTES_MAX, ROWS } from "./database.ts";
import { SqliteJobs } from "./sqlite-jobs.ts";

/** How far behind an event what a job made of it is looked for, where it was stored before there was an index. */
const UNINDEXED_ROWS_MAX = 500;

/** The generations of keys, and what an older version of the code wrote. */
const KEY_TABLES = ["keys_0", "keys_1", "publish_keys"] as const;

export class SqliteStore extends SqliteJobs implements RoomStore {
	#ring: { tables: readonly string[]; newer: string } | null = null;

	meta(): Meta | null {
		type Row = Omit<Meta, "oldestKey" | "olderKeys" | "isLocked"> & {
			isLocked: number;
			keyAt: number | null;
			keySeq: number | null;
			olderAt: number | null;
			olderSeq: number | null;
		};
		const [row] = this.read<Row & Record<string, SqlStorageValue>>(
			`select epoch, head, floor, kept, held_bytes as "heldBytes", jobs, is_locked as "isLocked", salt, at, floor_at as "floorAt", bytes, key_at as "keyAt", key_seq as "keySeq",
				empty_since as "emptySince", older_at as "olderAt", older_seq as "olderSeq" from meta`,
		);
		if (row === undefined) return null;
		const { keyAt, keySeq, olderAt, olderSeq, isLocked, ...meta } = row;
		const ageOf = (at: number | null, seq: number | null): KeyAge | null =>
			at === null || seq === null ? null : { at, seq };
		return {
			...meta,
			isLocked: isLocked === 1,
			oldestKey: ageOf(keyAt, keySeq),
			olderKeys: ageOf(olderAt, olderSeq),
		};
	}

	saveMeta(meta: Meta): void {
		this.write(
			"insert or replace into meta values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			meta.epoch,
			meta.head,
			meta.floor,
			meta.kept,
			meta.heldBytes,
			meta.jobs,
			Number(meta.isLocked),
			meta.salt,
			meta.at,
			meta.floorAt,
			meta.bytes,
			meta.oldestKey?.at ?? null,
			meta.oldestKey?.seq ?? null,
			meta.emptySince,
			meta.olderKeys?.at ?? null,
			meta.olderKeys?.seq ?? null,
		);
	}

	roster(): RosterRow[] {
		return this.read<RosterRow & Record<string, SqlStorageValue>>(
			`select member, name, state, gone_since as "goneSince", address from roster order by place`,
		);
	}

	saveRoster(rows: readonly RosterRow[]): void {
		this.writeRows(
			`insert into roster (member, name, state, gone_since, address)
				select value->>0, value->>1, value->>2, value->>3, value->>4 ${ROWS} where true
				on conflict (member) do update set name = excluded.name, state = excluded.state,
				gone_since = excluded.gone_since, address = excluded.address`,
			rows.map((row) => [row.member, row.name, row.state, row.goneSince, row.address]),
		);
	}

	dropRoster(members: readonly string[]): void {
		this.writeRows(`delete from roster where member in (select value ${ROWS})`, members);
	}

	findKeys(keys: readonly PublishKey[]): KnownKey[] {
		const names = keys.map(({ member, id }) => keyOf(member, id));
		const found = this.#keyRing().tables.flatMap((table) =>
			this.readRows<{ key: string; seq: number; digest: string }>(
				`select known.key, known.seq, ${table === "publish_keys" ? "''" : "known.digest"} as digest ${ROWS}
					cross join ${table} as known on known.key = row.value`,
				names,
			),
		);
		return found.map(({ key, seq, digest }) => {
			const end = key.indexOf(" ");
			return { member: key.slice(0, end), id: key.slice(end + 1), seq, digest };
		});
	}

	/** The tables that hold keys, which is nearly always one, and the one that takes new ones: asked once, until that may have changed. */
	#keyRing(): { tables: readonly string[]; newer: string } {
		if (this.#ring !== null) return this.#ring;
		const holds = KEY_TABLES.map((table) => `exists (select 1 from ${table}) as ${table}`).join(", ");
		const [found] = this.read<Record<string, number>>(`select newer, ${holds} from key_turn`);
		const tables = KEY_TABLES.filter((table) => found?.[table] === 1);
		this.#ring = { tables, newer: found?.newer === 1 ? "keys_1" : "keys_0" };
		return this.#ring;
	}

	turnKeys(): void {
		this.write("update key_turn set newer = 1 - newer");
		this.forgetKnown();
	}

	/** Whole tables: that costs their pages, and no look at a row. */
	dropOlderKeys(): void {
		const { newer } = this.#keyRing();
		for (const table of KEY_TABLES) if (table !== newer) this.write(`delete from ${table}`);
		this.forgetKnown();
	}

	protected override forgetKnown(): void {
		this.#ring = null;
	}

	/**
	 * Rows of one value each, and what they share beside it: SQLite takes a list of texts for half the price of
	 * a list of rows (4 µs an event with its key, against 8), and one turn's events differ in nothing else.
	 */
	append(events: readonly NewEvent[]): void {
		for (const run of runsOf(events)) {
			const [{ seq, at, id }] = run;
			const bodies = run.map(({ body }) => body);
			for (const { first, json } of packRows(bodies, PARAMETER_BYTES_MAX)) {
				this.write(`insert into events (seq, at, body) select ? + row.key, ?, value ${ROWS}`, seq + first, at, json);
			}
			if (id === null) continue;
			const keys = run.map((event) => `${event.digest} ${keyOf(event.from, event.id ?? "")}`);
			for (const { first, json } of packRows(keys, PARAMETER_BYTES_MAX)) this.#appendKeys(seq + first, json);
		}
		const abouts = events.flatMap(({ about, seq }) => (about === null ? [] : [[about, seq]]));
		this.writeRows(`insert into abouts select value->>0, value->>1 ${ROWS}`, abouts);
	}

	/** Each is a digest, which holds no space, and the key behind it. */
	#appendKeys(first: number, json: string): void {
		const { tables, newer } = this.#keyRing();
		this.write(
			`insert into ${newer} (key, seq, digest)
				select substr(value, instr(value, ' ') + 1), ? + row.key, substr(value, 1, instr(value, ' ') - 1) ${ROWS}`,
			first,
			json,
		);
		if (!tables.includes(newer)) this.#ring = { tables: [...tables, newer], newer };
	}

	after(seq: number, limit: number): StoredEvent[] {
		return this.read<StoredEvent & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes, body from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	/** A text's length stands before it: it is known without reading the text. */
	sizesAfter(seq: number, limit: number): EventSize[] {
		return this.read<EventSize & Record<string, SqlStorageValue>>(
			"select seq, at, octet_length(body) as bytes from events where seq > ? order by seq limit ?",
			seq,
			limit,
		);
	}

	rewrite(events: readonly Pick<StoredEvent, "seq" | "body" | "bytes">[]): void {
		for (const { seq, body } of events) this.write("update events set body = ? where seq = ?", body, seq);
	}

	dropEvents(seq: number): void {
		this.write("delete from events where seq <= ?", seq);
		this.write("delete from abouts where subject <= ?", seq);
	}

	sanctions(): SanctionRow[] {
		return this.read<SanctionRow & Record<string, SqlStorageValue>>(
			"select kind, subject, member, until from sanctions order by rowid",
		);
	}

	saveSanction({ kind, subject, member, until }: SanctionRow): void {
		this.write(
			"insert or replace into sanctions (kind, subject, member, until) values (?, ?, ?, ?)",
			kind,
			subject,
			member,
			until,
		);
	}

	dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void {
		this.write("delete from sanctions where kind = ? and subject = ? and member = ?", kind, subject, member);
	}

	erasures(): ErasureRow[] {
		return this.read<ErasureRow & Record<string, SqlStorageValue>>(
			`select member, eraser as "by", through, done from erasures order by member`,
		);
	}

	saveErasure({ member, by, through, done }: ErasureRow): void {
		this.write("insert or replace into erasures values (?, ?, ?, ?)", member, by, through, done);
	}

	dropErasure(member: string): void {
		this.write("delete from erasures where member = ?", member);
	}

	seqsAbout(seq: number): number[] {
		const indexed = this.read<{ seq: number }>("select seq from abouts where subject = ? order by seq", seq);
		const [unindexed] = this.read<{ before: number }>("select before from unindexed");
		const before = Math.min(unindexed?.before ?? 0, seq + UNINDEXED_ROWS_MAX);
		if (seq >= before) return indexed.map((row) => row.seq);
		const found = this.read<{ seq: number }>(
			`select seq from events where seq > ?1 and seq < ?2 and instr(body, '"name":"room.job"') > 0
				and body->>'$.name' = 'room.job' and body->>'$.data.of' = ?1 order by seq`,
			seq,
			before,
		);
		return [...found, ...indexed].map((row) => row.seq);
	}

	wipe(): void {
		for (const table of ["roster", "events", "abouts", "unindexed", "erasures", ...KEY_TABLES, "jobs"])
			this.write(`delete from ${table}`);
		this.forgetKnown();
	}
}

function keyOf(member: string, id: string): string {
	return `${member} ${id}`;
}

/** The events in runs of the same time that all have a key, or have none. Seqs have no gap. */
function runsOf(events: readonly NewEvent[]): [NewEvent, ...NewEvent[]][] {
	const runs: [NewEvent, ...NewEvent[]][] = [];
	for (const event of events) {
		const run = runs.at(-1);
		if (run !== undefined && run[0].at === event.at && (run[0].id === null) === (event.id === null)) run.push(event);
		else runs.push([event]);
	}
	return runs;
}
