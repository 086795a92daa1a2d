/** A verdict as a row of Markdown, for the docs. */
import type { Verdict } from "./verdict.ts";

const COLUMNS = [
	"published",
	"acknowledged",
	"refused by a check",
	"in history",
	"seen by all",
	"events in the archive",
	"jobs asked",
	"settled once",
	"duplicates",
	"out of order",
	"seen to leave",
	"of those away beyond the grace",
	"guests without a welcome",
	"duration",
];

export function tableOf(what: string, times: number, verdict: Verdict, ms: number): string {
	const { published, acknowledged, refused, inHistory, seenByAll, inArchive } = verdict;
	const { jobsAsked, settledOnce, duplicates, outOfOrder, departures, excused, unwelcomed } = verdict;
	const figures = [published, acknowledged, refused, inHistory, seenByAll, inArchive ?? "–"];
	figures.push(
		jobsAsked,
		settledOnce,
		duplicates,
		outOfOrder,
		departures,
		excused,
		unwelcomed,
		`${Math.round(ms / 1000)} s`,
	);
	const row = (cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;
	return [row([what, ...COLUMNS]), row(Array(COLUMNS.length + 1).fill("---:")), row([times, ...figures])].join("\n");
}
