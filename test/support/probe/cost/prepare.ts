/** Writes straight into a room's store what would take hours to come about, by the store's own statements where they are quick. */
import { migrate } from "../../../../src/durable/schema.ts";
import { SqliteStore } from "../../../../src/durable/sqlite-store.ts";
import { encodeEvent } from "../../../../src/protocol/codec.ts";
import type { JobRow } from "../../../../src/room/jobs.ts";
import type { NewEvent } from "../../../../src/room/store.ts";
import type { Preparation } from "./preparation.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNK_ROWS = 2_000;
export const PREPARED_EPOCH = "prepared";
const HOUR_MS = 3_600_000;

export async function prepare(storage: DurableObjectStorage, preparation: Preparation): Promise<void> {
	const { events, keys, jobs, archive } = preparation;
	if (archive !== undefined) return fillArchive(storage.sql, archive);
	const store = new SqliteStore(storage);
	const now = Date.now();
	if (events !== undefined) await addEvents(storage, store, events, now - events.ageMs);
	if (keys !== undefined) {
		if (events === undefined) migrate(storage.sql, 0);
		storage.sql.exec(
			`with recursive n (i) as (select 1 union all select i + 1 from n where i < ?1)
				insert into keys_1 (key, seq, digest) select 'gone key' || i, i, 'digest' from n`,
			keys.count,
		);
	}
	if (jobs !== undefined) await addJobs(storage, jobs, now);
	new SqliteStore(storage).saveMeta({
		epoch: PREPARED_EPOCH,
		head: events?.count ?? keys?.count ?? 0,
		floor: events === undefined ? (keys?.count ?? 0) + 1 : 1,
		kept: events === undefined ? (keys?.count ?? 0) + 1 : 1,
		heldBytes: 0,
		at: now,
		// The alarm is to come when the harness rings, not by itself.
		floorAt: events === undefined ? null : now,
		bytes: (events?.count ?? 0) * (events?.bytes ?? 0),
		oldestKey: null,
		olderKeys: keys === undefined ? null : { at: now - keys.ageMs, seq: keys.count },
		setBack: null,
		emptySince: null,
		jobs: jobs?.count ?? 0,
		decisions: 0,
		isLocked: false,
		salt: "prepared",
	});
	await storage.sync();
}

async function addEvents(
	storage: DurableObjectStorage,
	store: SqliteStore,
	{ count, bytes, from }: NonNullable<Preparation["events"]>,
	at: number,
): Promise<void> {
	const rows = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_BYTES / bytes)));
	for (let first = 1; first <= count; first += rows) {
		const chunk = Array.from({ length: Math.min(rows, count - first + 1) }, (_, i): NewEvent => {
			const seq = first + i;
			const head = { seq, at, from, author: "Prepared", id: `e${seq}`, name: "chat" };
			const body = encodeEvent(head, JSON.stringify("x".repeat(Math.max(1, bytes - 140))));
			return { seq, at, body, bytes: body.length, from, id: `e${seq}`, digest: "d", about: null, job: null };
		});
		store.transaction(() => store.append(chunk));
		await storage.sync();
	}
}

/** In pieces, as the events: a smaller heap does not hold all of them. */
async function addJobs(
	storage: DurableObjectStorage,
	jobs: NonNullable<Preparation["jobs"]>,
	now: number,
): Promise<void> {
	const store = new SqliteStore(storage);
	for (let first = 1; first <= jobs.count; first += CHUNK_ROWS) {
		store.addJobs(rowsOf(jobs, now, first, Math.min(CHUNK_ROWS, jobs.count - first + 1)));
		await storage.sync();
	}
}

function rowsOf(jobs: NonNullable<Preparation["jobs"]>, now: number, first: number, count: number): JobRow[] {
	const { member, bytes, purpose, state, isOwed, heldMs } = jobs;
	const padding = "x".repeat(bytes);
	const isSettled = state === "done";
	const held = (id: string) => ({ id, name: "unchecked", author: "Prepared", data: padding });
	const inputOf = (id: string) => (purpose === "hold" ? held(id) : { url: "http://a.example/", padding });
	return Array.from({ length: count }, (_, i) => first + i).map((n) => ({
		...{ n, kind: "unfurl", purpose, member, ask: `job${n}`, seq: null, state, run: 1, isOwed, at: now },
		dueAt: now + HOUR_MS,
		deadlineAt: heldMs === undefined ? null : now + heldMs,
		digest: "",
		name: "",
		input: JSON.stringify(isSettled ? null : inputOf(`job${n}`)),
		outcome: JSON.stringify(isSettled ? { padding } : null),
	}));
}

function fillArchive(sql: SqlStorage, { count, bytes, room }: NonNullable<Preparation["archive"]>): void {
	sql.exec(
		`with recursive n (i) as (select 1 union all select i + 1 from n where i < ?1)
			insert into events (room, epoch, seq, at, member, author, name, data, text)
			select ?2, 'prepared', i, i, 'someone', 'Someone', 'chat', ?3, ?4 from n`,
		count,
		room,
		JSON.stringify({ text: `found ${"x".repeat(bytes)}` }),
		"found it and more words that are found",
	);
}
