/**
 * `npm run bench`: all contenders, one load generator, paired rounds, medians with quartiles, no round dropped.
 * `--quick`: few short rounds. `--part a1,c`: only those scenarios. `--rounds 9`. `--write`: keeps the table in docs/.
 */

import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { CONTENDERS, type Contender, type ContenderId, versions } from "./contenders.ts";
import { CAN_PIN, pinSelf } from "./processes.ts";
import { type Sample, SCENARIOS, type Scenario } from "./scenarios.ts";

const { values } = parseArgs({
	options: {
		quick: { type: "boolean", default: false },
		part: { type: "string" },
		rounds: { type: "string" },
		write: { type: "boolean", default: false },
	},
});
const isQuick = values.quick;
const rounds = Number(values.rounds ?? (isQuick ? 1 : 9));
const parts = values.part?.split(",");
const chosen = SCENARIOS.filter(({ id }) => parts === undefined || parts.includes(id));

interface Row {
	scenario: string;
	contender: string;
	median: number;
	quartiles: [number, number];
	p99: number | null;
	/** The figure of Rotunda's durable events over this one's, paired by round: for a delay, less is better. */
	ratio: number;
	faults: number;
	delivered: "all" | "not all";
}

pinSelf();
const tables: string[] = [];
const rows: Row[] = [];
for (const scenario of chosen) {
	const samples = await measure(scenario);
	const table = tabulate(scenario, samples);
	tables.push(table);
	console.log(`\n${table}`);
}
const facts = {
	date: new Date().toISOString(),
	cpu: cpus()[0]?.model,
	cores: cpus().length,
	memoryGiB: Math.round(totalmem() / 2 ** 30),
	pinned: CAN_PIN,
	rounds,
	...versions(),
};
if (values.write) {
	writeFileSync("docs/benchmarks.json", `${JSON.stringify({ facts, rows }, null, "\t")}\n`);
	writeFileSync("docs/benchmarks-table.md", `${tables.join("\n\n")}\n`);
}
process.exit(0);

/** Every round measures every contender once, in turn, so that what the machine does meanwhile meets them all. */
async function measure(scenario: Scenario): Promise<Map<ContenderId, Sample[]>> {
	const samples = new Map<ContenderId, Sample[]>();
	for (let round = 0; round < rounds; round++) {
		for (const id of scenario.contenders) {
			const contender: Contender = CONTENDERS[id];
			if (contender.start === null) continue;
			const server = await contender.start();
			process.stderr.write(`\r${scenario.id} round ${round + 1}/${rounds} ${contender.name}`.padEnd(79));
			try {
				const sample = await scenario.run(contender, server.port, `bench-${round}`, isQuick);
				samples.set(id, [...(samples.get(id) ?? []), sample]);
			} finally {
				await server.stop();
			}
		}
	}
	process.stderr.write(`\r${"".padEnd(79)}\r`);
	return samples;
}

function tabulate(scenario: Scenario, samples: ReadonlyMap<ContenderId, Sample[]>): string {
	const lines = [`**${scenario.title}** (${scenario.unit}; ${rounds} rounds)`, ""];
	lines.push(
		"| | median | quartiles | p99, ms | Rotunda's durable events against it | lost, doubled or reordered |",
		"|---|---|---|---|---|---|",
	);
	const own = samples.get("events") ?? [];
	for (const id of scenario.contenders) {
		const contender: Contender = CONTENDERS[id];
		const theirs = samples.get(id);
		if (theirs === undefined) {
			lines.push(`| ${contender.name} | absent: ${contender.absent} | | | | |`);
			continue;
		}
		const figures = theirs.map(({ value }) => value);
		const ratios = theirs.map(({ value }, round) => {
			const mine = own[round]?.value ?? Number.NaN;
			return mine / value;
		});
		const faults = theirs.reduce(
			(sum, each) => sum + each.faults.lost + each.faults.doubled + each.faults.reordered,
			0,
		);
		const p99s = theirs.flatMap(({ p99 }) => p99 ?? []);
		const p99 = p99s.length === 0 ? null : quantile(p99s, 0.5);
		const row: Row = {
			scenario: scenario.id,
			contender: contender.name,
			median: quantile(figures, 0.5),
			quartiles: [quantile(figures, 0.25), quantile(figures, 0.75)],
			p99,
			ratio: quantile(ratios, 0.5),
			faults,
			delivered: theirs.every((each) => each.faults.lost === 0) ? "all" : "not all",
		};
		rows.push(row);
		const show = (value: number): string =>
			scenario.isRate ? Math.round(value).toLocaleString("en") : value.toFixed(2);
		const ratio = id === "events" ? "" : `${row.ratio.toFixed(2)}×`;
		lines.push(
			`| ${contender.name} | ${show(row.median)} | ${row.quartiles.map(show).join(" – ")} | ${p99 === null ? "" : p99.toFixed(1)} | ${ratio} | ${faults} |`,
		);
	}
	return lines.join("\n");
}

function quantile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
