/** The record of a run, and the Markdown that is made of it. */
import { CONTENDERS, type Contender, type ContenderId } from "./contenders.ts";
import type { Measured } from "./rounds.ts";
import { quantile, type Sample } from "./scenarios/measure.ts";
import { type Reached, TARGETS } from "./targets.ts";

export interface Row {
	contender: string;
	/** Round by round. */
	values: number[];
	median: number;
	quartiles: [number, number];
	/** Medians of what was seen beside it. */
	also: Record<string, number>;
	/** Rotunda's durable events over this one, paired by round; and its quartiles. Null for itself. */
	ratio: number | null;
	ratioQuartiles: [number, number] | null;
	lost: number;
	doubled: number;
	reordered: number;
}

export interface Table {
	id: string;
	title: string;
	unit: string;
	isRate: boolean;
	rounds: number;
	date: string;
	rows: Row[];
	absent: string[];
	targets: Reached[];
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const quartiles = (values: readonly number[]): [number, number] => [quantile(values, 0.25), quantile(values, 0.75)];

export function tabulate({ measure, rounds, samples }: Measured): Table {
	const { id, title, unit, isRate, contenders } = measure;
	const own = samples.get("events") ?? [];
	const rows: Row[] = [];
	const absent: string[] = [];
	for (const each of samples.has("before") ? (["events", "before"] as const) : contenders) {
		const contender: Contender = CONTENDERS[each];
		const theirs = samples.get(each);
		if (theirs !== undefined) rows.push(row(each, theirs, own));
		else if (contender.absent !== undefined) absent.push(`${contender.name}: ${contender.absent}`);
	}
	const targets = TARGETS.filter((target) => target.measure === id).flatMap((target) => target.look(samples) ?? []);
	return { id, title, unit, isRate, rounds, date: new Date().toISOString(), rows, absent, targets };
}

function row(id: ContenderId, theirs: readonly Sample[], own: readonly Sample[]): Row {
	const values = theirs.map(({ value }) => value);
	const ratios = values.map((value, round) => (own[round]?.value ?? Number.NaN) / value);
	const keys = Object.keys(theirs[0]?.also ?? {});
	const sum = (fault: keyof Sample["faults"]): number => theirs.reduce((all, { faults }) => all + faults[fault], 0);
	const isCompared = id !== "events" && own.length > 0;
	return {
		contender: CONTENDERS[id].name,
		values,
		median: median(values),
		quartiles: quartiles(values),
		also: Object.fromEntries(keys.map((key) => [key, median(theirs.map(({ also }) => also?.[key] ?? Number.NaN))])),
		ratio: isCompared ? median(ratios) : null,
		ratioQuartiles: isCompared ? quartiles(ratios) : null,
		lost: sum("lost"),
		doubled: sum("doubled"),
		reordered: sum("reordered"),
	};
}

/** Faults of Rotunda itself: there must be none. */
export function ownFaults(tables: readonly Table[]): string[] {
	const own = new Set(Object.values(CONTENDERS).flatMap(({ isOwn, name }) => (isOwn ? [name] : [])));
	return tables.flatMap(({ id, rows }) =>
		rows
			.filter(({ contender, lost, doubled, reordered }) => own.has(contender) && lost + doubled + reordered > 0)
			.map((row) => `${id}: ${row.contender}: ${faults(row)}`),
	);
}

function faults({ lost, doubled, reordered }: Row): string {
	const parts = [
		[lost, "lost"],
		[doubled, "doubled"],
		[reordered, "out of order"],
	] as const;
	const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
	return said.join(", ") || "none";
}

function figure(value: number, isRate: boolean): string {
	if (Number.isNaN(value)) return "";
	return isRate ? Math.round(value).toLocaleString("en") : value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}

const times = (ratio: number): string => `${ratio.toFixed(2)}×`;
const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

export function markdown(table: Table): string {
	const { title, unit, rounds, isRate, rows, absent } = table;
	const keys = Object.keys(rows[0]?.also ?? {});
	const isCompared = rows.some(({ ratio }) => ratio !== null);
	const head = ["", "median", "quartiles", ...keys, ...(isCompared ? ["durable events ÷ this"] : []), "faults"];
	const paired = rows.flatMap(({ contender, values }) => {
		const own = rows[0]?.values ?? [];
		if (contender !== CONTENDERS.before.name) return [];
		const ratios = values.map((value, round) => (isRate ? (own[round] ?? 0) / value : value / (own[round] ?? 0)));
		return [`\nThis ÷ ${contender}, the better the larger: ${interval(ratios)}`];
	});
	const lines = rows.map((row) => {
		const ratio = row.ratio === null ? "" : times(row.ratio);
		return line([
			row.contender,
			figure(row.median, isRate),
			row.quartiles.map((value) => figure(value, isRate)).join(" – "),
			...keys.map((key) => figure(row.also[key] ?? Number.NaN, false)),
			...(isCompared ? [ratio] : []),
			faults(row),
		]);
	});
	return [
		`**${table.id}: ${title}** (${unit}; ${rounds} rounds)`,
		"",
		line(head),
		line(head.map((_, i) => (i === 0 ? "---" : "---:"))),
		...lines,
		...paired,
		...absent.map((who) => `\nAbsent: ${who}.`),
	].join("\n");
}

/** The median of paired ratios, and the 95 % interval of it by the order of the rounds. */
function interval(ratios: readonly number[]): string {
	const sorted = ratios.toSorted((a, b) => a - b);
	const n = sorted.length;
	const k = Math.max(0, Math.floor(n / 2 - 0.98 * Math.sqrt(n)));
	const at = (index: number): string => (sorted[index] ?? Number.NaN).toFixed(3);
	return `${median(ratios).toFixed(3)} (${at(k)} to ${at(n - 1 - k)}, ${n} rounds)`;
}

/** What was aimed at, and what came of it. */
export function markdownOfTargets(tables: readonly Table[]): string {
	const targets = tables.flatMap((table) => table.targets.map((target) => ({ ...target, scenario: table.id })));
	if (targets.length === 0) return "";
	const head = ["scenario", "target", "measured", "quartiles", "met"];
	return [
		line(head),
		line(head.map(() => "---")),
		...targets.map(({ scenario, says, value, quartiles, isMet }) =>
			line([
				scenario,
				says,
				value.toFixed(2),
				quartiles.map((each) => each.toFixed(2)).join(" – "),
				isMet ? "yes" : "no",
			]),
		),
	].join("\n");
}
