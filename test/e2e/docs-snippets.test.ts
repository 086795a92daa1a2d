/** What the pages of `docs/` show compiles as it stands, each in a folder of its own: a fence that names a file is that file. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const DOCS = join(ROOT, "docs");
const FENCE = /^```tsx? ([\w.-]+)\n([\s\S]*?)^```$/gm;

const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md"));
const filesOf = (page: string): [string, string][] =>
	[...readFileSync(join(DOCS, page), "utf8").matchAll(FENCE)].map(([, name = "", text = ""]) => [name, text]);
/** The app that the pages speak of, where they do not show one. */
const [, APP = ""] = filesOf("getting-started.md").find(([name]) => name === "app.ts") ?? [];

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "rotunda-docs-"));
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	for (const page of pages) {
		const files = new Map(filesOf(page));
		if (files.size === 0) continue;
		const own = join(folder, page.replace(/\.md$/, ""));
		mkdirSync(own);
		if (!files.has("app.ts")) files.set("app.ts", APP);
		for (const [name, text] of files) writeFileSync(join(own, name), text);
	}
	const from = (path: string): string[] => [join(ROOT, path)];
	writeFileSync(
		join(folder, "tsconfig.json"),
		JSON.stringify({
			compilerOptions: {
				...{ target: "es2024", lib: ["es2024", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler" },
				...{ strict: true, noEmit: true, skipLibCheck: true, jsx: "react-jsx", types: ["node"] },
				...{ allowImportingTsExtensions: true, verbatimModuleSyntax: true, moduleDetection: "force" },
				paths: {
					rotunda: from("dist/package/index.d.ts"),
					"rotunda/client": from("dist/package/client.d.ts"),
					"rotunda/client/predict": from("dist/package/predict.d.ts"),
					"rotunda/react": from("dist/package/react.d.ts"),
					"rotunda/testing": from("dist/package/testing.d.ts"),
					"rotunda/backend": from("dist/package/backend.d.ts"),
				},
			},
			include: ["**/*.ts", "**/*.tsx"],
		}),
	);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every snippet that is a file compiles", { timeout: 120_000 }, () => {
	expect(pages.flatMap(filesOf).length).toBeGreaterThan(12);
	const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
	const { stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
	expect(stdout).toBe("");
});

test("no snippet of TypeScript is left out", () => {
	const unnamed = pages.flatMap((page) =>
		[...readFileSync(join(DOCS, page), "utf8").matchAll(/^```tsx?$/gm)].map(() => page),
	);
	expect(unnamed).toEqual([]);
});
