/** The deadlines that rules have set and that are still to come: one of each name, in the store, and their times in memory. */
import type { Json } from "../../protocol/decide.ts";
import { Agenda } from "../agenda.ts";
import type { Concern } from "../concern.ts";
import type { RoomRecord } from "../record.ts";
import type { DeadlineHead, DeadlineRow, RoomStore } from "../store.ts";

/** What a deadline is set to: its event's data, and how long from now on it waits, ms. */
export type Waiting = Json & { ms: number };

export class DeadlineBook implements Concern {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;
	readonly #heads = new Map<string, DeadlineHead>();
	readonly #agenda = new Agenda<string>();
	/** What this turn has set; null what it has taken out. */
	#changed = new Map<string, DeadlineRow | null>();

	constructor(store: RoomStore, record: RoomRecord) {
		this.#store = store;
		this.#record = record;
		for (const head of store.deadlines()) this.#hold(head);
	}

	#hold(head: DeadlineHead): void {
		this.#heads.set(head.name, head);
		this.#agenda.set(head.name, head.at);
	}

	/** A room with one waits for it, however long nobody comes. */
	get isEmpty(): boolean {
		return this.#heads.size === 0;
	}

	/** How many there would be. */
	sizeWith(changes: ReadonlyMap<string, Waiting | null>): number {
		let size = this.#heads.size;
		for (const [name, waiting] of changes) size += Number(waiting !== null) - Number(this.#heads.has(name));
		return size;
	}

	/** In place of the one of that name; null takes it out. */
	set(name: string, waiting: Waiting | null, now: number): void {
		if (waiting === null) return this.#drop(name);
		const head = { name, at: now + waiting.ms, waitMs: waiting.ms };
		this.#hold(head);
		this.#changed.set(name, { ...head, data: waiting.json });
		this.#record.exist();
	}

	#drop(name: string): void {
		this.#agenda.drop(name);
		if (this.#heads.delete(name)) this.#changed.set(name, null);
	}

	/** The first that is due by now, of those of one time the first by name, whatever has slept since; null where none is. */
	nextDue(now: number): string | null {
		if ((this.#agenda.first ?? Number.POSITIVE_INFINITY) > now) return null;
		let first: DeadlineHead | null = null;
		for (const head of this.#heads.values()) {
			const isFirst = first === null || head.at < first.at || (head.at === first.at && head.name < first.name);
			if (isFirst) first = head;
		}
		return first?.name ?? null;
	}

	/** Takes it out; gives its event's data, as JSON. */
	take(name: string): string {
		const data = this.#changed.get(name)?.data ?? this.#store.deadlineData(name) ?? "null";
		this.#drop(name);
		return data;
	}

	deadline(): number | null {
		return this.#agenda.first;
	}

	setBack(now: number): boolean {
		const before = this.#changed.size;
		for (const head of [...this.#heads.values()]) {
			if (head.at <= now + head.waitMs) continue;
			const data = this.#changed.get(head.name)?.data ?? this.#store.deadlineData(head.name) ?? "null";
			this.#hold({ ...head, at: now + head.waitMs });
			this.#changed.set(head.name, { ...head, at: now + head.waitMs, data });
		}
		return this.#changed.size > before;
	}

	wipe(): void {
		for (const each of [this.#heads, this.#agenda, this.#changed]) each.clear();
	}

	flush(): void {
		if (this.#changed.size === 0) return;
		const dropped = [...this.#changed].flatMap(([name, row]) => (row === null ? [name] : []));
		const set = [...this.#changed.values()].filter((row) => row !== null);
		if (dropped.length > 0) this.#store.dropDeadlines(dropped);
		if (set.length > 0) this.#store.saveDeadlines(set);
		this.#changed = new Map();
	}
}
