/** The reference store's part that holds the state. */
import { NUMBER_BYTES_MAX } from "../protocol/state-limits.ts";
import { compareTexts } from "../protocol/text.ts";
import type { KnownKey, PublishKey } from "./known-keys.ts";
import { MemoryJobs } from "./memory-jobs.ts";
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
} from "./state-store.ts";

/** All that it holds: replaced as a whole by what changes it, so that a transaction that fails has the one before. */
interface Held {
	row: StateRow | null;
	/** By key, ascending by version. */
	entries: ReadonlyMap<string, Entry>;
	keys: Map<string, KnownKey>;
	olderKeys: ReadonlyMap<string, KnownKey>;
	holdings: ReadonlyMap<string, Holding>;
}

function nothing(): Held {
	return { row: null, entries: new Map(), keys: new Map(), olderKeys: new Map(), holdings: new Map() };
}

const nameOf = ({ member, id }: PublishKey): string => `${member} ${id}`;

export abstract class MemoryState extends MemoryJobs implements StateStore {
	#held = nothing();

	/** So many rows more remain of what was taken. */
	protected abstract remain(more: number): void;

	#change(change: Partial<Held>): void {
		const before = this.#held;
		this.willChange(() => {
			this.#held = before;
		});
		this.#held = { ...before, ...change };
	}

	state(): StateRow | null {
		return this.#held.row;
	}

	saveState(row: StateRow): void {
		this.#change({ row: { ...row } });
	}

	findSets(keys: readonly PublishKey[]): KnownKey[] {
		return keys.flatMap((key) => {
			const known = this.#held.keys.get(nameOf(key)) ?? this.#held.olderKeys.get(nameOf(key));
			return known === undefined ? [] : [{ ...known }];
		});
	}

	addSets(sets: readonly KnownKey[]): void {
		const { keys, olderKeys } = this.#held;
		// There may be many, and they are not copied each turn.
		for (const set of sets) {
			const name = nameOf(set);
			if (keys.has(name) || olderKeys.has(name)) throw new Error("A set has landed already.");
			keys.set(name, { ...set });
			this.willChange(() => keys.delete(name));
		}
	}

	turnSetKeys(): void {
		this.#change({ keys: new Map(), olderKeys: this.#held.keys });
	}

	dropOlderSetKeys(): void {
		this.remain(this.#held.olderKeys.size);
		this.#change({ olderKeys: new Map() });
	}

	findEntries(queries: readonly EntryQuery[]): Entry[] {
		const found = new Map<string, Entry>();
		for (const { key, bytes } of queries) {
			const entry = this.#held.entries.get(key);
			if (entry === undefined) continue;
			const isRead = entry.bytes !== null && (entry.bytes <= NUMBER_BYTES_MAX || entry.bytes === bytes);
			if (isRead || !found.has(key)) found.set(key, { ...entry, value: isRead ? entry.value : null });
		}
		return [...found.values()];
	}

	readEntries(keys: readonly string[]): Entry[] {
		return keys.flatMap((key) => this.#held.entries.get(key) ?? []);
	}

	saveEntries(entries: readonly Entry[]): void {
		const all = new Map(this.#held.entries);
		for (const entry of entries) {
			all.delete(entry.key);
			all.set(entry.key, { ...entry });
		}
		this.#change({ entries: all });
	}

	#in({ after, through, dropsAfter, owner }: Span): Entry[] {
		return [...this.#held.entries.values()].filter(
			(entry) =>
				entry.version > after &&
				entry.version <= through &&
				(entry.bytes !== null || entry.version > dropsAfter) &&
				(owner === null || entry.owner === owner),
		);
	}

	pieceOf(span: Span, limit: number, bytesMax: number): Piece {
		return pieceOf(this.#in(span), limit, bytesMax);
	}

	entryHeads(after: number, through: number, limit: number): EntryHead[] {
		return this.#in({ after, through, dropsAfter: through, owner: null }).slice(0, limit);
	}

	headsByKey({ after, before }: KeyRange, limit: number): EntryHead[] {
		return [...this.#held.entries.values()]
			.filter(({ bytes }) => bytes !== null)
			.filter(({ key }) => compareTexts(key, after) > 0 && (before === null || compareTexts(key, before) < 0))
			.sort((a, b) => compareTexts(a.key, b.key))
			.slice(0, limit);
	}

	#dropsAfter(version: number): Entry[] {
		return [...this.#held.entries.values()].filter((entry) => entry.bytes === null && entry.version > version);
	}

	dropAfter(version: number, skip: number): Entry | null {
		return this.#dropsAfter(version)[skip] ?? null;
	}

	dropMadeAfter(at: number): Entry | null {
		return this.#dropsAfter(-1).find((entry) => entry.at > at) ?? null;
	}

	dropOfOtherTime(version: number, at: number): Entry | null {
		return this.#dropsAfter(version).find((entry) => entry.at !== at) ?? null;
	}

	forgetDrops(before: number): number {
		const { entries } = this.#held;
		const left = new Map([...entries].filter(([, { bytes, version }]) => bytes !== null || version >= before));
		this.#change({ entries: left });
		return entries.size - left.size;
	}

	holdings(members: readonly string[]): Holding[] {
		return members.flatMap((member) => this.#held.holdings.get(member) ?? []);
	}

	addHoldings(more: readonly Holding[]): void {
		const holdings = new Map(this.#held.holdings);
		for (const { member, entries, bytes } of more) {
			const before = holdings.get(member) ?? { entries: 0, bytes: 0 };
			const after = { member, entries: before.entries + entries, bytes: before.bytes + bytes };
			if (after.entries > 0) holdings.set(member, after);
			else holdings.delete(member);
		}
		this.#change({ holdings });
	}

	wipeEntries(): void {
		this.remain(this.#held.entries.size);
		this.#change({ entries: new Map(), holdings: new Map() });
	}

	protected wipeState(): void {
		const { entries, keys, olderKeys } = this.#held;
		this.remain(entries.size + keys.size + olderKeys.size);
		this.#change(nothing());
	}
}
