/** The part of a room's store that holds its state. What was dropped stays as a row without a value until it is forgotten. */
import { utf8Bytes } from "../protocol/text.ts";
import type { KeyAge, KnownKey, PublishKey } from "./known-keys.ts";

/** One row that says where the state stands. It is absent until an entry is first set. */
export interface StateRow {
	/** Counts the changes. */
	version: number;
	/** The entries that are there. */
	entries: number;
	/** Of their keys, and of their values as JSON, in UTF-8. */
	bytes: number;
	/** The drops that are remembered. */
	drops: number;
	/** The version up to which drops may be forgotten; -1 where none are. */
	forgotten: number;
	/** When the first of those that are remembered was dropped, Unix ms; null where none are. */
	droppedAt: number | null;
	/** How many sets the epoch has had. */
	sets: number;
	/** The ages of the two generations of their ids; `seq` counts sets. */
	oldestKey: KeyAge | null;
	olderKeys: KeyAge | null;
	/** Since when nobody is here and nothing was set, Unix ms; null while somebody is, and where there is no entry. */
	desertedAt: number | null;
}

/** An entry, or a drop that is remembered, without its value. */
export interface EntryHead {
	key: string;
	/** Of its last change; no two have the same. */
	version: number;
	/** When it was last changed, Unix ms, and by whom. */
	at: number;
	from: string;
	/** Who last replaced it or, of a sum, began it: it counts for that member. */
	holder: string;
	/** The member that its key names; null where it names none. */
	owner: string | null;
	/** True where it began with an add, and was never replaced since. */
	isSum: boolean;
	/** Of its value as JSON, in UTF-8; null of a drop. */
	bytes: number | null;
}

export interface Entry extends EntryHead {
	/** As JSON; null of a drop. */
	value: string | null;
}

/** What is looked up of an entry: its head, and its value where that is a number or takes `bytes`. */
export interface EntryQuery {
	key: string;
	bytes: number;
}

/** Entries and drops in the order of their versions. */
export interface Span {
	/** The versions after this one, up to `through`. */
	after: number;
	through: number;
	/** Of drops, those after this version. */
	dropsAfter: number;
	/** Those whose key names this member; null for all. */
	owner: string | null;
}

/** Entries that stand in a row, and whether others come after them. */
export interface Piece {
	entries: Entry[];
	more: boolean;
}

/** Takes from `rows` what a piece of so many entries and bytes may hold, and one to see that there are more. */
export function pieceOf(rows: Iterable<Entry>, limit: number, bytesMax: number): Piece {
	const entries: Entry[] = [];
	let left = bytesMax;
	for (const entry of rows) {
		left -= utf8Bytes(entry.key) + (entry.bytes ?? 0);
		if (entries.length === limit || (left < 0 && entries.length > 0)) return { entries, more: true };
		entries.push(entry);
	}
	return { entries, more: false };
}

/** Keys after `after`, before `before` where that is not null, in the order of their bytes in UTF-8. */
export interface KeyRange {
	after: string;
	before: string | null;
}

/** How much of the state a member holds, or how much more it does. */
export interface Holding {
	member: string;
	entries: number;
	bytes: number;
}

export interface StateStore {
	state(): StateRow | null;
	saveState(row: StateRow): void;

	/** The sets among `keys` that are known: their `seq` is the version at which they landed. */
	findSets(keys: readonly PublishKey[]): KnownKey[];
	addSets(sets: readonly KnownKey[]): void;
	/** As of the keys of publishes. */
	turnSetKeys(): void;
	dropOlderSetKeys(): void;

	/** Entries and drops that are remembered, each once. `value` is null also where it was not read. */
	findEntries(queries: readonly EntryQuery[]): Entry[];
	/** The entries and drops of these keys, with their values. */
	readEntries(keys: readonly string[]): Entry[];
	/** In place of those of the same keys; each is of a later version than all that are there, and than those before it. */
	saveEntries(entries: readonly Entry[]): void;
	/** The first entries of a span: at most `limit`, and no more than fit `bytesMax`; but one where there is one. */
	pieceOf(span: Span, limit: number, bytesMax: number): Piece;
	/** The heads of the first entries of a span that are no drops. */
	entryHeads(after: number, through: number, limit: number): EntryHead[];
	/** Likewise, by their keys. */
	headsByKey(range: KeyRange, limit: number): EntryHead[];

	/** The drop numbered `skip` (from 0) of those after `version`; null where there are no more. */
	dropAfter(version: number, skip: number): Pick<EntryHead, "version" | "at"> | null;
	/** The first drop that was made after `at`, Unix ms; null where there is none. */
	dropMadeAfter(at: number): Pick<EntryHead, "version" | "at"> | null;
	/** The first drop after `version` that was made at another time than `at`; null where there is none. */
	dropOfOtherTime(version: number, at: number): Pick<EntryHead, "version" | "at"> | null;
	/** Forgets the drops before a version; gives how many that are. */
	forgetDrops(before: number): number;

	/** How much these members hold; those who hold nothing are left out. */
	holdings(members: readonly string[]): Holding[];
	/** Each member once. */
	addHoldings(more: readonly Holding[]): void;

	/** Takes all entries and drops, and what members hold of them; the ids of sets stay known. Rows may remain, as those of a wipe. */
	wipeEntries(): void;
}
