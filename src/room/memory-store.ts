/** The reference store: arrays and maps with an undo log. Tests and the simulator run on it. */

import type { RangeRow } from "./jobs.ts";
import type { KnownKey, PublishKey } from "./known-keys.ts";
import { MemoryState } from "./memory-state.ts";
import type {
	DeadlineHead,
	DeadlineRow,
	ErasureRow,
	EventSize,
	Meta,
	NewEvent,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
} from "./store.ts";

const nameOf = (key: PublishKey): string => `${key.member} ${key.id}`;

export class MemoryStore extends MemoryState implements RoomStore {
	#meta: Meta | null = null;
	#roster = new Map<string, RosterRow>();
	#events: StoredEvent[] = [];
	#keys = new Map<string, KnownKey>();
	#olderKeys = new Map<string, KnownKey>();
	#ranges = new Map<string, RangeRow>();
	#sanctions = new Map<string, SanctionRow>();
	#erasures = new Map<string, ErasureRow>();
	#deadlines: ReadonlyMap<string, DeadlineRow> = new Map();
	/** By the event that they are about. */
	#abouts = new Map<number, number[]>();
	/** How many rows are still to go of what was wiped, or of dropped keys. */
	#remains = 0;
	/** False empties what is set aside at once: how a store divides that into pieces is its own affair. */
	keepsRemains = true;

	meta(): Meta | null {
		return this.#meta === null ? null : { ...this.#meta };
	}

	saveMeta(meta: Meta): void {
		const before = this.#meta;
		this.willChange(() => {
			this.#meta = before;
		});
		this.#meta = { ...meta };
	}

	roster(): RosterRow[] {
		return [...this.#roster.values()].map((row) => ({ ...row }));
	}

	#rosterWillChange(): void {
		const before = new Map(this.#roster);
		this.willChange(() => {
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
		this.willChange(() => {
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
		this.willChange(() => {
			this.#events = before;
		});
		const bySeq = new Map(events.map((event) => [event.seq, event]));
		this.#events = before.map((event) => ({ ...event, ...bySeq.get(event.seq) }));
	}

	dropEvents(seq: number): void {
		const before = this.#events;
		this.willChange(() => {
			this.#events = before;
		});
		this.#events = before.slice(this.#indexAfter(seq));
		const abouts = this.#abouts;
		this.willChange(() => {
			this.#abouts = abouts;
		});
		this.#abouts = new Map([...abouts].filter(([subject]) => subject > seq));
	}

	#keysWillChange(): void {
		const [keys, older] = [this.#keys, this.#olderKeys];
		this.willChange(() => {
			[this.#keys, this.#olderKeys] = [keys, older];
		});
	}

	turnKeys(): void {
		this.#keysWillChange();
		[this.#keys, this.#olderKeys] = [new Map(), this.#keys];
	}

	dropOlderKeys(): void {
		this.#keysWillChange();
		this.remain(this.#olderKeys.size);
		this.#olderKeys = new Map();
	}

	ranges(): RangeRow[] {
		return [...this.#ranges.values()].map((row) => ({ ...row }));
	}

	saveRange(row: RangeRow): void {
		const before = this.#ranges.get(row.kind);
		this.willChange(() => {
			if (before === undefined) this.#ranges.delete(row.kind);
			else this.#ranges.set(row.kind, before);
		});
		this.#ranges.set(row.kind, { ...row });
	}

	#sanctionsWillChange(): void {
		const before = new Map(this.#sanctions);
		this.willChange(() => {
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

	deadlines(): DeadlineHead[] {
		return [...this.#deadlines.values()].map(({ data: _, ...head }) => head);
	}

	deadlineData(name: string): string | null {
		return this.#deadlines.get(name)?.data ?? null;
	}

	#changeDeadlines(after: ReadonlyMap<string, DeadlineRow>): void {
		const before = this.#deadlines;
		this.willChange(() => {
			this.#deadlines = before;
		});
		this.#deadlines = after;
	}

	saveDeadlines(rows: readonly DeadlineRow[]): void {
		this.#changeDeadlines(new Map([...this.#deadlines, ...rows.map((row) => [row.name, { ...row }] as const)]));
	}

	dropDeadlines(names: readonly string[]): void {
		this.#changeDeadlines(new Map([...this.#deadlines].filter(([name]) => !names.includes(name))));
	}

	erasures(): ErasureRow[] {
		return [...this.#erasures.values()].map((row) => ({ ...row }));
	}

	#erasuresWillChange(): void {
		const before = new Map(this.#erasures);
		this.willChange(() => {
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

	hasRemains(): boolean {
		return this.#remains > 0;
	}

	dropRemains(rowsMax: number): void {
		this.remain(-Math.min(rowsMax, this.#remains));
	}

	protected remain(more: number): void {
		if (!this.keepsRemains) return;
		this.willChange(() => {
			this.#remains -= more;
		});
		this.#remains += more;
	}

	wipe(): void {
		this.wipeState();
		this.#changeDeadlines(new Map());
		const [roster, events, keys, jobs] = [this.#roster, this.#events, this.#keys, this.jobRows];
		const [erasures, abouts, older] = [this.#erasures, this.#abouts, this.#olderKeys];
		this.willChange(() => {
			this.#roster = roster;
			this.#events = events;
			this.#keys = keys;
			this.jobRows = jobs;
			this.#erasures = erasures;
			this.#abouts = abouts;
			this.#olderKeys = older;
		});
		this.remain(events.length + keys.size + older.size + jobs.size);
		this.#olderKeys = new Map();
		this.#erasures = new Map();
		this.#abouts = new Map();
		this.#roster = new Map();
		this.#events = [];
		this.#keys = new Map();
		this.jobRows = new Map();
	}
}
