/** The documents: the tables of the wire are those of the schemas, rules have one place each, and links lead somewhere. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { readPage, tablesOf } from "./docs/page.ts";
import { TABLES } from "./docs/tables.ts";

const ROOT = join(import.meta.dirname, "..");
const page = readPage();
const shown = tablesOf(page);

function filesOf(...patterns: string[]): string[] {
	const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
		cwd: ROOT,
		encoding: "utf8",
	});
	return listed.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test.each([...TABLES])("the table of `%s` is what the code goes by; `npm run docs` writes it", (name, table) => {
	expect(shown.get(name)).toEqual(table);
});

test("every table of the page is one that is made", () => {
	expect([...shown.keys()].filter((name) => !TABLES.has(name))).toEqual([]);
});

/** A rule's id where it is laid down, where something refers to it, and where a test quotes it. */
const RULE = /^- \*\*\[([A-Z]-[0-9]+)\]\*\* /gm;
const IN_PAGE = /(?<![\w-])([A-Z]-[0-9]{1,2})(?![\w-])/g;
const QUOTED = /\[([A-Z]-[0-9]{1,2})\]/g;
const rules = [...page.matchAll(RULE)].map(([, id = ""]) => id);
const idsIn = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, id = ""]) => id);

test("each rule has an id of its own, and the page refers to none that is not there", () => {
	expect(rules.length).toBeGreaterThan(60);
	expect(new Set(rules).size).toBe(rules.length);
	expect(idsIn(page, IN_PAGE).filter((id) => !rules.includes(id))).toEqual([]);
});

test("each rule is quoted by a test, and no test quotes one that is not there", () => {
	const quoted = new Set(filesOf("test/*.test.ts").flatMap((path) => idsIn(read(path), QUOTED)));
	expect(rules.filter((id) => !quoted.has(id))).toEqual([]);
	const everywhere = filesOf("src", "test").flatMap((path) => idsIn(read(path), QUOTED));
	expect(everywhere.filter((id) => !rules.includes(id))).toEqual([]);
});

/** What is said in words: a page, or the comments and texts of a program. */
function wordsOf(path: string): string {
	const text = read(path);
	return path.endsWith(".md") ? text : (text.match(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"/g) ?? []).join("\n");
}

test("the contract stands in this repository: nothing names a page that is not in it", () => {
	const pages = new Set(filesOf("*.md").map((path) => basename(path)));
	const strangers = filesOf("src", "test", "*.md").flatMap((path) =>
		[...wordsOf(path).matchAll(/([\w-]+\.md)\b/g)]
			.map(([, page = ""]) => page)
			.filter((page) => !pages.has(page))
			.map((page) => `${path}: ${page}`),
	);
	expect(strangers).toEqual([]);
});

test.each(filesOf("*.md"))("the files that %s speaks of are there", (path) => {
	// In words a path is code: `test/room`, also at the end of a command.
	const named = [...read(path).matchAll(/(?<![\w/.-])((?:test|docs)\/[\w./-]*\w)/g)].map(([, file = ""]) => file);
	expect(named.filter((file) => !existsSync(join(ROOT, file)) && !existsSync(join(ROOT, dirname(path), file)))).toEqual(
		[],
	);
});

test.each(filesOf("*.md"))("the commands that %s tells are there", (path) => {
	const own = join(dirname(path), "package.json");
	const { scripts } = JSON.parse(read(existsSync(join(ROOT, own)) ? own : "package.json")) as {
		scripts: Record<string, string>;
	};
	const told = [...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
	expect(told.filter((name) => !(name in scripts))).toEqual([]);
});

/** As GitHub names the headings of a page. */
function anchorsOf(text: string): string[] {
	return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}

test.each(filesOf("*.md"))("the links of %s lead somewhere", (path) => {
	const prose = read(path).replace(/^```[\s\S]*?^```/gm, "");
	const links = [...prose.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
	for (const [link, file = "", anchor] of links) {
		const target = file === "" ? path : normalize(join(dirname(path), file));
		expect(existsSync(join(ROOT, target)), link).toBe(true);
		if (anchor !== undefined && target.endsWith(".md")) expect(anchorsOf(read(target)), link).toContain(anchor);
	}
});
