/** The latest figures, kept in docs/: the record as JSON, and the tables in the page about them. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "../support/bundle.ts";
import { versions } from "./contenders.ts";
import { CAN_PIN } from "./processes.ts";
import { markdown, markdownOfTargets, type Table } from "./report.ts";
import { PARTS } from "./scenarios/all.ts";
import { measuresOf } from "./scenarios/measure.ts";

interface Facts {
	cpu: string;
	cores: number;
	memoryGiB: number;
	pinned: boolean;
	versions: Record<string, string>;
}

interface Kept {
	facts: Facts;
	tables: Table[];
}

const RECORD = join(ROOT, "docs/benchmarks.json");
const PAGE = join(ROOT, "docs/benchmarks.md");
const [BEGIN, END] = ["<!-- tables: written by `npm run bench -- --write` -->", "<!-- end of the tables -->"];

function factsHere(): Facts {
	return {
		cpu: cpus()[0]?.model.trim() ?? "unknown",
		cores: cpus().length,
		memoryGiB: Math.round(totalmem() / 2 ** 30),
		pinned: CAN_PIN,
		versions: versions(),
	};
}

/** Replaces what was measured now, and keeps the rest where it comes from the same machine and versions. */
export function keepRecord(fresh: readonly Table[]): void {
	const facts = factsHere();
	const kept = read(facts).filter(({ id }) => !fresh.some((table) => table.id === id));
	const order = PARTS.flatMap(measuresOf).map(({ id }) => id);
	const tables = [...kept, ...fresh].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
	writeFileSync(RECORD, `${JSON.stringify({ facts, tables } satisfies Kept, null, "\t")}\n`);
	const page = readFileSync(PAGE, "utf8");
	const [before, rest] = page.split(BEGIN);
	const after = rest?.split(END)[1];
	if (after === undefined) throw new Error("docs/benchmarks.md has lost the marks between which its tables belong.");
	writeFileSync(PAGE, `${before}${BEGIN}\n\n${text({ facts, tables })}\n\n${END}${after}`);
}

function read(facts: Facts): Table[] {
	try {
		const record = JSON.parse(readFileSync(RECORD, "utf8")) as Kept;
		// A contender that has come since changes nothing of what was measured without it.
		const known = Object.keys(record.facts.versions).map((name) => [name, facts.versions[name]]);
		const then = { ...facts, versions: Object.fromEntries(known) };
		return JSON.stringify(record.facts) === JSON.stringify(then) ? record.tables : [];
	} catch {
		return [];
	}
}

function text({ facts, tables }: Kept): string {
	const { cpu, cores, memoryGiB, pinned, versions } = facts;
	const dates = tables.map(({ date }) => date.slice(0, 10)).sort();
	const when = dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`;
	const used = Object.entries(versions).map(([name, version]) => `${name} ${version.replace(/^go version /, "")}`);
	return [
		`Measured ${when} on ${cores} cores (${cpu}), ${memoryGiB} GiB, server and load generator ${pinned ? "each on a core of its own" : "on shared cores"}; ${used.join(", ")}.`,
		markdownOfTargets(tables),
		...tables.map(markdown),
	].join("\n\n");
}
