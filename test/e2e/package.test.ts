/** The package as somebody gets it who installs it: nothing is missing, its types hold, and its Worker needs one binding. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Project, projectWith } from "../support/packed.ts";

const require = createRequire(import.meta.url);
/** TypeScript 5 comes with those who look at declarations: an override in package.json says which. */
const TSC = {
	5: createRequire(require.resolve("@arethetypeswrong/core")).resolve("typescript/lib/tsc.js"),
	7: join(import.meta.dirname, "../../node_modules/typescript/bin/tsc"),
};

let project: Project;
beforeAll(() => {
	project = projectWith(["@cloudflare/workers-types", "@types/node", "undici-types"]);
	project.take("app.ts", "page.ts", "worker.ts", "hono.ts", "typed-worker.ts");
});
afterAll(() => project.dispose());

test("publint finds nothing to say of it", async () => {
	const { messages } = await publint({ pkgDir: join(project.folder, "node_modules/rotunda"), pack: false });
	expect(messages).toEqual([]);
});

test("its types are found, and are right, by everyone who can load it (ESM alone)", async () => {
	const result = await checkPackage(createPackageFromTarballData(readFileSync(project.tarball)));
	if (!("problems" in result)) throw new Error("It has no types.");
	const problems = result.problems.filter(
		(problem) => !("resolutionKind" in problem) || !["node10", "node16-cjs"].includes(problem.resolutionKind),
	);
	expect(problems).toEqual([]);
});

test("it holds what pages need too, and nothing of the repository's own", () => {
	const { files } = JSON.parse(readFileSync(join(project.folder, "node_modules/rotunda/package.json"), "utf8"));
	expect(files).toEqual([
		"dist",
		"docs/*.md",
		"docs/room.png",
		"docs/recipes",
		"llms.txt",
		"CHANGELOG.md",
		"SECURITY.md",
	]);
	for (const file of [
		"pages/room.html",
		"pages/_headers",
		"pages/client.js",
		"package/index.js",
		"package/react.js.map",
	]) {
		expect(readFileSync(join(project.folder, "node_modules/rotunda/dist", file)).length, file).toBeGreaterThan(100);
	}
});

test("its declarations name no platform's types", () => {
	for (const entry of ["index", "client", "predict", "react", "testing", "backend"]) {
		const text = readFileSync(join(project.folder, `node_modules/rotunda/dist/package/${entry}.d.ts`), "utf8");
		const words = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"]*"/g, "");
		expect(words).not.toMatch(
			/\b(Cloudflare|DurableObject\w*|ExecutionContext|Request|Response|AbortSignal|D1\w+|Queue)\b/,
		);
		const froms = [...text.matchAll(/from "([^"]*)"/g)].map(([, from = ""]) => from);
		const own = /^\.\/[\w-]+\.js$/;
		const allowed = entry === "react" ? ["valibot", "react"] : ["valibot"];
		expect(froms.filter((from) => !allowed.includes(from) && !own.test(from))).toEqual([]);
	}
});

interface Way {
	typescript: keyof typeof TSC;
	resolution: "bundler" | "nodenext";
	types: "workers" | "node" | "dom" | "none";
}

/** All of them, or those three that differ most. */
const isWhole = process.env.PACKAGE === "whole";
const WAYS: readonly Way[] = isWhole
	? ([5, 7] as const).flatMap((typescript) =>
			(["bundler", "nodenext"] as const).flatMap((resolution) =>
				(["workers", "node", "dom", "none"] as const).map((types) => ({ typescript, resolution, types })),
			),
		)
	: [
			{ typescript: 5, resolution: "bundler", types: "none" },
			{ typescript: 7, resolution: "bundler", types: "none" },
			{ typescript: 7, resolution: "nodenext", types: "workers" },
		];

const TYPES = { workers: ["@cloudflare/workers-types"], node: ["node"], dom: [], none: [] };

describe("an app, its page and its Worker compile as they should, and each wrong line does not", () => {
	test.each(WAYS)(
		"with TypeScript $typescript under $resolution, with types of $types",
		({ typescript, resolution, types }) => {
			const files = types === "workers" ? ["typed-worker.ts", "hono.ts"] : [];
			const name = `tsconfig.${typescript}-${resolution}-${types}.json`;
			project.write(
				name,
				JSON.stringify({
					compilerOptions: {
						...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, allowImportingTsExtensions: true },
						// As `tsc --init` has it: then each type that is inferred must have a name outside of the package.
						declaration: true,
						// The package's own declarations are looked at too, and with them, which takes its time, those of others.
						...{
							target: "es2024",
							skipLibCheck: !(isWhole || (typescript === 7 && types === "none")),
							types: TYPES[types],
						},
						lib: types === "dom" ? ["es2024", "dom", "dom.iterable"] : ["es2024"],
						module: resolution === "nodenext" ? "nodenext" : "esnext",
						moduleResolution: resolution,
					},
					files: ["page.ts", "worker.ts", ...files],
				}),
			);
			const said = project.run(TSC[typescript], "-p", name, "--pretty", "false").split("\n");
			expect(said.filter((line) => /^(?!\.\.\/)[^\s]*\.ts\(/.test(line))).toEqual([]);
			expect(said.filter((line) => /^error/.test(line))).toEqual([]);
		},
	);
});

test("what a room of a test's refuses is an error of the client's: one class, for whoever asks", () => {
	project.write(
		"error.mjs",
		`import { defineApp } from "rotunda";
import { RoomError } from "rotunda/client";
import { testRoom } from "rotunda/testing";
const room = testRoom(defineApp({ events: { order: { from: "backend" } } }));
const ann = room.join("Ann");
const error = await ann.publish("order", 1).catch((error) => error);
console.log(error instanceof RoomError, error.refusal.code);
`,
	);
	expect(project.run("error.mjs")).toBe("true forbidden\n");
});

test("of an app only its types cross to a page: nothing of the server is in its bundle", async () => {
	project.write(
		"main.ts",
		`import { joinRoom } from "rotunda/client";
import type { app } from "./app.ts";
joinRoom<typeof app>("/rooms/lobby").publish("chat", { text: "Hello" });
`,
	);
	project.write("index.html", `<script type="module" src="./main.ts"></script>`);
	const built = (await build({
		root: project.folder,
		logLevel: "silent",
		build: { write: false, minify: false },
	})) as Rolldown.RolldownOutput;
	const chunks = built.output.filter((file) => file.type === "chunk");
	const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
	const installed = modules.filter((id) => id.includes("node_modules")).map((id) => id.replace(/.*node_modules\//, ""));
	const others = installed.filter((id) => !/^rotunda\/dist\/package\/[\w-]+\.js$/.test(id));
	const servers = installed.filter((id) => /\/(index|testing|backend)\.js$/.test(id));
	expect([...others, ...servers]).toEqual([]);
	expect(modules.some((id) => /app\.ts/.test(id))).toBe(false);
	const code = chunks.map((chunk) => chunk.code).join();
	expect(code).toMatch(/Hello/);
	expect(code).not.toMatch(/valibot|hono|durable|unfurl|~standard/i);
});
