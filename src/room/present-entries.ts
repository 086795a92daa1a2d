/**
 * The entries that a turn has to do with, as they stand in it: looked up once each, and from then on known, with what
 * the turn has made of them. Memory holds none of them any longer than that.
 */
import { compareTexts, keyAfter } from "../protocol/text.ts";
import type { Entry, EntryHead, EntryQuery, StateStore } from "./state-store.ts";
import type { Veil } from "./veil.ts";

export class PresentEntries {
	readonly #store: StateStore;
	readonly #veil: Veil;
	/** Drops among them. */
	#known = new Map<string, Entry>();
	/** Keys under which nothing is stored. */
	#absent = new Set<string>();
	#changed = new Map<string, Entry>();

	constructor(store: StateStore, veil: Veil) {
		this.#store = store;
		this.#veil = veil;
	}

	/** Of this turn, not yet written. */
	get changed(): ReadonlyMap<string, Entry> {
		return this.#changed;
	}

	/** Forgets all, and looks up what a turn is about to touch: one statement, not one a key. */
	begin(queries: readonly EntryQuery[]): void {
		if (this.#known.size > 0) this.#known = new Map();
		if (this.#absent.size > 0) this.#absent = new Set();
		if (this.#changed.size > 0) this.#changed = new Map();
		this.find(queries);
	}

	/** Looks up what is not known yet, with the values of those that take as many bytes as are asked for. */
	find(queries: readonly EntryQuery[]): void {
		const unknown = queries.filter(({ key }) => !this.#known.has(key) && !this.#absent.has(key));
		if (unknown.length === 0) return;
		for (const { key } of unknown) this.#absent.add(key);
		for (const entry of this.#store.findEntries(unknown)) this.#learn(entry);
	}

	#learn(entry: Entry): void {
		this.#absent.delete(entry.key);
		this.#known.set(entry.key, entry);
	}

	/** The entry, or the drop of one, where it was looked up; its value may be unread. */
	stored(key: string): Entry | undefined {
		return this.#known.get(key);
	}

	/** What an entry has become, which is to be written. */
	change(entry: Entry): void {
		this.#learn(entry);
		this.#changed.set(entry.key, entry);
	}

	/** What is known of an entry but its value. */
	note(head: EntryHead): void {
		if (!this.#known.has(head.key)) this.#learn({ ...head, value: null });
	}

	/** As it stands, where it was looked up: null where there is none. Its value may be unread. */
	at(key: string): Entry | null {
		const entry = this.#known.get(key);
		return entry === undefined || !this.#isThere(entry) ? null : entry;
	}

	/** The entries of these keys as they stand, with their values; those that are not there are left out. One statement at most. */
	read(keys: readonly string[]): Entry[] {
		const unread = keys.filter((key) => !this.#isRead(key));
		if (unread.length > 0) {
			for (const key of unread) if (!this.#known.has(key)) this.#absent.add(key);
			for (const entry of this.#store.readEntries(unread)) this.#learn(entry);
		}
		return keys.flatMap((key) => this.at(key) ?? []);
	}

	/** At most `limit` of those whose keys begin so, with their values, in the order of their keys. */
	within(prefix: string, limit: number): Entry[] {
		const made = [...this.#changed.values()].filter(({ key }) => key.startsWith(prefix));
		// The key that is the prefix itself stands before those that go on.
		const self = prefix === "" ? [] : this.read([prefix]);
		const keys = new Set(self.map(({ key }) => key));
		const most = limit + made.length;
		for (let after = prefix; keys.size < most; ) {
			const heads = this.#store.headsByKey({ after, before: keyAfter(prefix) }, most);
			for (const head of heads) if (this.#isThere(this.#known.get(head.key) ?? head)) keys.add(head.key);
			after = heads.at(-1)?.key ?? after;
			if (heads.length < most) break;
		}
		for (const entry of made) if (this.#isThere(entry)) keys.add(entry.key);
		return this.read([...keys].sort(compareTexts).slice(0, limit));
	}

	#isRead(key: string): boolean {
		const entry = this.#known.get(key);
		return entry === undefined ? this.#absent.has(key) : entry.value !== null || entry.bytes === null;
	}

	#isThere(entry: EntryHead): boolean {
		return entry.bytes !== null && !this.#veil.hides(entry);
	}

	/** All that was changed is written. */
	written(): void {
		this.#changed = new Map();
	}

	clear(): void {
		[this.#known, this.#absent, this.#changed] = [new Map(), new Set(), new Map()];
	}
}
