/** A thread of the crew: it tries the seeds that it is given and tells what came of them. */
import "./sql-text.ts";
import { parentPort } from "node:worker_threads";

const { Coverage } = await import("./coverage.ts");
const { trySeed } = await import("./trial.ts");

export interface Order {
	from: number;
	count: number;
	/** 1, or by how many seeds of others it steps over. */
	step: number;
}

export interface Report {
	tried: number;
	failures: { seed: number; guarantee: string; sentence: string }[];
	/** Only with the last report of an order. */
	counts: [string, number][] | null;
}

const REPORT_MS = 500;
/** Most errors of a world are planned, and nobody reads where they came from: a failure is told again by the main thread. */
Error.stackTraceLimit = 0;

parentPort?.on("message", async ({ from, count, step }: Order) => {
	const coverage = new Coverage();
	let report: Report = { tried: 0, failures: [], counts: null };
	let reportAt = performance.now() + REPORT_MS;
	for (let i = 0; i < count; i++) {
		const seed = from + i * step;
		const failure = await trySeed(seed, coverage);
		report.tried++;
		if (failure !== null) report.failures.push({ seed, ...failure });
		if (performance.now() < reportAt) continue;
		parentPort?.postMessage(report);
		report = { tried: 0, failures: [], counts: null };
		reportAt = performance.now() + REPORT_MS;
		// Between worlds the thread sees to its timers.
		await new Promise((resolve) => setImmediate(resolve));
	}
	report.counts = [...coverage.counts];
	parentPort?.postMessage(report);
});
