/**
 * The state: what the room remembers as its newest. Memory holds none of it but what a turn touches: that is looked up
 * at the turn's beginning, changed there, and written and told at its end, the newest of each key alone.
 */
import { PAGE_BYTES_MAX } from "../protocol/limits.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { DROPS_FORGOTTEN_MAX, DROPS_MAX, DROPS_MS, DROPS_SLACK, STATE_SHARE } from "../protocol/state-limits.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import { PresentEntries } from "./present-entries.ts";
import type { RoomRecord } from "./record.ts";
import type { Sessions } from "./sessions.ts";
import { encodeState } from "./state-parts.ts";
import type { StateRecord } from "./state-record.ts";
import type { Entry, EntryHead, EntryQuery, Holding, StateStore } from "./state-store.ts";
import type { ErasureRow } from "./store.ts";
import type { Turn } from "./turn.ts";
import { isOf, type Veil } from "./veil.ts";

/** What an entry becomes. */
export type Change = Pick<Entry, "key" | "value" | "from" | "holder" | "owner" | "isSum">;

/** Who is erased, and who erases. */
type Erasure = Pick<ErasureRow, "member" | "by">;

interface Needs {
	store: StateStore;
	settings: Settings;
	rules: Rules;
	record: RoomRecord;
	stateRecord: StateRecord;
	sessions: Sessions;
	veil: Veil;
}

export class State implements Concern {
	readonly #room: Needs;
	/** What this turn has looked up, as it stands now, and what it has changed of it. */
	readonly #present: PresentEntries;
	/** What the members hold who set something in this turn. New each turn. */
	#held = new Map<string, Holding>();
	#more = new Map<string, Holding>();

	constructor(needs: Needs) {
		this.#room = needs;
		this.#present = new PresentEntries(needs.store, needs.veil);
	}

	get version(): number {
		return this.#room.stateRecord.row.version;
	}

	get isEmpty(): boolean {
		return this.#room.stateRecord.row.entries === 0;
	}

	/** Nobody is here, and that is not written yet: a crash took them. */
	get isRestless(): boolean {
		const { row } = this.#room.stateRecord;
		return row.entries > 0 && row.desertedAt === null && this.#room.sessions.size === 0;
	}

