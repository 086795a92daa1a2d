/**
 * The room's store as it is on disk: the reference store, which can be made to fail inside a transaction, and
 * which tells what each transaction that was committed has changed. What was not committed never was.
 */

import { isDeparted } from "../../src/room/departed.ts";
import type { Effects } from "../../src/room/effects.ts";
import type { Input } from "../../src/room/inputs.ts";
import type { AskKey, JobHead, JobRow, RangeRow } from "../../src/room/jobs.ts";
import type { KnownKey } from "../../src/room/known-keys.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import type { Entry, EntryQuery, Piece, StateRow } from "../../src/room/state-store.ts";
import type {
	DeadlineRow,
	ErasedJobs,
	ErasureRow,
	EventSize,
	Meta,
	NewEvent,
	RosterRow,
	SanctionRow,
	StoredEvent,
	Sync,
} from "../../src/room/store.ts";
import { Work } from "./work.ts";

/** The machine dies: memory and sockets are gone, what was committed is not. */
export class Crash extends Error {
	constructor() {
		super("the machine died");
	}
}

/** A marker that no member may ever read. */
export const SECRET = "secret of the disk";

export type Rewrite = Pick<StoredEvent, "seq" | "body" | "bytes">;

export interface JobChange {
	before: JobRow;
	after: JobRow;
}

/** What one piece removes of what was wiped. */
const REMAINS_ROWS = 20;

/** At how many jobs one piece of an erasure looks. */
const ERASED_JOBS = 5;

type SanctionKey = Pick<SanctionRow, "kind" | "subject" | "member">;

function isSame(a: SanctionKey, b: SanctionKey): boolean {
	return a.kind === b.kind && a.subject === b.subject && a.member === b.member;
}

/** What one committed transaction changed. */
export class Commit {
	/** The room's time, Unix ms. */
	now = 0;
	/** What the turn handled. */
	inputs: readonly Input[] = [];
	/** Those of them that the turn did not put off. */
	heeded: readonly Input[] = [];
	/** What it cost. */
	readonly work = new Work();
	isWiped = false;
	meta: Meta | null = null;
	readonly appended: NewEvent[] = [];
	readonly rewritten: Rewrite[] = [];
	readonly rosterSaved: RosterRow[] = [];
	readonly rosterDropped: string[] = [];
	/** When those of them left, as the room noted it, whose row stays for a while. */
	readonly leftAt = new Map<string, number>();
	readonly jobsAdded: JobRow[] = [];
	readonly jobsChanged: JobChange[] = [];
	/** Of members whose erasure has come to its end, the jobs that hold something all the same. */
	readonly jobsKept: JobRow[] = [];
	readonly ranges: RangeRow[] = [];
	/** Members whose erasure has come to its end. */
	readonly erased: string[] = [];
	/** What was set of the state, and under which ids. */
	readonly entries: Entry[] = [];
	readonly sets: KnownKey[] = [];
	state: StateRow | null = null;
	/** The state went whole, and nothing else with it. */
	isStateWiped = false;
	/** What became of deadlines, in order; null where one is no more. */
	readonly deadlines: { name: string; row: DeadlineRow | null }[] = [];
	sanctions: SanctionRow[] = [];
	sanctionsDropped: SanctionKey[] = [];

	/** One who has left is here no more, though a row of it stays for a while. */
	rosterWritten(rows: readonly RosterRow[], departed: ReadonlySet<string>): void {
		for (const row of rows) {
			if (!isDeparted(row)) {
				this.rosterSaved.push({ ...row });
				continue;
			}
			if (row.goneSince !== null) this.leftAt.set(row.member, row.goneSince);
			if (!departed.has(row.member)) this.rosterDropped.push(row.member);
		}
	}

	/** What happens to a sanction last is what counts. */
	sanctioned(row: SanctionRow): void {
		this.sanctionsDropped = this.sanctionsDropped.filter((each) => !isSame(each, row));
		this.sanctions.push(row);
	}

	lifted(key: SanctionKey): void {
		this.sanctions = this.sanctions.filter((each) => !isSame(each, key));
		this.sanctionsDropped.push(key);
	}
}

/** What is to go wrong, once or `times` times: at the `calls`-th call of a transaction, before it commits, or after. */
export interface DiskFault {
	what: "throw" | "die in it" | "die after it";
	calls: number;
	times: number;
}

