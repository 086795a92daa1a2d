/** What events would have started, had there been room for it: the operator reads how much that was, once in a while. */
import { JOBS_DROPPED_TOLD_INTERVAL_MS } from "../protocol/job-limits.ts";
import type { Concern } from "./concern.ts";
import type { Turn } from "./turn.ts";

export class JobsDropped extends Error {
	constructor(counts: ReadonlyMap<string, number>) {
		const dropped = [...counts].map(([kind, count]) => `${count} of the kind ${kind}`).join(", ");
		super(
			`Events started no job (${dropped}): as many of what their member, its network or the room may have were under way. The events stand; if this goes on, the consumer is too slow or someone posts too much`,
		);
	}
}

export class DroppedJobs implements Concern {
	/** Since it was told last, by kind. */
	#counts = new Map<string, number>();
	/** Until when no more is told, Unix ms. */
	#quietUntil = 0;

	add(kind: string): void {
		this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
	}

	setBack(now: number): boolean {
		this.#quietUntil = Math.min(this.#quietUntil, now + JOBS_DROPPED_TOLD_INTERVAL_MS);
		return false;
	}

	flush(turn: Turn): void {
		if (this.#counts.size === 0 || turn.now < this.#quietUntil) return;
		turn.report("dropped", new JobsDropped(this.#counts));
		this.#counts = new Map();
		this.#quietUntil = turn.now + JOBS_DROPPED_TOLD_INTERVAL_MS;
	}
}
