/** What the project aims at, and how the rounds answer: figures are paired by round, and their median counts. */
import type { ContenderId } from "./contenders.ts";
import { quantile, type Sample } from "./scenarios/measure.ts";

export interface Reached {
	says: string;
	value: number;
	quartiles: [number, number];
	isMet: boolean;
}

interface Target {
	measure: string;
	/** Null where the contenders that it speaks of were not measured. */
	look(samples: ReadonlyMap<ContenderId, readonly Sample[]>): Reached | null;
}

interface Bound {
	measure: string;
	says: string;
	of?: ContenderId;
	/** Whose figure of the same round it is divided by. */
	over?: ContenderId;
	/** Which of the figures, where it is not the first. */
	also?: string;
	atLeast?: number;
	atMost?: number;
}

function target({ measure, says, of = "events", over, also, atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Bound) {
	const figure = (sample: Sample | undefined): number =>
		(also === undefined ? sample?.value : sample?.also?.[also]) ?? Number.NaN;
	const look: Target["look"] = (samples) => {
		const [ours, theirs] = [samples.get(of), over === undefined ? null : samples.get(over)];
		if (ours === undefined || theirs === undefined) return null;
		const values = ours.map((sample, round) => figure(sample) / (theirs === null ? 1 : figure(theirs[round])));
		const value = quantile(values, 0.5);
		const isMet = value >= atLeast && value <= atMost;
		return { says, value, quartiles: [quantile(values, 0.25), quantile(values, 0.75)], isMet };
	};
	return { measure, look };
}

const SAME_BYTES = "durable events deliver ≥ 0.95 × a raw object that sends the same bytes in the same frames";

export const TARGETS: readonly Target[] = [
	target({ measure: "a100", says: "durable events deliver ≥ 12 × the Go program", over: "go", atLeast: 12 }),
	target({ measure: "a100", says: "durable events deliver ≥ 30 × partyserver", over: "party", atLeast: 30 }),
	target({ measure: "a1", says: "durable events deliver ≥ 3 × the Go program", over: "go", atLeast: 3 }),
	...["b100-16k", "b1-16k"].map((measure) => target({ measure, says: SAME_BYTES, over: "turning", atLeast: 0.95 })),
	target({ measure: "c500", says: "durable events: p99 ≤ 100 ms", also: "p99, ms", atMost: 100 }),
	target({ measure: "d100", says: "durable events ≤ 1.15 × the storing raw object", over: "storing", atMost: 1.15 }),
	target({ measure: "d100", says: "signals ≤ 1.15 × the raw object", of: "signals", over: "raw", atMost: 1.15 }),
	...["r100", "r1"].map((measure) =>
		target({
			measure,
			says: "decided on by a rule ≥ 1/1.3 of what is not",
			of: "ruled",
			over: "events",
			atLeast: 1 / 1.3,
		}),
	),
	...(["colyseus50", "colyseus16", "colyseus1"] as const).map((over) =>
		target({
			measure: "s100",
			says: `entries are shown ≥ 3 × as fast as by Colyseus (${over.slice(8)} ms)`,
			over,
			atLeast: 3,
		}),
	),
	target({ measure: "e-resumes", says: "1,000 resumes ≤ 3 × 1,000 raw joins", over: "raw", atMost: 3 }),
	target({ measure: "f", says: "an idle session ≤ 1.5 × the raw object's", over: "raw", atMost: 1.5 }),
	target({
		measure: "slow",
		says: "a member that never reads: memory grows by ≤ 16 MiB more",
		also: "more than without, MiB",
		atLeast: Number.NEGATIVE_INFINITY,
		atMost: 16,
	}),
	target({
		measure: "slow",
		says: "a member that never reads: the others' p99 ≤ 1.2 × what it is without",
		also: "with over without",
		atMost: 1.2,
	}),
];