export class Disk extends MemoryStore {
	fault: DiskFault | null = null;
	/** How many pieces of what was set aside have gone. */
	pieces = 0;
	/** The room's time while a turn runs, Unix ms. */
	now = 0;
	/** What the turn handles. */
	inputs: readonly Input[] = [];
	readonly #committed: (commit: Commit) => void;
	readonly #fired: (fault: DiskFault) => void;
	#commit: Commit | null = null;
	#calls = 0;
	/** True while the events are read for their sizes alone. */
	#isMeasuring = false;

	constructor(committed: (commit: Commit) => void, fired: (fault: DiskFault) => void) {
		super();
		this.#committed = committed;
		this.#fired = fired;
	}

	override transaction<T>(work: () => Sync<T>): T {
		if (this.#commit !== null) return super.transaction(work);
		const commit = new Commit();
		commit.now = this.now;
		commit.inputs = commit.heeded = this.inputs;
		commit.work.isErasing = super.erasures().length > 0;
		this.#commit = commit;
		this.#calls = 0;
		let result: T;
		try {
			result = super.transaction((): Sync<T> => {
				const made = work();
				const { later } = (made ?? {}) as Partial<Effects>;
				if (later !== undefined) commit.heeded = this.inputs.filter((input) => !later.includes(input));
				if (this.fault !== null && this.fault.what !== "die after it") this.#fail();
				commit.work.hasRemains = super.hasRemains();
				if (commit.erased.length > 0) commit.jobsKept.push(...this.#jobsOf(commit.erased));
				return made;
			});
		} finally {
			this.#commit = null;
		}
		this.#committed(commit);
		if (this.fault?.what === "die after it") this.#fail();
		return result;
	}

	/** The jobs of those members that hold something, came to something, or are owed. */
	#jobsOf(members: readonly string[]): JobRow[] {
		return super.jobs(null, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).flatMap(({ n, member }) => {
			const job = members.includes(member ?? "") ? super.job(n) : null;
			return job === null || (job.input === "null" && job.outcome === "null" && job.name === "" && !job.isOwed)
				? []
				: [job];
		});
	}

	/** Each call of the store inside a transaction may be the one that fails. */
	#call(): void {
		this.#calls++;
		const { fault } = this;
		if (fault !== null && fault.what !== "die after it" && this.#commit !== null && this.#calls >= fault.calls)
			this.#fail();
	}

	#fail(): void {
		const { fault } = this;
		if (fault === null) return;
		if (--fault.times <= 0) this.fault = null;
		this.#fired(fault);
		throw fault.what === "throw" ? new Error(SECRET) : new Crash();
	}

	override saveMeta(meta: Meta): void {
		this.#call();
		super.saveMeta(meta);
		if (this.#commit !== null) this.#commit.meta = { ...meta };
	}

	override saveRoster(rows: readonly RosterRow[]): void {
		this.#call();
		const departed = this.#departed();
		super.saveRoster(rows);
		this.#commit?.rosterWritten(rows, departed);
	}

	#departed(): ReadonlySet<string> {
		return new Set(this.roster().flatMap((row) => (isDeparted(row) ? [row.member] : [])));
	}

	override dropRoster(members: readonly string[]): void {
		this.#call();
		const departed = this.#departed();
		super.dropRoster(members);
		this.#commit?.rosterDropped.push(...members.filter((member) => !departed.has(member)));
	}

	override findKeys(keys: Parameters<MemoryStore["findKeys"]>[0]): ReturnType<MemoryStore["findKeys"]> {
		this.#call();
		this.#commit?.work.lookedFor(keys.map(({ member, id }) => `${member} ${id}`));
		return super.findKeys(keys);
	}

	override findAsks(keys: readonly AskKey[]): JobHead[] {
		const heads = super.findAsks(keys);
		this.#commit?.work.lookedFor(keys.map(({ member, ask, purpose }) => `${purpose} ${member} ${ask}`));
		// What a job holds is no part of its head.
		this.#commit?.work.readJobs(heads.filter((head) => "input" in head || "outcome" in head).length);
		return heads;
	}

	override job(n: number): JobRow | null {
		const row = super.job(n);
		if (row !== null) this.#commit?.work.readJobs(1);
		return row;
	}

	override append(events: readonly NewEvent[]): void {
		this.#call();
		super.append(events);
		this.#commit?.appended.push(...events);
	}

