/** A thread that hosts one mutant: it plants it as the code is loaded, and tries worlds until one breaks. */
import "../sql-text.ts";
import { registerHooks } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { KEPT } from "../kept.ts";
import { type Mutant, plant, urlOf } from "./mutant.ts";

export interface Trial {
	/** Null for the code as it is. */
	mutant: Mutant | null;
	/** The kept seeds are tried first, then so many from 0 on. */
	seeds: number;
}

/** What is known so far; the last one says so. */
export interface Finding {
	/** How many worlds were tried. */
	tried: number;
	/** In how many of them the code itself failed: that catches nothing. */
	crashes: number;
	caught: { guarantee: string; sentence: string; seed: number } | null;
	isLast: boolean;
}

const REPORT_MS = 1_000;
const { mutant, seeds } = workerData as Trial;

if (mutant !== null) {
	const url = urlOf(mutant);
	let isPlanted = false;
	registerHooks({
		load(at, context, nextLoad) {
			const loaded = nextLoad(at, context);
			if (at !== url) return loaded;
			isPlanted = true;
			const source =
				typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
			return { ...loaded, source: plant(mutant, source) };
		},
	});
	await import("../trial.ts");
	if (!isPlanted) throw new Error(`The simulated world does not load src/${mutant.file}.`);
}

const { Coverage } = await import("../coverage.ts");
const { trySeed } = await import("../trial.ts");

const finding: Finding = { tried: 0, crashes: 0, caught: null, isLast: false };
let reportAt = performance.now() + REPORT_MS;
for (const seed of [...KEPT.map((kept) => kept.seed), ...Array.from({ length: seeds }, (_, index) => index)]) {
	const failure = await trySeed(seed, new Coverage());
	finding.tried++;
	if (failure?.guarantee === "crash") finding.crashes++;
	else if (failure !== null) {
		finding.caught = { ...failure, seed };
		break;
	}
	if (performance.now() < reportAt) continue;
	parentPort?.postMessage(finding);
	reportAt = performance.now() + REPORT_MS;
	// Between worlds the thread sees to its timers.
	await new Promise((resolve) => setImmediate(resolve));
}
parentPort?.postMessage({ ...finding, isLast: true } satisfies Finding);
