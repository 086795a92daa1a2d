/**
 * Whom messages name: the first ROSTER_SAMPLE_MEMBERS_MAX who are here, in the order in which they came; the others
 * wait in line. It also notes what a turn changes of it, for those who watch.
 */
import { ROSTER_SAMPLE_MEMBERS_MAX } from "../protocol/limits.ts";

export type Field = "name" | "state";

/** What a turn has changed, by members' ids. */
export interface SampleChanges {
	joined: ReadonlySet<string>;
	left: ReadonlySet<string>;
	changed: ReadonlyMap<string, ReadonlySet<Field>>;
}

export class Sample implements Iterable<string> {
	readonly #named = new Set<string>();
	readonly #line = new Set<string>();
	#joined = new Set<string>();
	#left = new Set<string>();
	#changed = new Map<string, Set<Field>>();

	[Symbol.iterator](): Iterator<string> {
		return this.#named.values();
	}

	/** One who was here before: nobody is told. */
	seat(id: string): void {
		(this.#named.size < ROSTER_SAMPLE_MEMBERS_MAX ? this.#named : this.#line).add(id);
	}

	add(id: string): void {
		if (this.#named.size < ROSTER_SAMPLE_MEMBERS_MAX) this.#show(id);
		else this.#line.add(id);
	}

	/** The next in line is named in its place. */
	remove(id: string): void {
		if (this.#line.delete(id)) return;
		this.#named.delete(id);
		this.#changed.delete(id);
		if (!this.#joined.delete(id)) this.#left.add(id);
		const [next] = this.#line;
		if (next === undefined) return;
		this.#line.delete(next);
		this.#show(next);
	}

	#show(id: string): void {
		this.#named.add(id);
		if (this.#left.delete(id)) this.#changed.set(id, new Set(["name", "state"]));
		else this.#joined.add(id);
	}

	change(id: string, field: Field): void {
		if (!this.#named.has(id) || this.#joined.has(id)) return;
		const fields = this.#changed.get(id) ?? new Set();
		this.#changed.set(id, fields.add(field));
	}

	/** What has changed since it was last taken; null where nothing has. */
	take(): SampleChanges | null {
		if (this.#joined.size + this.#left.size + this.#changed.size === 0) return null;
		const changes = { joined: this.#joined, left: this.#left, changed: this.#changed };
		[this.#joined, this.#left, this.#changed] = [new Set(), new Set(), new Map()];
		return changes;
	}

	/** Nobody is here any more, and nobody is left to be told. */
	clear(): void {
		for (const each of [this.#named, this.#line, this.#joined, this.#left, this.#changed]) each.clear();
	}
}
