/** docs/protocol.md and the marks between which its tables stand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "./tables.ts";

export const PAGE = join(import.meta.dirname, "../../docs/protocol.md");
const MARKED = /(<!-- table: ([\w. -]+) -->\n)([\s\S]*?)(<!-- end -->)/g;

export function readPage(): string {
	return readFileSync(PAGE, "utf8");
}

/** The tables that the page shows, as cells. */
export function tablesOf(page: string): Map<string, Table> {
	return new Map([...page.matchAll(MARKED)].map(([, , name = "", text = ""]) => [name, cellsOf(text)]));
}

/** The page with these tables in the places of those that it shows. */
export function withTables(page: string, tables: ReadonlyMap<string, Table>): string {
	return page.replace(MARKED, (all, begin: string, name: string, _, end: string) => {
		const table = tables.get(name);
		return table === undefined ? all : `${begin}\n${textOf(table)}\n\n${end}`;
	});
}

/** How wide the columns are is the formatter's to say. */
function cellsOf(text: string): Table {
	const lines = text.split("\n").filter((line) => line.startsWith("|"));
	const rows = lines.map((line) =>
		line
			.slice(1, line.lastIndexOf("|"))
			.split("|")
			.map((cell) => cell.trim()),
	);
	return rows.filter((_, index) => index !== 1);
}

function textOf([heading = [], ...rows]: Table): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
	return [heading, heading.map(() => "-"), ...rows].map(line).join("\n");
}
