/**
 * `npm run bench`: all contenders, one load generator, paired rounds, medians with quartiles, no round dropped.
 * `--quick`: one short round of a few. `--part a,c500`: only those scenarios. `--rounds 9`.
 * `--write`: keeps the figures in docs/benchmarks.json and the tables in docs/benchmarks.md.
 */
import { parseArgs } from "node:util";
import { CAN_PIN, pinSelf } from "./processes.ts";
import { keepRecord } from "./record.ts";
import { markdown, markdownOfTargets, ownFaults, type Table, tabulate } from "./report.ts";
import { type Choice, measure, warmUp } from "./rounds.ts";
import { PARTS } from "./scenarios/all.ts";

const { values } = parseArgs({
	options: {
		quick: { type: "boolean", default: false },
		part: { type: "string" },
		rounds: { type: "string" },
		write: { type: "boolean", default: false },
	},
});
if (values.quick && values.write) {
	console.error("Figures of a quick run are not for the record: leave out --quick or --write.");
	process.exit(2);
}
const choice: Choice = {
	isQuick: values.quick,
	rounds: values.rounds === undefined ? null : Number(values.rounds),
	parts: values.part?.split(",") ?? null,
};

pinSelf();
if (!CAN_PIN) console.error("Server and load generator share their cores here: figures are less steady.");
await warmUp(PARTS[0]);
const tables: Table[] = [];
for (const part of PARTS) {
	for (const measured of await measure(part, choice)) {
		const table = tabulate(measured);
		tables.push(table);
		console.log(`\n${markdown(table)}`);
	}
}
if (tables.length === 0) {
	console.error(`There is no scenario ${values.part}.`);
	process.exit(2);
}
console.log(`\n${markdownOfTargets(tables)}`);
if (values.write) keepRecord(tables);
const faults = ownFaults(tables);
for (const fault of faults) console.error(`A fault of Rotunda's own: ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
