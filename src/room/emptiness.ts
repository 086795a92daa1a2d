/** A room that holds nothing any more, owes nothing and is deserted deletes itself after a while: its storage costs nothing. */
import { EMPTY_ROOM_MS } from "../protocol/limits.ts";
import type { Audience } from "./audience.ts";
import type { History } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { Roster } from "./presence.ts";
import type { Ranges } from "./ranges.ts";
import type { Sanctions } from "./sanctions.ts";

export class Emptiness {
	readonly #history: History;
	readonly #audience: Audience;
	readonly #roster: Roster;
	readonly #outbox: Outbox;
	readonly #ranges: Ranges;
	readonly #sanctions: Sanctions;

	constructor(
		history: History,
		audience: Audience,
		roster: Roster,
		outbox: Outbox,
		ranges: Ranges,
		sanctions: Sanctions,
	) {
		this.#history = history;
		this.#audience = audience;
		this.#roster = roster;
		this.#outbox = outbox;
		this.#ranges = ranges;
		this.#sanctions = sanctions;
	}

	/** Notes since when the room is empty. Before the turn writes where the history stands. */
	note(now: number): void {
		const { emptySince } = this.#history.meta;
		if (!this.#history.isStored) {
			// The first that is ever stored makes the epoch real.
			if (this.#roster.isDirty) this.#history.change({});
		} else if (this.#isEmpty) {
			if (emptySince === null) this.#history.change({ emptySince: now });
		} else if (emptySince !== null) {
			this.#history.change({ emptySince: null });
		}
	}

	/** True where it has been empty for long enough. */
	isOver(now: number): boolean {
		return (this.deadline ?? Number.POSITIVE_INFINITY) <= now && this.#isEmpty;
	}

	/** When the room is to delete itself, Unix ms; null where it is not empty. */
	get deadline(): number | null {
		const { emptySince } = this.#history.meta;
		return emptySince === null ? null : emptySince + EMPTY_ROOM_MS;
	}

	get #isEmpty(): boolean {
		const { head, floor, oldestKey, isLocked } = this.#history.meta;
		const isDeserted = this.#audience.size === 0 && this.#roster.count === 0;
		const isOwing = !this.#outbox.isEmpty || !this.#ranges.isIdle || !this.#sanctions.isEmpty || isLocked;
		return isDeserted && head < floor && oldestKey === null && !isOwing;
	}
}
