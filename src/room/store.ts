/** The port through which a room remembers. Synchronous and transactional; everything else is a cache of it. */

import type { AskKey, JobChange, JobHead, JobRow, ListedJob, RangeRow, SettledState } from "./jobs.ts";
import type { KeyAge, KnownKey, PublishKey } from "./known-keys.ts";
import type { StateStore } from "./state-store.ts";

/** One row that says where the history stands. It is absent until something is first stored. */
export interface Meta {
	epoch: string;
	head: number;
	floor: number;
	/** The first event that is stored: below the floor where a job still needs it. */
	kept: number;
	/** Bytes of the events below the floor. */
	heldBytes: number;
	/** The time that the newest event bears, Unix ms: no later event bears an earlier one. */
	at: number;
	/** Time of the oldest event that is kept, or null where none is. */
	floorAt: number | null;
	/** Bytes of all stored events, encoded. */
	bytes: number;
	/** The first idempotency key of the newer generation: the time and seq of its event. Null where it holds none. */
	oldestKey: KeyAge | null;
	/** The last one of the older generation. Null where there is none. */
	olderKeys: KeyAge | null;
	/** When the clock was last found to have been ahead, and the newest event then: those up to it are no younger. */
	setBack: KeyAge | null;
	/** Since when nobody and nothing has been here, or null. */
	emptySince: number | null;
	/** How many jobs the epoch has had. */
	jobs: number;
	/** How many decisions of the epoch have thrown dice. */
	decisions: number;
	/** True where newcomers are kept out. */
	isLocked: boolean;
	/** A random key, of this room alone, under which addresses are hashed. */
	salt: string;
}

/** An event as it is kept: its place, its time, and its encoding, which serves the wire and the store alike. */
export interface StoredEvent {
	seq: number;
	/** When it was written, by the clock of then, Unix ms: what it bears itself may be later. */
	at: number;
	/** The event as JSON: what else there is to know of it. */
	body: string;
	/** Of the body, in UTF-8. */
	bytes: number;
}

export interface NewEvent extends StoredEvent {
	from: string;
	/** The publisher's idempotency key; null for the room's own events. */
	id: string | null;
	/** Of its name and data, by which its repeats are known. */
	digest: string;
	/** The event that it is about, where it tells what a job made of one. */
	about: number | null;
	/** The number of the job whose outcome it tells. */
	job: number | null;
}

/** The erasure of a member that is under way. */
export interface ErasureRow {
	member: string;
	/** Who erases it. */
	by: string;
	/** The newest event when it began: what came later stays. */
	through: number;
	/** The seq up to which its events are taken back. */
	done: number;
	/** The newest job when it began. */
	jobsThrough: number;
	/** The number up to which what its jobs hold is taken back. */
	jobsDone: number;
	/** The state's version when it began. */
	stateThrough: number;
	/** The version up to which its entries are dropped. */
	stateDone: number;
}

/** A deadline that a rule has set: then the room publishes the event of that name. */
export interface DeadlineHead {
	name: string;
	/** Unix ms. */
	at: number;
	/** How long it was to wait when it was set, ms: where the clock steps back it waits no longer. */
	waitMs: number;
}

export interface DeadlineRow extends DeadlineHead {
	/** The event's, as JSON. */
	data: string;
}

export interface EventSize {
	seq: number;
	at: number;
	bytes: number;
}

export interface RosterRow {
	member: string;
	name: string;
	/** The member's presence state as JSON. */
	state: string;
	/** When its last session left, Unix ms; null while it is here. */
	goneSince: number | null;
	/** The keyed hash of the address that its latest session came from, for a guest; else null. */
	address: string | null;
}

/** A ban or mute that holds. */
export interface SanctionRow {
	kind: "ban" | "mute";
	/** A member's id; or `@` and the hash of an address. */
	subject: string;
	/** The member whose sanction it is: of an address, the guest that was banned. */
	member: string;
	/** When it was imposed, Unix ms; null where an earlier version did. */
	since: number | null;
	/** When it expires, Unix ms; null never. */
	until: number | null;
}

/** Forbids a promise where work must be done when it returns: an async transaction is a type error. */
export type Sync<T> = T extends PromiseLike<unknown> ? never : T;

/** A job's number, and what its outcome weighs. */
export interface JobSize {
	n: number;
	/** Of UTF-8. */
	bytes: number;
}

export interface JobSizes {
	sizes: JobSize[];
	/** The lowest number that was looked at, where JOBS_LOOKED_AT_MAX are before that was enough of them; else null. */
	last: number | null;
}

export interface DroppedJobs {
	dropped: Pick<JobHead, "n" | "member">[];
	/** When the first of those that are left is to be forgotten; null where none is. */
	nextAt: number | null;
}

