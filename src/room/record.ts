/** The room's one row: which history this is, where it stands, and what the room counts. Written last in a turn. */
import type { Concern } from "./concern.ts";
import type { Meta, RoomStore } from "./store.ts";

/** What a room in which nothing is stored begins with. */
export interface Origin {
	/** A random epoch. */
	epochIfNew: string;
	/** A random key, for the hashes of addresses. */
	saltIfNew: string;
}

/** Where a history begins. */
const BEGINNING = {
	head: 0,
	floor: 1,
	kept: 1,
	heldBytes: 0,
	floorAt: null,
	bytes: 0,
	oldestKey: null,
	olderKeys: null,
	emptySince: null,
	jobs: 0,
} as const satisfies Partial<Meta>;

export class RoomRecord implements Concern {
	readonly #store: RoomStore;
	#meta: Meta;
	#stored: boolean;
	#changed = false;

	constructor(store: RoomStore, { epochIfNew, saltIfNew }: Origin) {
		this.#store = store;
		const meta = store.meta();
		this.#stored = meta !== null;
		this.#meta = meta ?? { ...BEGINNING, epoch: epochIfNew, at: 0, isLocked: false, salt: saltIfNew };
	}

	get meta(): Readonly<Meta> {
		return this.#meta;
	}

	/** The name of this history. */
	get epoch(): string {
		return this.#meta.epoch;
	}

	/** False for a room in which nothing has ever been stored, and nothing is about to be in this turn. */
	get isStored(): boolean {
		return this.#stored || this.#changed;
	}

	get isEmpty(): boolean {
		const { oldestKey, olderKeys, isLocked } = this.#meta;
		return oldestKey === null && olderKeys === null && !isLocked;
	}

	change(change: Partial<Meta>): void {
		this.#meta = { ...this.#meta, ...change };
		this.#changed = true;
	}

	/** Something is stored now: the epoch is real from here on. */
	exist(): void {
		if (!this.isStored) this.#changed = true;
	}

	/** The number of the epoch's next job. */
	nextJob(): number {
		this.change({ jobs: this.#meta.jobs + 1 });
		return this.#meta.jobs;
	}

	/** The history begins anew under another epoch. */
	renew(epoch: string): void {
		this.change({ ...BEGINNING, epoch });
	}

	flush(): void {
		if (!this.#changed) return;
		this.#store.saveMeta(this.#meta);
		this.#stored = true;
		this.#changed = false;
	}
}
