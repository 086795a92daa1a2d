/**
 * What an erasure has not reached yet is told no more: from the turn of the erasure on, whatever is read of the
 * history, of jobs or of the state passes here. What an erased member said, and what jobs made of it, comes out as redacted and without
 * a name; its jobs, as if they held nothing. Costs nothing while nobody is being erased.
 */
import { encodeEvent } from "../protocol/codec.ts";
import { ROOM_MEMBER } from "../protocol/ids.ts";
import type { Event } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";
import { type JobHead, type JobRow, jobNumber } from "./jobs.ts";
import type { RoomRecord } from "./record.ts";
import type { EntryHead } from "./state-store.ts";
import type { ErasureRow, RoomStore, StoredEvent } from "./store.ts";

/** Whom an event is from: it stands near the beginning of the text, and a member's id holds nothing to escape. */
const FROM = /^\{"type":"event","seq":[0-9]+,"at":[0-9]+,"from":"([^"]*)"/;
/** What the room says of a job's outcome. */
const IS_OUTCOME =
	/^\{"type":"event","seq":[0-9]+,"at":[0-9]+,"from":"room:events","author":"[^"]*","name":"room\.job"/;
/** What a rule had the room say at an event. */
const RULED_AT = /^\{"type":"event","seq":[0-9]+,"at":[0-9]+,"from":"room:events","author":"[^"]*","of":([0-9]+)/;

type VeiledJob = Pick<JobHead, "n" | "member" | "isOwed"> & Partial<Pick<JobRow, "name" | "input" | "outcome">>;

export class Veil {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;
	/** The erasures that are under way, by member. */
	readonly rows = new Map<string, ErasureRow>();

	constructor(store: RoomStore, record: RoomRecord) {
		this.#store = store;
		this.#record = record;
		for (const row of store.erasures()) this.rows.set(row.member, row);
	}

	/** The event as it may be told. */
	over<T extends StoredEvent>(event: T): T {
		if (this.rows.size === 0 || this.whose(event) === null) return event;
		const body = unsaid(event.body);
		return { ...event, body, bytes: utf8Bytes(body) };
	}

	/** The member who is being erased and whose event this is, or of whose words or jobs it tells; null for no such. */
	whose({ seq, body }: Pick<StoredEvent, "seq" | "body">): string | null {
		const from = FROM.exec(body)?.[1] ?? "";
		if (this.#covers(from, seq)) return from;
		const cause = RULED_AT.exec(body)?.[1];
		if (cause !== undefined) return this.#ruledAt(Number(cause), seq);
		if (!IS_OUTCOME.test(body)) return null;
		const { data } = JSON.parse(body) as { data: { job: string; of: number | null } | null };
		const author = this.#authorOf(data?.of ?? 0);
		const n = jobNumber(this.#record.epoch, data?.job ?? "");
		const asker = n === null ? "" : (this.#store.job(n)?.member ?? "");
		return [author, asker].find((member) => this.#covers(member, seq)) ?? null;
	}

	/** Of an event that rules published at that one. Where that is trimmed already, nobody knows whose it was: then it goes with anybody. */
	#ruledAt(cause: number, seq: number): string | null {
		const authors = cause < this.#record.meta.kept ? [...this.rows.keys()] : [this.#authorOf(cause)];
		return authors.find((member) => this.#covers(member, seq)) ?? null;
	}

	/** A job, or what is known of it, as it may be told: what it holds and came to is there no more, and owed to nobody. */
	overJob<T extends VeiledJob>(job: T): T {
		const row = this.rows.size === 0 || job.member === null ? undefined : this.rows.get(job.member);
		if (row === undefined || job.n <= row.jobsDone || job.n > row.jobsThrough) return job;
		const veiled: T = { ...job, isOwed: false };
		if (veiled.name !== undefined) veiled.name = "";
		if (veiled.input !== undefined) veiled.input = "null";
		if (veiled.outcome !== undefined) veiled.outcome = "null";
		return veiled;
	}

	/** True for an entry that an erasure will drop: from now on there is none. */
	hides(entry: EntryHead): boolean {
		for (const { member, stateDone, stateThrough } of this.rows.values()) {
			if (entry.version > stateDone && entry.version <= stateThrough && isOf(entry, member)) return true;
		}
		return false;
	}

	/** Events up to where it stood when the member was erased; those that were reached are redacted already. */
	#covers(member: string, seq: number): boolean {
		const row = this.rows.get(member);
		return row !== undefined && seq > row.done && seq <= row.through;
	}

	#authorOf(seq: number): string {
		const [subject] = seq < this.#record.meta.kept ? [] : this.#store.after(seq - 1, 1);
		return subject?.seq === seq ? (FROM.exec(subject.body)?.[1] ?? "") : "";
	}
}

/** True for what goes when this member is erased: what its key names, and what it replaced. A sum belongs to all who added to it. */
export function isOf({ owner, holder, isSum }: Pick<EntryHead, "owner" | "holder" | "isSum">, member: string): boolean {
	return owner === member || (holder === member && !isSum);
}

/** The event as it is when its author was erased: its place, and nothing of who said what. The room's own keeps the room's name. */
export function unsaid(body: string): string {
	const { type: _, data: __, ...event } = JSON.parse(body) as Event;
	const author = event.from === ROOM_MEMBER ? event.author : "";
	return encodeEvent({ ...event, author, redacted: true }, "null");
}
