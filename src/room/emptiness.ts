/** A room that holds nothing any more, owes nothing and is deserted deletes itself after a while: its storage costs nothing. */
import { EMPTY_ROOM_MS } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import type { RoomRecord } from "./record.ts";
import type { Turn } from "./turn.ts";

export class Emptiness implements Concern {
	readonly #record: RoomRecord;
	readonly #concerns: readonly Concern[];

	/** `concerns`: all that the room looks after. */
	constructor(record: RoomRecord, concerns: readonly Concern[]) {
		this.#record = record;
		this.#concerns = concerns;
	}

	/** Notes since when the room is empty. */
	flush({ now }: Turn): void {
		if (!this.#record.isStored) return;
		const { emptySince } = this.#record.meta;
		const isEmpty = this.#isRoomEmpty;
		if (isEmpty !== (emptySince !== null)) this.#record.change({ emptySince: isEmpty ? now : null });
	}

	/** True where it has been empty for long enough. */
	isOver(now: number): boolean {
		return (this.deadline() ?? Number.POSITIVE_INFINITY) <= now && this.#isRoomEmpty;
	}

	/** When the room is to delete itself. */
	deadline(): number | null {
		const { emptySince } = this.#record.meta;
		return emptySince === null ? null : emptySince + EMPTY_ROOM_MS;
	}

	get #isRoomEmpty(): boolean {
		return this.#concerns.every(({ isEmpty }) => isEmpty !== false);
	}
}
