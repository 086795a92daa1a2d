/** What came of jobs: it is kept for a week, and owed to whom it concerns until they have received it. */
import { JOBS_TRIM_BYTES_MAX, JOBS_TRIM_ROWS_MAX, OUTCOME_KEPT_MS } from "../protocol/job-limits.ts";
import { KEY_SWEEP_MS } from "../protocol/limits.ts";
import { Owed } from "./owed.ts";
import type { RoomStore } from "./store.ts";

export class KeptOutcomes {
	readonly #store: RoomStore;
	readonly owed = new Owed();
	/** When the oldest is forgotten; null where none is known to be kept. */
	#forgetAt: number | null;

	constructor(store: RoomStore) {
		this.#store = store;
		this.#forgetAt = store.oldestSettledJob();
	}

	get isEmpty(): boolean {
		return this.owed.isEmpty && this.#forgetAt === null;
	}

	get deadline(): number | null {
		return this.#forgetAt === null ? null : this.#forgetAt + KEY_SWEEP_MS;
	}

	/** What a clock that was ahead has settled is found by the store: at once, since a room that sleeps would put it off for ever. */
	setBack(now: number): void {
		if (this.#forgetAt !== null && this.#forgetAt > now + OUTCOME_KEPT_MS) this.#forgetAt = now - KEY_SWEEP_MS;
	}

	/** One more is kept, until then. */
	keep(until: number): void {
		this.#forgetAt ??= until;
	}

	/** Forgets a part of those that were kept for long enough; the rest at once. */
	forget(now: number): void {
		if (this.deadline === null || this.deadline > now) return;
		const { dropped, nextAt } = this.#store.dropSettledJobs(now, JOBS_TRIM_ROWS_MAX, JOBS_TRIM_BYTES_MAX);
		this.#forgetAt = nextAt;
		for (const { n, member } of dropped) this.owed.take(member ?? "", n);
	}

	clear(): void {
		this.owed.clear();
		this.#forgetAt = null;
	}
}
