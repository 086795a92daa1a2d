/**
 * Guests who left a short while ago: a ban that comes late holds for the address that they came from all the same. Their
 * rows stay where they were, without a name. No alarm comes for them: what is over goes with the next turn.
 */
import { SHARED_ADDRESS } from "../protocol/ids.ts";
import { DEPARTED_MAX, DEPARTED_MS } from "../protocol/limits.ts";
import type { Here } from "./here.ts";
import type { RosterRow } from "./store.ts";

interface Leave {
	address: string;
	/** Unix ms. */
	at: number;
}

/** What is to be written of them. */
export interface DepartedChanges {
	rows: RosterRow[];
	/** Those of whom nothing is kept any more. */
	over: string[];
}

/** True for a row of one who is not here: whoever is here has a name. */
export function isDeparted({ name }: Pick<RosterRow, "name">): boolean {
	return name === "";
}

export class Departed {
	/** By member, the longest gone first. */
	readonly #leaves = new Map<string, Leave>();
	#dirty = new Set<string>();
	#over: string[] = [];

	constructor(rows: readonly RosterRow[]) {
		const departed = rows.filter(isDeparted).sort((a, b) => (a.goneSince ?? 0) - (b.goneSince ?? 0));
		for (const { member, address, goneSince } of departed)
			this.#leaves.set(member, { address: address ?? "", at: goneSince ?? 0 });
	}

	/** Notes one who left at `at`, Unix ms. Says whether it is kept: not where its address says nothing. */
	note({ id, address }: Pick<Here, "id" | "address">, at: number): boolean {
		if (address === null || address.startsWith(SHARED_ADDRESS)) return false;
		this.#leaves.set(id, { address, at });
		this.#dirty.add(id);
		for (const first of this.#leaves.keys()) {
			if (this.#leaves.size <= DEPARTED_MAX) break;
			this.#end(first);
		}
		return this.#leaves.has(id);
	}

	/** It is here again, under this or another id. Says whether there was a row of it. */
	forget(id: string): boolean {
		this.#dirty.delete(id);
		return this.#leaves.delete(id);
	}

	/** Where one came from who left less than DEPARTED_MS before `now`. */
	addressOf(id: string, now: number): string | null {
		const leave = this.#leaves.get(id);
		return leave === undefined || leave.at + DEPARTED_MS <= now ? null : leave.address;
	}

	get ids(): Iterable<string> {
		return this.#leaves.keys();
	}

	/** Nobody left later than `now`. Says whether there is something to write. */
	setBack(now: number): boolean {
		for (const [id, leave] of this.#leaves) {
			if (leave.at <= now) continue;
			leave.at = now;
			this.#dirty.add(id);
		}
		return this.#dirty.size > 0;
	}

	clear(): void {
		this.#leaves.clear();
		this.#dirty.clear();
		this.#over = [];
	}

	/** What has changed by the turn's end. The first that is not over ends the looking: they stand in order, nearly. */
	take(now: number): DepartedChanges {
		for (const [id, { at }] of this.#leaves) {
			if (at + DEPARTED_MS > now) break;
			this.#end(id);
		}
		const rows = [...this.#dirty].flatMap((id) => this.#rowOf(id) ?? []);
		const changes = { rows, over: this.#over };
		if (this.#dirty.size > 0) this.#dirty = new Set();
		this.#over = [];
		return changes;
	}

	#rowOf(member: string): RosterRow | null {
		const leave = this.#leaves.get(member);
		return leave === undefined
			? null
			: { member, name: "", state: "null", goneSince: leave.at, address: leave.address };
	}

	#end(id: string): void {
		this.forget(id);
		this.#over.push(id);
	}
}
