/** The room's one row: which history this is, where it stands, and what the room counts. Written last in a turn. */
import type { Concern } from "./concern.ts";
import type { KeyAge } from "./known-keys.ts";
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
	setBack: null,
	emptySince: null,
	jobs: 0,
	decisions: 0,
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

	setBack(now: number): boolean {
		const { oldestKey, olderKeys, emptySince, floorAt } = this.#meta;
		const setBack = this.#newestAhead(now) ?? agedBy(this.#meta.setBack, now);
		const times = {
			floorAt: floorAt === null ? null : Math.min(floorAt, now),
			oldestKey: agedBy(oldestKey, now),
			olderKeys: agedBy(olderKeys, now),
			setBack,
			emptySince: emptySince === null ? null : Math.min(emptySince, now),
		};
		const { meta } = this;
		const isChanged = (Object.keys(times) as (keyof typeof times)[]).some((name) => times[name] !== meta[name]);
		if (isChanged) this.change(times);
		return isChanged;
	}

	/** Since `now`, where the newest event was written by a clock that was ahead; null where it was not, or that is known. */
	#newestAhead(now: number): KeyAge | null {
		const { head, at, setBack } = this.#meta;
		if (at <= now || head === (setBack?.seq ?? 0)) return null;
		const [newest] = this.#store.sizesAfter(head - 1, 1);
		return newest === undefined || newest.at <= now ? null : { at: now, seq: head };
	}

	/** When an event was written, Unix ms, whatever the clock said then. */
	writtenAt({ seq, at }: KeyAge): number {
		const { setBack } = this.#meta;
		return setBack === null || seq > setBack.seq ? at : Math.min(at, setBack.at);
	}

	/** When the newest event was written, Unix ms, or a little later. */
	newestAt(now: number): number {
		const { head, at } = this.#meta;
		const [newest] = this.#store.sizesAfter(head - 1, 1);
		return Math.min(newest === undefined ? at : this.writtenAt(newest), now);
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

/** Of `now` where it is of later; the same where it is not. */
function agedBy(age: KeyAge | null, now: number): KeyAge | null {
	return age === null || age.at <= now ? age : { ...age, at: now };
}
