/** A webhook's receiver as a model: what it took, and what it will not take however often it is sent. */
import { Gone, type RangeKind, TryAfter, Unacceptable } from "../../src/jobs/kind.ts";
import type { Coverage } from "./coverage.ts";
import { type Mood, RETRY, RUN_MS_MAX } from "./kinds.ts";

/** Its kinds, by the world's seed. */
export type Temper = "picky" | "shut" | "leaving";

/** After how many deliveries one that leaves is gone. */
const STAY = 12;

export interface Delivery {
	epoch: string;
	job: string;
	seqs: readonly number[];
}

export class Receiver {
	readonly temper: Temper;
	readonly deliveries: Delivery[] = [];
	/** While the faults last, one that is `shut` takes nothing. */
	isCalm = false;

	constructor(temper: Temper) {
		this.temper = temper;
	}

	refuses(seq: number): boolean {
		return this.temper === "shut" ? !this.isCalm : seq % 5 === 2;
	}

	get isGone(): boolean {
		return this.temper === "leaving" && this.deliveries.length >= STAY;
	}
}

export function hookKind(receiver: Receiver, mood: Mood, coverage: Coverage): RangeKind {
	return {
		name: "hook",
		begins: "head",
		retry: { ...RETRY, attempts: 1 },
		runMsMax: RUN_MS_MAX,
		isActive: () => true,
		run: async ({ events }, { epoch, job }) => {
			if (mood.fails()) throw new TryAfter("It answered 503", 3_000);
			if (receiver.isGone) {
				coverage.reach("job", "receiver gone");
				throw new Gone("gone", "It answered 410");
			}
			if (events.some(({ seq }) => receiver.refuses(seq))) {
				coverage.reach("job", events.length === 1 ? "set aside" : "range halved");
				throw new Unacceptable("unacceptable", "It answered 422");
			}
			receiver.deliveries.push({ epoch, job, seqs: events.map(({ seq }) => seq) });
		},
	};
}