	/** Looks up what a turn is about to touch: one statement, not one a key; and what those members hold. */
	begin(queries: readonly EntryQuery[], members: readonly string[]): void {
		this.#present.begin(queries);
		if (this.#held.size > 0) this.#held = new Map();
		if (queries.length === 0) return;
		for (const held of this.#room.store.holdings(members)) this.#held.set(held.member, { ...held });
	}

	/** The entry as it stands, where it was looked up in this turn: null where there is none. Its value may be unread. */
	at(key: string): Entry | null {
		return this.#present.at(key);
	}

	/** Looks up what is to be changed, as {@link begin}: one statement for all that this turn does not know yet. */
	find(queries: readonly EntryQuery[]): void {
		this.#present.find(queries);
	}

	/** The entries of these keys as they stand, with their values; those that are not there are left out. */
	read(keys: readonly string[]): Entry[] {
		return this.#present.read(keys);
	}

	/** At most `limit` of the entries whose keys begin so, with their values, in the order of their keys. */
	within(prefix: string, limit: number): Entry[] {
		return this.#present.within(prefix, limit);
	}

	/** Why there is no room for a value of so many bytes, held by that member (null: by nobody who has a share), or null. */
	refusesFull(key: string, bytes: number, holder: string | null): string | null {
		const { stateEntriesMax, stateBytesMax } = this.#room.settings;
		const before = this.#present.stored(key);
		const isThere = before !== undefined && before.bytes !== null;
		const [entries, more] = [isThere ? 0 : 1, isThere ? bytes - (before.bytes ?? 0) : bytes + utf8Bytes(key)];
		const isFull = this.refusesMore(entries, more);
		if (isFull !== null || holder === null) return isFull;
		const held = this.#held.get(holder) ?? { entries: 0, bytes: 0 };
		const theirs = isThere && before.holder === holder;
		const [entriesMax, bytesMax] = [shareOf(stateEntriesMax), shareOf(stateBytesMax)];
		const weight = bytes + utf8Bytes(key);
		const theirMore = theirs ? bytes - (before.bytes ?? 0) : weight;
		if ((theirs || held.entries < entriesMax) && (theirMore <= 0 || held.bytes + theirMore <= bytesMax)) return null;
		return `One member holds at most ${entriesMax} entries and ${bytesMax} bytes of the state; drop some of yours first.`;
	}

	/** Why there is no room for so many entries more, and so many bytes of keys and values; or null. */
	refusesMore(entries: number, bytes: number): string | null {
		const { stateEntriesMax, stateBytesMax } = this.#room.settings;
		const { row } = this.#room.stateRecord;
		const isOver =
			(entries > 0 && row.entries + entries > stateEntriesMax) || (bytes > 0 && row.bytes + bytes > stateBytesMax);
		if (!isOver) return null;
		return `The room's state holds at most ${stateEntriesMax} entries and ${stateBytesMax} bytes; drop some first.`;
	}

	/** What a value of so many bytes, null for a drop, would add to what the state holds. It was looked up in this turn. */
	growth(key: string, bytes: number | null): Pick<Holding, "entries" | "bytes"> {
		const was = weightOf(this.#present.stored(key) ?? null);
		const is = bytes === null ? null : bytes + utf8Bytes(key);
		return { entries: (is === null ? 0 : 1) - (was === null ? 0 : 1), bytes: (is ?? 0) - (was ?? 0) };
	}

	/** Gives the entry the next version. Nobody may see it before {@link flush} has committed. */
	change(change: Change, now: number): number {
		const { record, stateRecord } = this.#room;
		record.exist();
		const before = this.#present.stored(change.key) ?? null;
		const { row } = stateRecord;
		const bytes = change.value === null ? null : utf8Bytes(change.value);
		const entry: Entry = { ...change, version: row.version + 1, at: now, bytes };
		const [was, is] = [weightOf(before), weightOf(entry)];
		const drops = row.drops + (is === null ? 1 : 0) - (before !== null && was === null ? 1 : 0);
		stateRecord.change({
			version: entry.version,
			entries: row.entries + (is === null ? 0 : 1) - (was === null ? 0 : 1),
			bytes: row.bytes + (is ?? 0) - (was ?? 0),
			drops,
			droppedAt: drops === 0 ? null : (row.droppedAt ?? now),
		});
		if (before !== null && was !== null) this.#hold(before.holder, -1, -was);
		if (is !== null) this.#hold(entry.holder, 1, is);
		this.#present.change(entry);
		return entry.version;
	}

	#hold(member: string, entries: number, bytes: number): void {
		for (const held of [this.#held, this.#more]) {
			const before = held.get(member) ?? { entries: 0, bytes: 0 };
			held.set(member, { member, entries: before.entries + entries, bytes: before.bytes + bytes });
		}
	}

	/** Drops what this turn has made of what is a member's who is erased. */
	eraseFresh(erasure: Erasure, now: number): void {
		for (const entry of [...this.#present.changed.values()]) this.#erase(entry, erasure, now);
	}

	/** Drops those of these that are the member's, unless they were changed since. */
	eraseStored(heads: readonly EntryHead[], erasure: Erasure, now: number): void {
		for (const head of heads) {
			this.#present.note(head);
			if (this.#present.stored(head.key)?.version === head.version) this.#erase(head, erasure, now);
		}
	}

	#erase(head: EntryHead, { member, by }: Erasure, now: number): void {
		if (head.bytes === null || !isOf(head, member)) return;
		this.change({ key: head.key, value: null, from: by, holder: by, owner: head.owner, isSum: false }, now);
	}

	deadline(): number | null {
		const { desertedAt, droppedAt } = this.#room.stateRecord.row;
		const expiresAt = desertedAt === null ? null : desertedAt + this.#room.settings.stateAgeMsMax;
		return earlier(expiresAt, droppedAt === null ? null : droppedAt + DROPS_MS);
	}

	due({ now }: Turn): void {
		const { droppedAt } = this.#room.stateRecord.row;
		if (droppedAt !== null && droppedAt + DROPS_MS <= now) this.#forgetOld(now);
	}

	/** The state of a room in which nobody was for long enough goes whole, before anything of the turn is set: nobody is here to be told. */
	expire({ now }: Turn): void {
		const { store, settings, stateRecord, sessions } = this.#room;
		const { row } = stateRecord;
		if (row.desertedAt === null || row.desertedAt + settings.stateAgeMsMax > now || sessions.size > 0) return;
		store.wipeEntries();
		stateRecord.change({ entries: 0, bytes: 0, drops: 0, forgotten: row.version, droppedAt: null, desertedAt: null });
		this.#forgetTurn();
	}

	/** Forgets the drops that are older than DROPS_MS, a piece of them; the next deadline brings the rest. */
	#forgetOld(now: number): void {
		const { store } = this.#room;
		const young = store.dropMadeAfter(now - DROPS_MS);
		const next = store.dropAfter(-1, DROPS_FORGOTTEN_MAX);
		const isPiece = next !== null && (young === null || next.version < young.version);
		this.#forgetBefore(isPiece ? store.dropOfOtherTime(next.version, next.at) : young);
	}

	/** Of more drops than are remembered the oldest are forgotten: all of a turn or none, for whoever was cut off in it. */
	#forgetMany(): void {
		const { store, stateRecord } = this.#room;
		const { drops } = stateRecord.row;
		if (drops <= DROPS_MAX + DROPS_SLACK) return;
		const last = store.dropAfter(-1, drops - DROPS_MAX - 1);
		this.#forgetBefore(last === null ? null : store.dropOfOtherTime(last.version, last.at));
	}

	/** Who has seen less than what came before the first drop that is left is told the whole state. */
	#forgetBefore(first: Pick<EntryHead, "version" | "at"> | null): void {
		const { store, stateRecord } = this.#room;
		const { row } = stateRecord;
		const forgotten = first === null ? row.version : first.version - 1;
		const count = store.forgetDrops(forgotten + 1);
		stateRecord.change({ drops: row.drops - count, forgotten, droppedAt: first?.at ?? null });
	}

	/** Writes what the turn has changed, and tells it: to everyone, or to its member alone. */
	flush(turn: Turn): void {
		this.#noteDeserted(turn);
		const { changed } = this.#present;
		if (changed.size === 0) return;
		const entries = [...changed.values()].sort((a, b) => a.version - b.version);
		this.#room.store.saveEntries(entries);
		const more = [...this.#more.values()].filter((each) => each.entries !== 0 || each.bytes !== 0);
		if (more.length > 0) this.#room.store.addHoldings(more);
		this.#tell(entries, turn);
		this.#present.written();
		this.#more = new Map();
		this.#forgetMany();
	}

	#tell(entries: readonly Entry[], turn: Turn): void {
		const telling = { version: this.version, bytesMax: PAGE_BYTES_MAX };
		const shared: Entry[] = [];
		const own = new Map<string, Entry[]>();
		for (const entry of entries) {
			const rule = this.#room.rules.entry(entry.key);
			if (rule?.isOwn === false) shared.push(entry);
			else if (rule?.owner != null) own.set(rule.owner, [...(own.get(rule.owner) ?? []), entry]);
		}
		if (shared.length > 0) for (const message of encodeState(shared, telling)) turn.shareState(message);
		for (const [member, theirs] of own) {
			const messages = encodeState(theirs, telling);
			for (const { id, mode, withoutState } of this.#room.sessions.of(member)) {
				if (mode.kind === "live" && withoutState !== true) turn.tellEncoded(id, messages);
			}
		}
	}

	#noteDeserted({ now }: Turn): void {
		const { stateRecord, sessions } = this.#room;
		const { desertedAt, entries } = stateRecord.row;
		const isDeserted = entries > 0 && sessions.size === 0;
		if (isDeserted ? desertedAt === null || this.#present.changed.size > 0 : desertedAt !== null) {
			stateRecord.change({ desertedAt: isDeserted ? now : null });
		}
	}

	wipe(): void {
		this.#forgetTurn();
	}

	#forgetTurn(): void {
		this.#present.clear();
		[this.#held, this.#more] = [new Map(), new Map()];
	}
}

/** Of key and value; null of a drop. */
function weightOf(entry: Entry | null): number | null {
	return entry === null || entry.bytes === null ? null : entry.bytes + utf8Bytes(entry.key);
}

function shareOf(most: number): number {
	return Math.max(1, Math.floor(most * STATE_SHARE));
}