	override after(seq: number, limit: number): StoredEvent[] {
		this.#call();
		const events = super.after(seq, limit);
		if (!this.#isMeasuring) this.#commit?.work.readEvents(events.length, limit);
		return events;
	}

	override sizesAfter(seq: number, limit: number): EventSize[] {
		this.#isMeasuring = true;
		try {
			const sizes = super.sizesAfter(seq, limit);
			this.#commit?.work.readSizes(sizes.length);
			return sizes;
		} finally {
			this.#isMeasuring = false;
		}
	}

	override rewrite(events: readonly Rewrite[]): void {
		this.#call();
		super.rewrite(events);
		this.#commit?.rewritten.push(...events);
	}

	override dropEvents(seq: number): void {
		this.#call();
		super.dropEvents(seq);
	}

	override addJobs(jobs: readonly JobRow[]): void {
		this.#call();
		super.addJobs(jobs);
		for (const job of jobs) this.#commit?.jobsAdded.push({ ...job });
	}

	override changeJobs(jobs: Parameters<MemoryStore["changeJobs"]>[0]): void {
		this.#call();
		const befores = jobs.map((job) => super.job(job.n));
		super.changeJobs(jobs);
		for (const before of befores) {
			const after = before === null ? null : super.job(before.n);
			if (before !== null && after !== null) this.#commit?.jobsChanged.push({ before, after });
		}
	}

	/** In small pieces, so that an erasure takes several. */
	override eraseJobs(erasure: ErasureRow, rowsMax: number, bytesMax: number): ErasedJobs {
		this.#call();
		this.#commit?.work.eraseJobs(rowsMax, bytesMax);
		// What is recorded for the real object has its pieces.
		return super.eraseJobs(erasure, this.keepsRemains ? Math.min(rowsMax, ERASED_JOBS) : rowsMax, bytesMax);
	}

	override findEntries(queries: readonly EntryQuery[]): Entry[] {
		this.#call();
		return super.findEntries(queries);
	}

	override readEntries(keys: readonly string[]): Entry[] {
		this.#call();
		return super.readEntries(keys);
	}

	override saveEntries(entries: readonly Entry[]): void {
		this.#call();
		super.saveEntries(entries);
		this.#commit?.entries.push(...entries.map((entry) => ({ ...entry })));
	}

	override addSets(sets: readonly KnownKey[]): void {
		this.#call();
		super.addSets(sets);
		this.#commit?.sets.push(...sets);
	}

	override saveState(row: StateRow): void {
		this.#call();
		super.saveState(row);
		if (this.#commit !== null) this.#commit.state = { ...row };
	}

	override pieceOf(...of: Parameters<MemoryStore["pieceOf"]>): Piece {
		this.#call();
		return super.pieceOf(...of);
	}

	override wipeEntries(): void {
		this.#call();
		super.wipeEntries();
		if (this.#commit !== null) this.#commit.isStateWiped = true;
	}

	override saveRange(row: RangeRow): void {
		this.#call();
		super.saveRange(row);
		this.#commit?.ranges.push({ ...row });
	}

	override saveSanction(row: SanctionRow): void {
		this.#call();
		super.saveSanction(row);
		this.#commit?.sanctioned({ ...row });
	}

	override dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void {
		this.#call();
		super.dropSanction(kind, subject, member);
		this.#commit?.lifted({ kind, subject, member });
	}

	override saveDeadlines(rows: readonly DeadlineRow[]): void {
		this.#call();
		super.saveDeadlines(rows);
		this.#commit?.deadlines.push(...rows.map((row) => ({ name: row.name, row: { ...row } })));
	}

	override dropDeadlines(names: readonly string[]): void {
		this.#call();
		super.dropDeadlines(names);
		this.#commit?.deadlines.push(...names.map((name) => ({ name, row: null })));
	}

	override saveErasure(row: ErasureRow): void {
		this.#call();
		super.saveErasure(row);
		if (this.#commit !== null) this.#commit.work.isErasing = true;
	}

	override dropErasure(member: string): void {
		this.#call();
		super.dropErasure(member);
		this.#commit?.erased.push(member);
	}

	/** In small pieces, so that a wipe takes several. */
	override dropRemains(rowsMax: number): void {
		this.#call();
		super.dropRemains(Math.min(rowsMax, REMAINS_ROWS));
		this.pieces++;
		if (this.#commit !== null) this.#commit.work.removed += rowsMax;
	}

	override wipe(): void {
		this.#call();
		super.wipe();
		if (this.#commit === null) return;
		this.#commit.isWiped = true;
		// What the transaction wrote before that is gone with the rest.
		const { appended, rewritten, rosterSaved, rosterDropped, jobsAdded, jobsChanged, entries, sets } = this.#commit;
		for (const list of [appended, rewritten, rosterSaved, rosterDropped, jobsAdded, jobsChanged]) list.length = 0;
		for (const list of [entries, sets, this.#commit.deadlines]) list.length = 0;
		this.#commit.state = null;
	}
}
