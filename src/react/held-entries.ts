/** Entries as components read them: one who shows an entry hears nothing of the others. */
import type { Entry, Room } from "../client/room.ts";
import { Listeners } from "./listeners.ts";

/** What is read: an entry, or those whose keys begin so. */
interface Read<T> {
	/** The same until it is another. */
	value: T;
	readonly listeners: Listeners;
}

export class HeldEntries {
	/** By key: what a server rendered, until the room has told what is. */
	readonly #rendered: ReadonlyMap<string, Entry>;
	readonly #renderedLists = new Map<string, Read<readonly Entry[]>>();
	#isTold = false;
	#room: Room | null = null;
	readonly #entries = new Map<string, Read<unknown>>();
	readonly #lists = new Map<string, Read<readonly Entry[]>>();

	constructor(rendered: readonly Entry[]) {
		this.#rendered = new Map(rendered.map((entry) => [entry.key, entry]));
	}

	listen(room: Room): void {
		this.#room = room;
		room.on("entries", (changed) => this.#changed(changed));
		room.on("caught-up", () => {
			if (!this.#isTold) this.#toldAll();
		});
		if (room.state.kind === "live") this.#toldAll();
		else this.#all();
	}

	#toldAll(): void {
		this.#isTold = true;
		this.#all();
	}

	/** Any of them may be another. */
	#all(): void {
		for (const key of [...this.#entries.keys()]) this.#look(key);
		for (const prefix of [...this.#lists.keys()]) this.#lookAtAll(prefix);
	}

	#changed(changed: readonly Entry[]): void {
		for (const { key } of changed) this.#look(key);
		for (const prefix of [...this.#lists.keys()]) {
			if (changed.some(({ key }) => key.startsWith(prefix))) this.#lookAtAll(prefix);
		}
	}

	#look(key: string): void {
		const read = this.#entries.get(key);
		if (read === undefined) return;
		const value = this.#valueOf(key);
		if (Object.is(value, read.value)) return;
		read.value = value;
		read.listeners.tell();
	}

	#lookAtAll(prefix: string): void {
		const read = this.#lists.get(prefix);
		if (read === undefined) return;
		read.value = this.#listOf(prefix);
		read.listeners.tell();
	}

	#valueOf(key: string): unknown {
		const value: unknown = this.#room?.get(key) ?? null;
		return this.#isTold ? value : (value ?? this.renderedEntry(key));
	}

	#listOf(prefix: string): readonly Entry[] {
		const entries = this.#room?.entries(prefix) ?? [];
		return this.#isTold || entries.length > 0 ? entries : this.renderedEntries(prefix);
	}

	#read<T>(reads: Map<string, Read<T>>, of: string, now: () => T): Read<T> {
		let read = reads.get(of);
		if (read === undefined) {
			read = { value: now(), listeners: new Listeners() };
			reads.set(of, read);
		}
		return read;
	}

	/** An entry's value, the same until it is another. */
	entry(key: string): unknown {
		return this.#read(this.#entries, key, () => this.#valueOf(key)).value;
	}

	/** Those whose keys begin so; the same list until it is another. */
	entries(prefix: string): readonly Entry[] {
		return this.#read(this.#lists, prefix, () => this.#listOf(prefix)).value;
	}

	/** As a server rendered it. */
	renderedEntry(key: string): unknown {
		return this.#rendered.get(key)?.value ?? null;
	}

	renderedEntries(prefix: string): readonly Entry[] {
		return this.#read(this.#renderedLists, prefix, () =>
			[...this.#rendered.values()].filter(({ key }) => key.startsWith(prefix)),
		).value;
	}

	onEntry(key: string, listener: () => void): () => void {
		return listenTo(
			this.#entries,
			key,
			this.#read(this.#entries, key, () => this.#valueOf(key)),
			listener,
		);
	}

	onEntries(prefix: string, listener: () => void): () => void {
		return listenTo(
			this.#lists,
			prefix,
			this.#read(this.#lists, prefix, () => this.#listOf(prefix)),
			listener,
		);
	}
}

/** What nobody listens to any more is forgotten. */
function listenTo<T>(reads: Map<string, Read<T>>, of: string, read: Read<T>, listener: () => void): () => void {
	const unlisten = read.listeners.subscribe(listener);
	return () => {
		unlisten();
		if (read.listeners.isEmpty && reads.get(of) === read) reads.delete(of);
	};
}
