/** The one alarm of a room, which carries all its deadlines. */
import type { Storage } from "./surroundings.ts";

/** The platform rejects alarms after 2189. A token may well expire later: `exp` in milliseconds is a common slip. */
const ALARM_AT_MAX = Date.UTC(2189);

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
