/** The tree is the diagram: imports run one way, and the pure folders know no platform. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findFaults } from "./layers.ts";

const ROOT = join(import.meta.dirname, "..");

function readSources(): Map<string, string> {
	const paths = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
	return new Map(
		paths
			.filter((path) => /\.tsx?$/.test(path))
			.map((path): [string, string] => [`src/${path}`, readFileSync(join(ROOT, "src", path), "utf8")]),
	);
}

/** The faults that this source would add at this path. */
function plant(path: string, source: string): string[] {
	const before = new Set(findFaults(readSources()));
	return findFaults(readSources().set(path, source)).filter((fault) => !before.has(fault));
}

test("no import in src goes against the layers, closes a cycle or comes from a barrel", () => {
	const sources = readSources();
	expect(sources.size).toBeGreaterThan(20);
	expect(findFaults(sources)).toEqual([]);
});

test.each([
	["a static import", `import { x } from "../durable/seats.ts";`],
	["a type import", `import type { x } from "../durable/seats.ts";`],
	["an import for its effect", `import "../durable/seats.ts";`],
	["a re-export", `export { x } from "../durable/seats.ts";`],
	["a dynamic import", `await import("../durable/seats.ts");`],
	["a type query", `type X = import("../durable/seats.ts").Seats;`],
	["a required module", `import x = require("../durable/seats.ts");`],
])("%s of a layer above is found", (_, source) => {
	expect(plant("src/room/planted.ts", source)).toEqual(["src/room/planted.ts imports src/durable/seats.ts"]);
});

test.each([
	["src/protocol/planted.ts", "../room/room.ts", "imports src/room/room.ts"],
	["src/room/planted.ts", "valibot", "imports the package valibot"],
	["src/room/planted.ts", "node:fs", "imports the package node:fs"],
	["src/durable/planted.ts", "../edge/problem.ts", "imports src/edge/problem.ts"],
	["src/durable/planted.ts", "hono", "imports the package hono"],
	["src/edge/planted.ts", "cloudflare:workers", "imports the package cloudflare:workers"],
	["src/edge/planted.ts", "../app.ts", "imports src/app.ts"],
	["src/durable/planted.ts", "../app.ts", "imports src/app.ts"],
	["src/jobs/planted.ts", "../app.ts", "imports src/app.ts"],
	["src/server.ts", "./app.ts", "imports src/app.ts"],
	["src/client/planted.ts", "../room/room.ts", "imports src/room/room.ts"],
	["src/client/planted.ts", "valibot", "imports the package valibot"],
	["src/pages/planted.tsx", "hono", "imports the package hono"],
	["src/edge/planted.ts", "../client/planted.ts", "imports src/client/planted.ts"],
])("%s may not import %s", (path, specifier, fault) => {
	expect(plant(path, `import "${specifier}";`)).toContain(`${path} ${fault}`);
});

test("a planted barrel, cycle, unknown folder and unreadable path are found", () => {
	expect(plant("src/room/planted.ts", `export * from "./turn.ts";`)).toHaveLength(1);
	expect(plant("src/room/planted.ts", `import "./planted.ts";`)).toHaveLength(1);
	expect(plant("src/utils/planted.ts", "export {};")).toEqual(["src/utils/planted.ts is in no layer"]);
	expect(plant("src/room/planted.ts", "await import(name);")).toHaveLength(1);
	expect(plant("src/room/planted.ts", `const s = 'import "hono"'; // import "hono"`)).toEqual([]);
});

/** What the compiler says of the pure folders with this source among them. */
function compilePure(planted: string): string {
	const copy = mkdtempSync(join(tmpdir(), "rotunda-pure-"));
	try {
		cpSync(join(ROOT, "src"), join(copy, "src"), { recursive: true });
		for (const config of ["tsconfig.json", "tsconfig.pure.json", "package.json"])
			cpSync(join(ROOT, config), join(copy, config));
		symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
		writeFileSync(join(copy, "src/room/planted.ts"), planted);
		try {
			return execFileSync(
				process.execPath,
				[join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.pure.json"],
				{
					cwd: copy,
					encoding: "utf8",
				},
			);
		} catch (error) {
			return (error as { stdout: string }).stdout;
		}
	} finally {
		rmSync(copy, { recursive: true });
	}
}

test("the pure folders compile, and do not with a timer, the network or randomness in them", () => {
	expect(compilePure("export const later = 1;\n")).toBe("");
	const names = ["setTimeout", "fetch", "crypto", "WebSocket", "console"];
	const said = compilePure(`export const found = [${names}];\n`);
	for (const name of names) expect(said).toContain(`Cannot find name '${name}'`);
});

test("an async transaction is a type error", () => {
	const source = (work: string) =>
		`import type { RoomStore } from "./store.ts";\nexport const run = (store: RoomStore) => store.transaction(${work});\n`;
	expect(compilePure(source("() => 1"))).toBe("");
	expect(compilePure(source("async () => 1"))).toContain("src/room/planted.ts");
});
