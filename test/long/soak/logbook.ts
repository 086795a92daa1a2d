/** Samples as they are kept and shown: a CSV with a line for each, and a table with a line a minute. */
import { appendFileSync, writeFileSync } from "node:fs";
import type { Counts } from "./load.ts";
import type { Sample } from "./rule.ts";

export interface Row extends Sample, Counts {
	/** What the engine's heap holds after a collection, and what the process holds before one, bytes. */
	heapBytes: number;
	loadedBytes: number;
	quietWakes: number;
	linesCut: number;
}

const COLUMNS: readonly [string, (row: Row) => unknown][] = [
	["minute", ({ atMs }) => Math.round(atMs / 60_000)],
	[
		"memory MiB (before a collection)",
		({ residentBytes, loadedBytes }) => `${mib(residentBytes)} (${mib(loadedBytes)})`,
	],
	["heap MiB", ({ heapBytes }) => mib(heapBytes)],
	["wakes (quiet room)", ({ wakes, quietWakes }) => `${wakes} (${quietWakes})`],
	["turns", ({ turns }) => turns],
	["store KiB", ({ bytes }) => Math.round(bytes / 1024)],
	["events", ({ events }) => events],
	["keys", ({ keys }) => keys],
	["jobs", ({ jobs }) => jobs],
	["roster", ({ roster }) => roster],
	["sockets", ({ sockets }) => sockets],
	["unsent KiB", ({ unsent }) => Math.round(unsent / 1024)],
	["p50 ms", ({ p50Ms }) => p50Ms?.toFixed(1) ?? "–"],
	["p99 ms", ({ p99Ms }) => p99Ms?.toFixed(1) ?? "–"],
	["published", ({ published }) => published],
	["lines cut", ({ linesCut }) => linesCut],
	["gaps, doubles", ({ gaps, doubled }) => `${gaps}, ${doubled}`],
];

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const line = (cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;

export class Logbook {
	readonly path: string;
	#columns: (keyof Row)[] = [];

	constructor(path: string) {
		this.path = path;
	}

	keep(row: Row): void {
		if (this.#columns.length === 0) {
			this.#columns = Object.keys(row) as (keyof Row)[];
			writeFileSync(this.path, `${this.#columns.join(",")}\n`);
		}
		appendFileSync(this.path, `${this.#columns.map((column) => row[column] ?? "").join(",")}\n`);
	}

	showHead(): void {
		console.log(line(COLUMNS.map(([name]) => name)));
		console.log(line(COLUMNS.map(() => "---:")));
	}

	show(row: Row): void {
		console.log(line(COLUMNS.map(([, of]) => of(row))));
	}
}
