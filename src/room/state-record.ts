/** The state's one row: its version, and what the room counts of it. Absent until an entry is first set. */
import type { Concern } from "./concern.ts";
import type { KeyAge } from "./known-keys.ts";
import type { StateRow, StateStore } from "./state-store.ts";

/** Where a state begins. */
const BEGINNING: StateRow = {
	version: 0,
	entries: 0,
	bytes: 0,
	drops: 0,
	forgotten: -1,
	droppedAt: null,
	sets: 0,
	oldestKey: null,
	olderKeys: null,
	desertedAt: null,
};

export class StateRecord implements Concern {
	readonly #store: StateStore;
	#row: StateRow;
	#isChanged = false;

	constructor(store: StateStore) {
		this.#store = store;
		this.#row = store.state() ?? BEGINNING;
	}

	get row(): Readonly<StateRow> {
		return this.#row;
	}

	/** Ids of sets that are known keep the room, as those of publishes do. */
	get isEmpty(): boolean {
		return this.#row.oldestKey === null && this.#row.olderKeys === null;
	}

	change(change: Partial<StateRow>): void {
		this.#row = { ...this.#row, ...change };
		this.#isChanged = true;
	}

	setBack(now: number): boolean {
		const { droppedAt, oldestKey, olderKeys, desertedAt } = this.#row;
		const before = (at: number | null): number | null => (at === null ? null : Math.min(at, now));
		const aged = (age: KeyAge | null): KeyAge | null => (age === null || age.at <= now ? age : { ...age, at: now });
		const times = {
			droppedAt: before(droppedAt),
			oldestKey: aged(oldestKey),
			olderKeys: aged(olderKeys),
			desertedAt: before(desertedAt),
		};
		const isBack = (Object.keys(times) as (keyof typeof times)[]).some((name) => times[name] !== this.#row[name]);
		if (isBack) this.change(times);
		return isBack;
	}

	wipe(): void {
		this.#row = BEGINNING;
		this.#isChanged = false;
	}

	flush(): void {
		if (this.#isChanged) this.#store.saveState(this.#row);
		this.#isChanged = false;
	}
}
