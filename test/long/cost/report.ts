/** What was measured, as a line for people and as a row of a table. */
import { excesses, type Measured, SHARED_MACHINE } from "./rule.ts";
import type { Attacker } from "./stage.ts";

export interface Result {
	attacker: Attacker;
	measured: Measured;
	/** What cost more than it may; empty where nothing did. */
	excesses: readonly string[];
}

const MIB = 1024 * 1024;
const HEAD = [
	"attacker",
	"within rates",
	"MB in",
	"MB out",
	"heap, MiB",
	"process, MiB",
	"p50, ms",
	"p99, ms",
	"longest turn, ms",
	"rows read",
	"rows written",
	"",
];

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const megabytes = (bytes: number): string => (bytes < 1e7 ? (bytes / 1e6).toFixed(1) : whole(bytes / 1e6));
/** From the calm to the end, or the peak. */
const growth = (from: number, to: number | null): string =>
	to === null ? "–" : `${whole(from / MIB)} → ${whole(to / MIB)}`;

/** `time`: red by time alone, and by no more than a busy machine could make of it. */
function verdictOf(measured: Measured, said: readonly string[]): string {
	if (measured.hasDied) return "died";
	if (said.length === 0) return "green";
	return excesses(measured, SHARED_MACHINE).length === 0 ? "time" : "red";
}

function cells({ attacker, measured, excesses: said }: Result): string[] {
	const { calmHeapBytes, heapBytes, calmMemoryBytes, memoryBytes, cost } = measured;
	return [
		attacker.name,
		attacker.isWithinRates ? "yes" : "no",
		megabytes(measured.bytesIn),
		megabytes(measured.bytesOut),
		growth(calmHeapBytes, heapBytes),
		growth(calmMemoryBytes, memoryBytes),
		whole(measured.p50Ms),
		whole(measured.p99Ms),
		...(cost === null ? ["–", "–", "–"] : [cost.longestTurnMs, cost.rowsRead, cost.rowsWritten].map(whole)),
		verdictOf(measured, said),
	];
}

const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;

export function markdown(results: readonly Result[]): string {
	return [row(HEAD), row(HEAD.map(() => "---")), ...results.map((result) => row(cells(result)))].join("\n");
}

export function lineOf(result: Result): string {
	const [name = "", , into, out, heap, memory, p50, p99, turn, read, written, verdict] = cells(result);
	return (
		`${name.padEnd(34)} ${verdict?.padEnd(6)} in ${into} out ${out} MB, heap ${heap}, process ${memory} MiB, ` +
		`p50 ${p50} p99 ${p99} turn ${turn} ms, rows ${read} read ${written} written`
	);
}
