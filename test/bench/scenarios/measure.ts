/** What a scenario is made of. */
import type { ContenderId } from "../contenders.ts";
import type { Faults } from "../load.ts";
import type { Stage } from "../stage.ts";

export interface Sample {
	/** The figure that is compared. */
	value: number;
	/** What was seen beside it, each with its unit in its name. */
	also?: Record<string, number>;
	faults: Faults;
}

export interface Measure {
	/** Begins with the scenario's letter: `--part a` means all of them. */
	id: string;
	title: string;
	unit: string;
	/** True where more is better. */
	isRate: boolean;
	contenders: readonly ContenderId[];
	/** Who is measured with `--quick`. */
	quick: readonly ContenderId[];
	run(stage: Stage): Promise<Sample>;
}

export type Described = Omit<Measure, "run">;

/** Measures that share a server in each round, because they share their members. */
export interface Part {
	/** At most so many rounds: what must sleep first, or lasts long, gets fewer. */
	rounds: number;
	measures: readonly Measure[];
}

/** All contenders of the part fall silent together, and are measured after so long: waiting is no work. */
export interface SleepingPart {
	rounds: number;
	sleepMs: number;
	measure: Described;
	/** Brings the members in; what it returns is called after the sleep. */
	prepare(stage: Stage): Promise<() => Promise<Sample>>;
}

export function measuresOf(part: Part | SleepingPart): readonly Described[] {
	return "measures" in part ? part.measures : [part.measure];
}

export function quantile(values: Iterable<number>, share: number): number {
	const sorted = Float64Array.from(values).sort();
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