export interface ErasedJobs {
	/** The number up to which they are erased now. */
	done: number;
	/** How many of them are the member's. */
	count: number;
}

export interface RoomStore extends StateStore {
	/** Runs `work` and keeps all it wrote, or nothing where it throws. */
	transaction<T>(work: () => Sync<T>): T;

	meta(): Meta | null;
	saveMeta(meta: Meta): void;

	/** In the order in which the members first came. */
	roster(): RosterRow[];
	/** A member that is there already keeps its place. */
	saveRoster(rows: readonly RosterRow[]): void;
	dropRoster(members: readonly string[]): void;

	/** The publishes among `keys` that are known. Reads nothing of what they hold. */
	findKeys(keys: readonly PublishKey[]): KnownKey[];
	/** Adds events, in order, each with its idempotency key where it has one. */
	append(events: readonly NewEvent[]): void;
	/** At most `limit` events after `seq`, ascending. */
	after(seq: number, limit: number): StoredEvent[];
	/** Like {@link after}, without reading what the events hold. */
	sizesAfter(seq: number, limit: number): EventSize[];
	/** Replaces what an event holds. */
	rewrite(events: readonly Pick<StoredEvent, "seq" | "body" | "bytes">[]): void;
	/** Removes all events up to and with `seq`. */
	dropEvents(seq: number): void;
	/** The newer generation of keys is the older one from now on, and a new one begins. There must be no older one. */
	turnKeys(): void;
	/** Takes the older generation whole: none of it is known from now on. Its rows may remain, as those of a wipe. */
	dropOlderKeys(): void;

	/** The heads of all jobs that are not settled, or whose outcome is owed, by number. */
	jobsInHand(): JobHead[];
	job(n: number): JobRow | null;
	/** Of UTF-8, what a job holds; 0 where there is none. Does not read it. */
	inputBytes(n: number): number;
	/** At most `limit` jobs before number `before`, the newest first; settled ones of one state, or all. Reads no inputs. */
	jobs(state: SettledState | null, before: number, limit: number): ListedJob[];
	/** Those that {@link jobs} would give, without reading what came of them. */
	jobSizes(state: SettledState | null, before: number, limit: number): JobSizes;
	/** Those of the asks that are known. Reads nothing of what they hold. */
	findAsks(keys: readonly AskKey[]): JobHead[];
	addJobs(jobs: readonly JobRow[]): void;
	/** Replaces the heads but for what they are about, and the input and outcome where they are given. */
	changeJobs(jobs: readonly JobChange[]): void;
	/** When the first of the settled jobs is to be forgotten, or null. */
	oldestSettledJob(): number | null;
	/**
	 * Removes at most `limit` settled jobs, and `bytesMax` of what they hold, that were to be forgotten by `at`: one at least.
	 * Of those that it looks at, none is kept longer than OUTCOME_KEPT_MS from then.
	 */
	dropSettledJobs(at: number, limit: number, bytesMax: number): DroppedJobs;

	ranges(): RangeRow[];
	saveRange(row: RangeRow): void;

	sanctions(): SanctionRow[];
	saveSanction(row: SanctionRow): void;
	dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void;
	deadlines(): DeadlineHead[];
	/** A deadline's data, as JSON; null where there is none of that name. */
	deadlineData(name: string): string | null;
	/** Each in place of the one of its name. */
	saveDeadlines(rows: readonly DeadlineRow[]): void;
	dropDeadlines(names: readonly string[]): void;
	erasures(): ErasureRow[];
	/** In place of the one that is there for its member. */
	saveErasure(row: ErasureRow): void;
	dropErasure(member: string): void;
	/** Seqs of the events that tell what a job made of the event `seq`, ascending: looked up, not searched for. */
	seqsAbout(seq: number): number[];
	/**
	 * Removes what the member's jobs hold and came to, of the next ones that its erasure has not reached: it looks at
	 * `rowsMax` of all jobs, and takes `bytesMax` of theirs, one at least.
	 */
	eraseJobs(erasure: ErasureRow, rowsMax: number, bytesMax: number): ErasedJobs;

	/**
	 * Takes events, keys, jobs, entries, deadlines, erasures and the roster: from now on there are none. What else is stored stays. At a
	 * cost that does not grow with what there was: rows may remain, which nothing here reads.
	 */
	wipe(): void;
	/** True where rows remain of what was wiped, or of dropped keys. */
	hasRemains(): boolean;
	/** Removes a piece of them: about so many rows written, and so many bytes; never less than a row. */
	dropRemains(rowsMax: number, bytesMax: number): void;
}
