/**
 * `npm run cost`: what hostile and clumsy members cost the room, one after the other, each against a process of its own
 * with the heap that the platform grants. Fails where one costs more than rule.ts allows; one that fails by time alone,
 * and by no more than a busy machine could make of it, is tried once more.
 * `--only "history 300"`: those whose names hold all the words. `--seconds 10`: how long each. `--heap 128|96`, in MiB;
 * `--young 4`, MiB of half the engine's nursery, to tell its garbage from what the room holds.
 * `--md`: prints a table in Markdown at the end.
 */
import { parseArgs } from "node:util";
import { measure } from "./cost/measure.ts";
import { lineOf, markdown, type Result } from "./cost/report.ts";
import { BOUNDS, excesses, SHARED_MACHINE } from "./cost/rule.ts";
import type { Attacker } from "./cost/stage.ts";
import { attackersBy } from "./cost/table.ts";

const { values } = parseArgs({
	options: {
		only: { type: "string", default: "" },
		seconds: { type: "string", default: "10" },
		heap: { type: "string", default: "128" },
		young: { type: "string" },
		md: { type: "boolean", default: false },
	},
});
const run = {
	seconds: Number(values.seconds),
	heapMiB: Number(values.heap),
	...(values.young === undefined ? {} : { youngMiB: Number(values.young) }),
};
const attackers = attackersBy(values.only);
if (Object.values(run).some((value) => !(value > 0)) || attackers.length === 0) {
	console.error("--seconds, --heap and --young are numbers, and --only is words of an attacker's name.");
	process.exit(2);
}
async function resultOf(attacker: Attacker): Promise<Result> {
	const measured = await measure(attacker, run);
	return { attacker, measured, excesses: excesses(measured, BOUNDS) };
}

const results: Result[] = [];
for (const attacker of attackers) {
	let result = await resultOf(attacker);
	// What others do on this machine only ever takes time: the better of two counts.
	if (result.excesses.length > 0 && excesses(result.measured, SHARED_MACHINE).length === 0) {
		const again = await resultOf(attacker);
		if (again.excesses.length < result.excesses.length) result = again;
	}
	results.push(result);
	console.log(lineOf(result));
	for (const said of result.excesses) console.log(`    ${said}`);
}
if (values.md) console.log(`\n${markdown(results)}`);
const red = results.filter((result) => result.excesses.length > 0);
console.log(`\n${results.length - red.length} of ${results.length} cost no more than they may.`);
process.exit(red.length === 0 ? 0 : 1);
