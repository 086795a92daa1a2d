/**
 * A database as text and back: for a reader and a diff, one row a line, one statement a paragraph. First the tables,
 * then their rows, then indexes and triggers, which so find the rows in place and do nothing to them.
 */
export type Cell = string | number | null;

interface Named {
	name: string;
	sql: string;
}

/** Runs a query, and gives its rows. */
export type Query = <T extends Record<string, Cell>>(query: string) => Promise<T[]> | T[];

/** What a database's tables do not say of themselves. */
interface Lore {
	/** The beginnings of names that are not ours: the platform's tables, and those beneath a virtual one. */
	shadows?: readonly string[];
	/** What an index that keeps no text of its own was given, by its name: a query in its columns, and `rowid`. Of itself it reads null. */
	sources?: Readonly<Record<string, string>>;
}

export async function textOf(query: Query, { shadows = [], sources = {} }: Lore = {}): Promise<string> {
	const all = await query<Named & { type: string; [column: string]: Cell }>(
		"select type, name, sql from sqlite_master where sql is not null order by rowid",
	);
	const ours = all.filter(({ name }) => !["_cf_", "sqlite_", ...shadows].some((start) => name.startsWith(start)));
	const tables = ours.filter(({ type }) => type === "table");
	const parts = tables.map(({ sql }) => sql);
	for (const table of tables) parts.push(...(await rowsOf(query, table, sources[table.name] ?? table.name)));
	parts.push(...ours.filter(({ type }) => type !== "table").map(({ sql }) => sql));
	return `${parts.map((part) => `${part};`).join("\n\n")}\n`;
}

/** `source`: what its rows are read from. */
async function rowsOf(query: Query, { name, sql }: Named, source: string): Promise<string[]> {
	const columns = await query<{ name: string }>(`select name from pragma_table_info('${name}')`);
	// Of a virtual table the row's number is not a column of its own.
	const names = [...(sql.startsWith("CREATE VIRTUAL") ? ["rowid"] : []), ...columns.map((column) => column.name)];
	const order = names.map((_, index) => index + 1).join(", ");
	const rows = await query<Record<string, Cell>>(`select ${names.join(", ")} from ${source} order by ${order}`);
	if (rows.length === 0) return [];
	const lines = rows.map((row) => `(${names.map((column) => literal(row[column] ?? null)).join(", ")})`);
	return [`insert into ${name} (${names.join(", ")}) values\n${lines.join(",\n")}`];
}

function literal(cell: Cell): string {
	if (cell === null) return "null";
	if (typeof cell === "number") return String(cell);
	return `'${cell.replaceAll("'", "''").replaceAll("\n", "' || char(10) || '")}'`;
}

export function statementsOf(text: string): string[] {
	return text.trim().split(";\n\n");
}
