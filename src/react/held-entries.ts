/** Entries as components read them: one who shows an entry hears nothing of the others. */
import type { Entry, Room } from "../client/room.ts";
import { Part } from "./part.ts";

/** What is read, by key or by how keys begin. */
class Reads<T> {
	readonly #reads = new Map<string, Part<T>>();
	readonly #now: (of: string) => T;

	constructor(now: (of: string) => T) {
		this.#now = now;
	}

	#read(of: string): Part<T> {
		const read = this.#reads.get(of) ?? new Part(this.#now(of));
		this.#reads.set(of, read);
		return read;
	}

	value(of: string): T {
		return this.#read(of).value;
	}

	/** What nobody listens to any more is forgotten. */
	on(of: string, listener: () => void): () => void {
		const read = this.#read(of);
		const unlisten = read.subscribe(listener);
		return () => {
			unlisten();
			if (!read.isHeard && this.#reads.get(of) === read) this.#reads.delete(of);
		};
	}

	/** Those of which this is true may be others. */
	look(mayBeOther: (of: string) => boolean): void {
		for (const [of, read] of [...this.#reads]) {
			if (!mayBeOther(of)) continue;
			const value = this.#now(of);
			if (!Object.is(value, read.value)) read.show(value);
		}
	}
}

export class HeldEntries {
	/** By key: what a server rendered, until the room has told what is. */
	readonly #rendered: ReadonlyMap<string, Entry>;
	#isTold = false;
	#room: Room | null = null;
	/** Values by key: null where there is none. */
	readonly values = new Reads((key) => {
		const value: unknown = this.#room?.get(key) ?? null;
		return this.#isTold ? value : (value ?? this.renderedValue(key));
	});
	/** Those whose keys begin so, in the order of their keys. */
	readonly lists = new Reads((prefix): readonly Entry[] => {
		const entries = this.#room?.entries(prefix) ?? [];
		return this.#isTold || entries.length > 0 ? entries : this.renderedLists.value(prefix);
	});
	/** Likewise, as a server rendered them. */
	readonly renderedLists = new Reads((prefix): readonly Entry[] =>
		[...this.#rendered.values()].filter(({ key }) => key.startsWith(prefix)),
	);

	constructor(rendered: readonly Entry[]) {
		this.#rendered = new Map(rendered.map((entry) => [entry.key, entry]));
	}

	renderedValue(key: string): unknown {
		return this.#rendered.get(key)?.value ?? null;
	}

	listen(room: Room): void {
		this.#room = room;
		room.on("entries", (changed) => {
			const keys = new Set(changed.map(({ key }) => key));
			this.values.look((key) => keys.has(key));
			this.lists.look((prefix) => changed.some(({ key }) => key.startsWith(prefix)));
		});
		/** From now on it has told, or not yet: any of them may be another. */
		const all = (isTold: boolean): void => {
			this.#isTold ||= isTold;
			this.values.look(() => true);
			this.lists.look(() => true);
		};
		room.on("caught-up", () => this.#isTold || all(true));
		all(room.state.kind === "live");
	}
}
