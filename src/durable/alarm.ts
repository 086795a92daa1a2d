/** The one alarm of a room, which carries all its deadlines. */

import { ALARM_AT_MAX } from "../protocol/platform-limits.ts";
import type { Storage } from "./surroundings.ts";

export class Alarm {
	readonly #storage: Pick<Storage, "setAlarm">;
	/** When the platform will call, Unix ms; null where no alarm is set. */
	#at: number | null = null;

	constructor(storage: Pick<Storage, "setAlarm">) {
		this.#storage = storage;
	}

	/** So it stands: as the platform says, or null where it has rung or was deleted. */
	stands(at: number | null): void {
		this.#at = at;
	}

	/** An earlier alarm is left to fire for nothing: that is cheaper than moving it at every turn. */
	set(deadline: number): void {
		const at = Math.min(deadline, ALARM_AT_MAX);
		if (this.#at !== null && this.#at <= at) return;
		this.#at = at;
		this.#storage.setAlarm(at);
	}
}
