/** The rounds: each measures every contender once, in turn, so that what the machine does meanwhile meets them all. */
import { BEFORE, CONTENDERS, type Contender, type ContenderId } from "./contenders.ts";
import { CAN_WEIGH } from "./processes.ts";
import {
	type Described,
	type Measure,
	measuresOf,
	type Part,
	type Sample,
	type SleepingPart,
} from "./scenarios/measure.ts";
import { pause, Stage } from "./stage.ts";

/** What each contender was seen to do, round by round; nothing is left out. */
export type Samples = Map<ContenderId, Sample[]>;

export interface Choice {
	isQuick: boolean;
	rounds: number | null;
	/** Ids or letters of scenarios; null for all. */
	parts: readonly string[] | null;
}

export interface Measured {
	measure: Described;
	rounds: number;
	samples: Samples;
}

/** What needs a look into the process. */
const WEIGHED = ["f", "slow"];

function isChosen({ id, quick }: Described, { parts, isQuick }: Choice): boolean {
	if (WEIGHED.includes(id) && !CAN_WEIGH) return false;
	if (parts !== null) return parts.some((part) => part === id || part === id.match(/^[a-hrs](?=[-\d])/)?.[0]);
	return !isQuick || quick.length > 0;
}

const startedAt = performance.now();

function progress(line: string): void {
	const seconds = Math.round((performance.now() - startedAt) / 1000);
	const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
	if (process.stderr.isTTY) process.stderr.write(`\r${`${clock} ${line}`.slice(0, 79).padEnd(79)}`);
	else process.stderr.write(`${clock} ${line}\n`);
}

/** A round that counts for nobody: whoever is the first would pay for the load generator's own first run. */
export async function warmUp(part: Part): Promise<void> {
	progress("warming up");
	const stage = new Stage(CONTENDERS.events, true, 0);
	await stage.start();
	await part.measures[0]?.run(stage);
	await stage.stop();
}

/** Those of the part that are chosen, measured. */
export async function measure(part: Part | SleepingPart, choice: Choice): Promise<Measured[]> {
	const rounds =
		choice.rounds !== null && BEFORE !== undefined
			? choice.rounds
			: Math.min(part.rounds, choice.rounds ?? (choice.isQuick ? 1 : 9));
	const chosen = measuresOf(part).filter((measure) => isChosen(measure, choice));
	const measured = chosen.map((measure): Measured => ({ measure, rounds, samples: new Map() }));
	if (chosen.length === 0) return [];
	for (let round = 0; round < rounds; round++) {
		const stages = stagesOf(measured, choice, round);
		if ("measures" in part) await inTurn(stages, measured, part.measures, choice, rounds);
		else await together(stages, measured, part, rounds);
	}
	if (process.stderr.isTTY) process.stderr.write(`\r${"".padEnd(79)}\r`);
	return measured;
}

/** With `--quick` the few who are named there, unless the scenario is asked for by its name. */
function takesPart({ contenders, quick }: Described, id: ContenderId, isQuick: boolean): boolean {
	if (BEFORE !== undefined) return contenders.includes("events") && (id === "events" || id === "before");
	return (isQuick && quick.length > 0 ? quick : contenders).includes(id);
}

function stagesOf(measured: readonly Measured[], { isQuick }: Choice, round: number): Map<ContenderId, Stage> {
	const wanted = (Object.keys(CONTENDERS) as ContenderId[]).filter((id) => {
		const contender: Contender = CONTENDERS[id];
		return contender.start !== null && measured.some(({ measure }) => takesPart(measure, id, isQuick));
	});
	// Each is the first of a round as often as the others: who comes later finds a load generator that has worked longer.
	const first = round % wanted.length;
	const inOrder = [...wanted.slice(first), ...wanted.slice(0, first)];
	return new Map(inOrder.map((id) => [id, new Stage(CONTENDERS[id], isQuick, round)]));
}

function keep({ samples }: Measured, id: ContenderId, sample: Sample): void {
	samples.set(id, [...(samples.get(id) ?? []), sample]);
}

async function inTurn(
	stages: ReadonlyMap<ContenderId, Stage>,
	measured: readonly Measured[],
	measures: readonly Measure[],
	{ isQuick }: Choice,
	rounds: number,
): Promise<void> {
	for (const [id, stage] of stages) {
		try {
			await stage.start();
			for (const each of measured) {
				if (!takesPart(each.measure, id, isQuick)) continue;
				progress(`${each.measure.id}, round ${stage.round + 1} of ${rounds}: ${stage.contender.name}`);
				const run = measures.find((measure) => measure.id === each.measure.id)?.run;
				if (run !== undefined) keep(each, id, await run(stage));
			}
		} finally {
			await stage.stop();
		}
	}
}

async function together(
	stages: ReadonlyMap<ContenderId, Stage>,
	[measured]: readonly Measured[],
	{ prepare, sleepMs }: SleepingPart,
	rounds: number,
): Promise<void> {
	if (measured === undefined) return;
	const at = `${measured.measure.id}, round ${(stages.values().next().value?.round ?? 0) + 1} of ${rounds}`;
	const woken = new Map<ContenderId, () => Promise<Sample>>();
	try {
		for (const [id, stage] of stages) {
			progress(`${at}: ${stage.contender.name}, joins`);
			await stage.start();
			woken.set(id, await prepare(stage));
		}
		progress(`${at}: silence`);
		await pause(sleepMs);
		for (const [id, wake] of woken) keep(measured, id, await wake());
	} finally {
		for (const stage of stages.values()) await stage.stop();
	}
}
