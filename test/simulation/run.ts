/**
 * `npm run simulate -- [--seeds 100000] [--from 0] [--seed N] [--threads N]`: tries worlds from seeds on all cores,
 * the kept ones first. A failure prints its seed, the commit and the shortest history that still fails.
 */
import "./sql-text.ts";
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import type { Order, Report } from "./crew.ts";
import { KEPT } from "./kept.ts";
import { Progress } from "./progress.ts";

const { drawPlan } = await import("./plan.ts");
const { shrink, showSteps } = await import("./shrink.ts");
const { tryPlan, trySeed } = await import("./trial.ts");

/** A run of fewer seeds need not have reached everything. */
const COVERAGE_SEEDS_MIN = 2_000;
/** So many failures are enough to know. */
const FAILURES_MAX = 5;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "10000" },
		from: { type: "string", default: "0" },
		seed: { type: "string" },
		threads: { type: "string", default: String(availableParallelism()) },
	},
});

const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
const coverage = new Coverage();

async function explain(seed: number): Promise<void> {
	const plan = drawPlan(seed);
	const failure = await tryPlan(plan, new Coverage());
	if (failure === null) return console.log(`The seed ${seed} holds at ${commit}.`);
	console.log(`\nThe seed ${seed} at ${commit} breaks ${failure.sentence}`);
	const shortest = await shrink(plan, failure);
	console.log(
		`\n${shortest.plan.steps.length} of its ${plan.steps.length} steps are enough:\n${showSteps(shortest.plan)}`,
	);
	console.log("\nwhat happened:");
	await tryPlan(shortest.plan, new Coverage(), (line) => console.log(line.slice(0, 400)));
	console.log(`\n${shortest.failure.sentence}\n`);
}

async function tryKept(): Promise<number[]> {
	const failed: number[] = [];
	for (const { name, seed, was } of KEPT) {
		const failure = await trySeed(seed, coverage);
		if (failure === null) continue;
		console.log(`The kept seed ${seed} (${name}; it was: ${was}) fails again.`);
		failed.push(seed);
	}
	return failed;
}

async function tryAll(from: number, seeds: number, threads: number): Promise<number[]> {
	const progress = new Progress(seeds);
	const failures: Report["failures"] = [];
	await Promise.all(
		Array.from({ length: Math.min(threads, seeds) }, (_, index) => {
			const worker = new Worker(join(import.meta.dirname, "crew.ts"));
			const count = Math.ceil((seeds - index) / threads);
			return new Promise<void>((resolve, reject) => {
				worker.on("error", reject);
				worker.on("message", (report: Report) => {
					failures.push(...report.failures);
					for (const { seed, sentence } of report.failures) progress.say(`The seed ${seed} breaks ${sentence}`);
					progress.add(report.tried, failures.length);
					if (report.counts !== null) coverage.add(report.counts);
					if (report.counts === null && failures.length < FAILURES_MAX) return;
					void worker.terminate().then(() => resolve());
				});
				worker.postMessage({ from: from + index, count, step: threads } satisfies Order);
			});
		}),
	);
	progress.end();
	return failures.sort((a, b) => a.seed - b.seed).map(({ seed }) => seed);
}

if (values.seed !== undefined) {
	await explain(Number(values.seed));
} else {
	const seeds = Number(values.seeds);
	const failed = [...(await tryKept()), ...(await tryAll(Number(values.from), seeds, Number(values.threads)))];
	const [first] = failed;
	if (first !== undefined) {
		console.log(`Seeds that fail: ${[...new Set(failed)].join(", ")}.`);
		await explain(first);
		process.exitCode = 1;
	} else if (seeds >= COVERAGE_SEEDS_MIN && coverage.missing.length > 0) {
		console.log(
			`No world of these seeds reached: ${coverage.missing.join("; ")}. What is never reached proves nothing.`,
		);
		process.exitCode = 1;
	} else {
		const reached = [...coverage.counts].sort().map(([key, times]) => `  ${key}: ${times}`);
		console.log(`${seeds} seeds from ${values.from} hold at ${commit}. They reached:\n${reached.join("\n")}`);
	}
}
