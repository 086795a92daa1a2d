/** The tree is the diagram: imports run one way, and the pure folders know no platform. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findFaults } from "./layers.ts";

const ROOT = join(import.meta.dirname, "..");

const sources: ReadonlyMap<string, string> = new Map(
	readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
		.filter((path) => /\.tsx?$/.test(path))
		.map((path): [string, string] => [`src/${path}`, readFileSync(join(ROOT, "src", path), "utf8")]),
);
const before = new Set(findFaults(sources));

/** The faults that this source would add at this path. */
function plant(path: string, source: string): string[] {
	return findFaults(new Map(sources).set(path, source)).filter((fault) => !before.has(fault));
}

test("no import in src goes against the layers, closes a cycle or comes from a barrel", () => {
	expect(sources.size).toBeGreaterThan(20);
	expect([...before]).toEqual([]);
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

/** What the compiler says of the pure folders with these files among those of the room. */
function compilePure(planted: Readonly<Record<string, string>>): string[] {
	const copy = mkdtempSync(join(tmpdir(), "rotunda-pure-"));
	try {
		cpSync(join(ROOT, "src"), join(copy, "src"), { recursive: true });
		for (const config of ["tsconfig.json", "tsconfig.pure.json", "package.json"])
			cpSync(join(ROOT, config), join(copy, config));
		symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
		for (const [file, source] of Object.entries(planted)) writeFileSync(join(copy, "src/room", file), source);
		const args = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.pure.json", "--pretty", "false"];
		return spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" }).stdout.trim().split("\n");
	} finally {
		rmSync(copy, { recursive: true });
	}
}

test("the pure folders compile, and do not with a timer, the network, randomness or an async transaction in them", () => {
	const names = ["setTimeout", "fetch", "crypto", "WebSocket", "console"];
	const transaction = (work: string) =>
		`import type { RoomStore } from "./store.ts";\nexport const run = (store: RoomStore) => store.transaction(${work});\n`;
	const said = compilePure({
		"names.ts": `export const found = [${names}];\n`,
		"async.ts": transaction("async () => 1"),
		"clean.ts": transaction("() => 1"),
	});
	for (const name of names) expect(said.join()).toMatch(new RegExp(`src/room/names\\.ts.*Cannot find name '${name}'`));
	const others = said.filter((line) => /^\S/.test(line) && !line.startsWith("src/room/names.ts"));
	expect(others).toEqual([expect.stringMatching(/^src\/room\/async\.ts/)]);
});
