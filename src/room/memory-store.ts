/** The reference store: arrays and maps with an undo log. Tests and the simulator run on it. */

import { type AskKey, headOf, type JobHead, type JobRow, type JobState, type RangeRow } from "./jobs.ts";
import type {
	ErasureRow,
	EventSize,
	KnownKey,
	Meta,
	NewEvent,
	PublishKey,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
	Sync,
} from "./store.ts";

const nameOf = (key: PublishKey): string => `${key.member} ${key.id}`;

export class MemoryStore implements RoomStore {
	#meta: Meta | null = null;
	#roster = new Map<string, RosterRow>();
	#events: StoredEvent[] = [];
	#keys = new Map<string, KnownKey>();
	#olderKeys = new Map<string, KnownKey>();
	#jobs = new Map<number, JobRow>();
	#ranges = new Map<string, RangeRow>();
	#sanctions = new Map<string, SanctionRow>();
	#erasures = new Map<string, ErasureRow>();
	/** By the event that they are about. */
	#abouts = new Map<number, number[]>();
	/** How to take back what the open transaction did, newest last; null outside of one. */
	#undo: (() => void)[] | null = null;

	transaction<T>(work: () => Sync<T>): T {
		if (this.#undo !== null) return work();
		const undo: (() => void)[] = [];
		this.#undo = undo;
		try {
			return work();
		} catch (error) {
			for (const step of undo.reverse()) step();
			throw error;
		} finally {
			this.#undo = null;
		}
	}

	#willChange(undo: () => void): void {
		if (this.#undo === null) throw new Error("A store is written inside a transaction only.");
		this.#undo.push(undo);
	}

	meta(): Meta | null {
		return this.#meta === null ? null : { ...this.#meta };
	}

	saveMeta(meta: Meta): void {
		const before = this.#meta;
		this.#willChange(() => {
			this.#meta = before;
		});
		this.#meta = { ...meta };
	}

	roster(): RosterRow[] {
		return [...this.#roster.values()].map((row) => ({ ...row }));
	}

	#rosterWillChange(): void {
		const before = new Map(this.#roster);
		this.#willChange(() => {
			this.#roster = before;
		});
	}

	saveRoster(rows: readonly RosterRow[]): void {
		this.#rosterWillChange();
		for (const row of rows) this.#roster.set(row.member, { ...row });
	}

	dropRoster(members: readonly string[]): void {
		this.#rosterWillChange();
		for (const member of members) this.#roster.delete(member);
	}

	findKeys(keys: readonly PublishKey[]): KnownKey[] {
		return keys.flatMap((key) => {
			const known = this.#keys.get(nameOf(key)) ?? this.#olderKeys.get(nameOf(key));
			return known === undefined ? [] : [{ ...known }];
		});
	}

	append(events: readonly NewEvent[]): void {
		const length = this.#events.length;
		const added: string[] = [];
		const abouts = new Map(this.#abouts);
		this.#willChange(() => {
			this.#events.length = length;
			this.#abouts = abouts;
			for (const name of added) this.#keys.delete(name);
		});
		for (const { id, from, digest, about, job: _, ...event } of events) {
			if (about !== null) this.#abouts.set(about, [...(this.#abouts.get(about) ?? []), event.seq]);
			if (id !== null) {
				const key = { member: from, id, seq: event.seq, digest };
				if (this.#keys.has(nameOf(key)) || this.#olderKeys.has(nameOf(key)))
					throw new Error("A publish is in the history already.");
				this.#keys.set(nameOf(key), key);
				added.push(nameOf(key));
			}
			this.#events.push(event);
		}
	}

	/** The place of the first event after `seq`; the events stand without a gap. */
	#indexAfter(seq: number): number {
		const first = this.#events[0];
		return first === undefined ? 0 : Math.max(0, seq + 1 - first.seq);
	}

	after(seq: number, limit: number): StoredEvent[] {
		const start = this.#indexAfter(seq);
		return this.#events.slice(start, start + limit);
	}

	sizesAfter(seq: number, limit: number): EventSize[] {
		return this.after(seq, limit).map(({ seq, at, bytes }) => ({ seq, at, bytes }));
	}

	rewrite(events: readonly Pick<StoredEvent, "seq" | "body" | "bytes">[]): void {
		const before = this.#events;
		this.#willChange(() => {
			this.#events = before;
		});
		const bySeq = new Map(events.map((event) => [event.seq, event]));
		this.#events = before.map((event) => ({ ...event, ...bySeq.get(event.seq) }));
	}

	dropEvents(seq: number): void {
		const before = this.#events;
		this.#willChange(() => {
			this.#events = before;
		});
		this.#events = before.slice(this.#indexAfter(seq));
		const abouts = this.#abouts;
		this.#willChange(() => {
			this.#abouts = abouts;
		});
		this.#abouts = new Map([...abouts].filter(([subject]) => subject > seq));
	}

	#keysWillChange(): void {
		const [keys, older] = [this.#keys, this.#olderKeys];
		this.#willChange(() => {
			[this.#keys, this.#olderKeys] = [keys, older];
		});
	}

	turnKeys(): void {
		this.#keysWillChange();
		[this.#keys, this.#olderKeys] = [new Map(), this.#keys];
	}

	dropOlderKeys(): void {
		this.#keysWillChange();
		this.#olderKeys = new Map();
	}

	#jobsWillChange(): void {
		const before = new Map(this.#jobs);
		this.#willChange(() => {
			this.#jobs = before;
		});
	}

	jobsInHand(): JobHead[] {
		return [...this.#jobs.values()]
			.filter((job) => job.isOwed || job.state === "waiting" || job.state === "sent")
			.sort((a, b) => a.n - b.n)
			.map(headOf);
	}

	job(n: number): JobRow | null {
		const job = this.#jobs.get(n);
		return job === undefined ? null : { ...job };
	}

	jobs(state: JobState | null, before: number, limit: number): JobRow[] {
		return [...this.#jobs.values()]
			.filter((job) => job.n < before && (state === null || job.state === state))
			.sort((a, b) => b.n - a.n)
			.slice(0, limit)
			.map((job) => ({ ...job }));
	}

	findAsks(keys: readonly AskKey[]): JobHead[] {
		return keys.flatMap(({ member, ask, purpose }) =>
			[...this.#jobs.values()]
				.filter((job) => job.member === member && job.ask === ask && job.purpose === purpose)
				.map(headOf),
		);
	}

	addJobs(jobs: readonly JobRow[]): void {
		this.#jobsWillChange();
		for (const job of jobs) this.#jobs.set(job.n, { ...job });
	}

	changeJobs(jobs: readonly (JobHead & { input?: string; outcome?: string })[]): void {
		this.#jobsWillChange();
		for (const job of jobs) {
			const before = this.#jobs.get(job.n);
			if (before !== undefined) this.#jobs.set(job.n, { ...before, ...job });
		}
	}

	#settledJobs(): JobRow[] {
		return [...this.#jobs.values()]
			.filter((job) => job.state === "done" || job.state === "failed")
			.sort((a, b) => a.n - b.n);
	}

	oldestSettledJob(): number | null {
		return this.#settledJobs()[0]?.dueAt ?? null;
	}

	dropSettledJobs(at: number, limit: number): number | null {
		this.#jobsWillChange();
		const due = this.#settledJobs().filter((job) => job.dueAt <= at);
		for (const job of due.slice(0, limit)) this.#jobs.delete(job.n);
		return this.oldestSettledJob();
	}

	ranges(): RangeRow[] {
		return [...this.#ranges.values()].map((row) => ({ ...row }));
	}

	saveRange(row: RangeRow): void {
		const before = this.#ranges.get(row.kind);
		this.#willChange(() => {
			if (before === undefined) this.#ranges.delete(row.kind);
			else this.#ranges.set(row.kind, before);
		});
		this.#ranges.set(row.kind, { ...row });
	}

	#sanctionsWillChange(): void {
		const before = new Map(this.#sanctions);
		this.#willChange(() => {
			this.#sanctions = before;
		});
	}

	sanctions(): SanctionRow[] {
		return [...this.#sanctions.values()].map((row) => ({ ...row }));
	}

	saveSanction(row: SanctionRow): void {
		this.#sanctionsWillChange();
		this.#sanctions.set(`${row.kind} ${row.subject} ${row.member}`, { ...row });
	}

	dropSanction(kind: SanctionRow["kind"], subject: string, member: string): void {
		this.#sanctionsWillChange();
		this.#sanctions.delete(`${kind} ${subject} ${member}`);
	}

	erasures(): ErasureRow[] {
		return [...this.#erasures.values()].map((row) => ({ ...row }));
	}

	#erasuresWillChange(): void {
		const before = new Map(this.#erasures);
		this.#willChange(() => {
			this.#erasures = before;
		});
	}

	saveErasure(row: ErasureRow): void {
		this.#erasuresWillChange();
		this.#erasures.set(row.member, { ...row });
	}

	dropErasure(member: string): void {
		this.#erasuresWillChange();
		this.#erasures.delete(member);
	}

	seqsAbout(seq: number): number[] {
		return this.#abouts.get(seq) ?? [];
	}

	eraseJobs(member: string): void {
		this.#jobsWillChange();
		for (const job of this.#jobs.values()) {
			if (job.member === member) this.#jobs.set(job.n, { ...job, input: "null", outcome: "null", isOwed: false });
		}
	}

	wipe(): void {
		const [roster, events, keys, jobs] = [this.#roster, this.#events, this.#keys, this.#jobs];
		const [erasures, abouts, older] = [this.#erasures, this.#abouts, this.#olderKeys];
		this.#willChange(() => {
			this.#roster = roster;
			this.#events = events;
			this.#keys = keys;
			this.#jobs = jobs;
			this.#erasures = erasures;
			this.#abouts = abouts;
			this.#olderKeys = older;
		});
		this.#olderKeys = new Map();
		this.#erasures = new Map();
		this.#abouts = new Map();
		this.#roster = new Map();
		this.#events = [];
		this.#keys = new Map();
		this.#jobs = new Map();
	}
}
