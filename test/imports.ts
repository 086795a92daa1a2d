/** What each source file imports, read from its syntax tree: statements, re-exports, `import()` and `import("…").Type`. */
import { parseSync } from "vite";

export interface Import {
	/** As it is written; null where it is not a plain text that can be read. */
	specifier: string | null;
	/** True for `export * from`. */
	isBarrel: boolean;
}

interface SyntaxNode {
	type: string;
	source?: { type: string; value?: unknown } | null;
	expression?: { type: string; value?: unknown };
	exported?: unknown;
}

const IMPORTING = new Set([
	"ImportDeclaration",
	"ExportNamedDeclaration",
	"ExportAllDeclaration",
	"ImportExpression",
	"TSImportType",
]);

/** What was read already, by path and source: the tree is looked at once for each file that a test plants in it. */
const read = new Map<string, Import[]>();

export function readImports(path: string, source: string): Import[] {
	const key = `${path} ${source}`;
	const imports = read.get(key) ?? parseImports(path, source);
	read.set(key, imports);
	return imports;
}

function parseImports(path: string, source: string): Import[] {
	const { program, errors } = parseSync(path, source, { sourceType: "module" });
	if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0]?.message}`);
	const imports: Import[] = [];
	const visit = (value: unknown): void => {
		if (Array.isArray(value)) return value.forEach(visit);
		if (typeof value !== "object" || value === null) return;
		const node = value as SyntaxNode;
		if (IMPORTING.has(node.type) && node.source != null) {
			imports.push({
				specifier: textOf(node.source),
				isBarrel: node.type === "ExportAllDeclaration" && node.exported === null,
			});
		}
		if (node.type === "TSExternalModuleReference" && node.expression !== undefined) {
			imports.push({ specifier: textOf(node.expression), isBarrel: false });
		}
		Object.values(node).forEach(visit);
	};
	visit(program.body);
	return imports;
}

function textOf(literal: { value?: unknown }): string | null {
	return typeof literal.value === "string" ? literal.value : null;
}

/** The path that a relative specifier leads to, from the folder of the file that bears it. */
export function resolvePath(from: string, specifier: string): string {
	const parts = from.split("/").slice(0, -1);
	for (const part of specifier.split("/")) {
		if (part === "..") parts.pop();
		else if (part !== ".") parts.push(part);
	}
	return parts.join("/");
}
