/**
 * The room's entries as this page has them: as the room told them, over that what the page foresees of its events, and
 * over that what one's own sets make of them until the room has answered.
 */
import type { Json } from "../protocol/decide.ts";
import type { State } from "../protocol/entries.ts";
import type { Welcome } from "../protocol/messages.ts";
import type { Entry } from "./room.ts";

/** What one wants of an entry: a value, what makes the next one of the last, or a number to add. */
export interface Change {
	key: string;
	to?: unknown;
	add?: number;
	/** The version that the entry must have. */
	expect?: number | undefined;
}

/** What it makes of a value, null where there is none. Where there is no number to add to, the room refuses. */
export function applied({ to, add }: Change, value: unknown): unknown {
	if (add !== undefined) return typeof (value ?? 0) === "number" ? Number(value) + add : value;
	return typeof to === "function" ? to(value) : to;
}

export class Entries {
	readonly #listener: (changed: Entry[]) => void;
	readonly #told = new Map<string, Entry>();
	/** By key, what one's own sets make of a value. */
	readonly own = new Map<string, (value: unknown) => unknown>();
	/** By key, what the page foresees; null where an entry is dropped. */
	#foreseen: ReadonlyMap<string, Json | null> = new Map();
	readonly #changed = new Set<string>();
	/** The last welcome. */
	#welcome: Welcome | null = null;
	/** True where what is held may be of a state that is gone: until the room has told another, or that there is none. */
	#isVoid = false;
	/** Of the state that is held; undefined until it is held whole. */
	#version: number | undefined;

	constructor(listener: (changed: Entry[]) => void) {
		this.#listener = listener;
	}

	get epoch(): string | undefined {
		return this.#welcome?.epoch;
	}

	/** Where it goes on, with the state that is held. */
	since(cursor: string | null): string | null {
		return this.#version === undefined || cursor === null ? cursor : `${cursor}.${this.#version}`;
	}

	/** As the room told it. */
	told(key: string): Entry {
		return this.#told.get(key) ?? { key, value: null, version: 0 };
	}

	at(key: string): Entry {
		const told = this.told(key);
		const foreseen = this.#foreseen.get(key);
		const entry = foreseen === undefined ? told : { ...told, value: foreseen?.value ?? null };
		const own = this.own.get(key);
		return own === undefined ? entry : { ...entry, value: own(entry.value) };
	}

	/** Those whose keys begin so, by their keys. */
	list(prefix: string): Entry[] {
		const keys = new Set([...this.#told.keys(), ...this.#foreseen.keys(), ...this.own.keys()]);
		return [...keys]
			.filter((key) => key.startsWith(prefix))
			.sort()
			.map((key) => this.at(key))
			.filter(({ value }) => value !== null);
	}

	welcomed(welcome: Welcome): void {
		this.#welcome = welcome;
		if (welcome.continuity === "resumed") return;
		this.#isVoid = true;
		this.#version = undefined;
	}

	hear({ full, entries, version, more }: State): void {
		if (full === true) this.#empty();
		for (const entry of entries) {
			const { key, value } = entry;
			if (value === null) this.#told.delete(key);
			else this.#told.set(key, { key, value, version: entry.version ?? version });
			this.#changed.add(key);
		}
		if (more !== true) this.#version = version;
		this.#tellSoon();
	}

	/** Of no entries nothing is told to who comes anew. */
	caughtUp(): void {
		if (!this.#isVoid) return;
		this.#empty();
		this.#version = this.#welcome?.version;
		this.#tellSoon();
	}

	#empty(): void {
		for (const key of this.#told.keys()) this.#changed.add(key);
		this.#told.clear();
		this.#isVoid = false;
	}

	/** What one's own sets make of it is another: one has set something. */
	touch(key: string): void {
		this.#changed.add(key);
		this.#tell();
	}

	/** The same where the room has answered. `isOver`: nothing of one's own stands over it any more. */
	answered(key: string, isOver: boolean): void {
		if (isOver) this.own.delete(key);
		this.#changed.add(key);
		this.#tellSoon();
	}

	/**
	 * What the page foresees is another: `foresee` puts it together, and each entry that it has put is what it is from then
	 * on.
	 */
	foresee(foresee: (foreseen: Map<string, Json | null>) => void): void {
		const before = this.#foreseen;
		const foreseen = new Map<string, Json | null>();
		this.#foreseen = foreseen;
		foresee(foreseen);
		for (const key of new Set([...before.keys(), ...foreseen.keys()])) {
			if (before.get(key)?.json !== foreseen.get(key)?.json || before.has(key) !== foreseen.has(key)) {
				this.#changed.add(key);
			}
		}
		this.#tellSoon();
	}

	/** After all that came with it. */
	#tellSoon(): void {
		queueMicrotask(() => this.#tell());
	}

	#tell(): void {
		const changed = [...this.#changed].map((key) => this.at(key));
		this.#changed.clear();
		if (changed.length > 0) this.#listener(changed);
	}
}
