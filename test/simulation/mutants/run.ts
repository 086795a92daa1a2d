/**
 * `npm run mutants -- [--seeds 3000] [--only words]... [--threads N]`: plants known bugs in the real code, one at a time,
 * and shows which guarantee's checker catches each, and at which seed. Fails where one survives, where only a crash
 * stops it, or where it is caught by a guarantee that it does not break, or by a seed that breaks without it. The working
 * tree is never written.
 */
import "../sql-text.ts";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Finding, Trial } from "./host.ts";
import { MUTANTS } from "./list.ts";
import { type Mutant, misfitOf } from "./mutant.ts";

const { Coverage } = await import("../coverage.ts");
const { trySeed } = await import("../trial.ts");

/** So many worlds of the code as it is must hold first. */
const CONTROL_SEEDS = 300;
/** A world that takes longer does not end. */
const SILENCE_MS_MAX = 60_000;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "3000" },
		only: { type: "string", multiple: true, default: [""] },
		threads: { type: "string", default: String(availableParallelism()) },
	},
});

/** Tries worlds in a thread of its own; null where one of them did not end. */
function host(trial: Trial): Promise<Finding | null> {
	const worker = new Worker(join(import.meta.dirname, "host.ts"), { workerData: trial });
	return new Promise((resolve, reject) => {
		const end = (finding: Finding | null): void => {
			clearTimeout(silence);
			void worker.terminate().then(() => resolve(finding));
		};
		const silence = setTimeout(() => end(null), SILENCE_MS_MAX);
		worker.on("error", reject);
		worker.on("message", (finding: Finding) => {
			silence.refresh();
			if (finding.isLast) end(finding);
		});
	});
}

/** What came of a mutant: its line of the table, and whether it was caught as it should be: by a seed that holds without it. */
async function judge(mutant: Mutant, finding: Finding | null): Promise<{ line: string; isCaught: boolean }> {
	const show = (by: string, seed: string, worlds: string, why: string): string =>
		`| ${mutant.name} | src/${mutant.file} | ${by} | ${seed} | ${worlds} | ${why.slice(0, 140)} |`;
	if (finding === null) return { line: show("**a world did not end**", "", "", ""), isCaught: false };
	const { caught, tried, crashes } = finding;
	const worlds = crashes === 0 ? String(tried) : `${tried}, ${crashes} of them crashed`;
	if (caught === null) return { line: show("**survives**", "", worlds, ""), isCaught: false };
	if ((await trySeed(caught.seed, new Coverage())) !== null) {
		return { line: show("**breaks without it too**", String(caught.seed), worlds, caught.sentence), isCaught: false };
	}
	const isCaught = mutant.expects.some((guarantee) => guarantee === caught.guarantee);
	const by = isCaught ? caught.guarantee : `**${caught.guarantee}, not ${mutant.expects.join(" or ")}**`;
	const why = caught.sentence
		.slice(caught.guarantee.length + 2)
		.replaceAll("|", "/")
		.replaceAll("\n", " ");
	return { line: show(by, String(caught.seed), worlds, why), isCaught };
}

async function run(): Promise<boolean> {
	const mutants = MUTANTS.filter(({ name }) => values.only.some((words) => name.includes(words)));
	const misfits = mutants.map(misfitOf).filter((misfit) => misfit !== null);
	for (const misfit of misfits) console.log(misfit);
	if (misfits.length > 0 || mutants.length === 0) return false;
	const startedAt = performance.now();
	const control = await host({ mutant: null, seeds: CONTROL_SEEDS });
	if (control === null || control.caught !== null || control.crashes > 0) {
		console.log(`The code as it is does not hold, so a mutant would prove nothing: ${control?.caught?.sentence}`);
		return false;
	}
	console.log(`The code as it is holds in ${control.tried} worlds.\n`);
	console.log("| mutant | planted in | caught by | at seed | worlds tried | as |\n|---|---|---|---|---|---|");
	const waiting = [...mutants];
	let caught = 0;
	await Promise.all(
		Array.from({ length: Number(values.threads) }, async () => {
			for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
				const { line, isCaught } = await judge(mutant, await host({ mutant, seeds: Number(values.seeds) }));
				console.log(line);
				if (isCaught) caught++;
			}
		}),
	);
	const seconds = Math.round((performance.now() - startedAt) / 1_000);
	console.log(`\n${caught} of ${mutants.length} mutants are caught by a guarantee that they break, in ${seconds} s.`);
	return caught === mutants.length;
}

if (!(await run())) process.exitCode = 1;
