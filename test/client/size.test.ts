/** How much of the client a page loads until it is live, and of the hooks: one bundle, minified, as a site's own build makes it. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const BYTES_MAX = 6 * 1024;
const REACT_BYTES_MAX = 2 * 1024;

/** The chunks that a page gets of `src/{path}`, by name; the first that it loads is `entry.js`. */
async function chunksOf(path: string): Promise<Map<string, Rolldown.OutputChunk>> {
	const built = (await build({
		configFile: false,
		logLevel: "silent",
		build: {
			write: false,
			// As a library: pages' builds add code of their own that preloads.
			ssr: true,
			minify: true,
			rolldownOptions: {
				input: fileURLToPath(new URL(`../../src/${path}`, import.meta.url)),
				preserveEntrySignatures: "allow-extension",
				output: { entryFileNames: "entry.js", chunkFileNames: "[name].js" },
			},
		},
	})) as Rolldown.RolldownOutput;
	return new Map(built.output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])));
}

const bytesOf = (chunk: Rolldown.OutputChunk | undefined): number => gzipSync(chunk?.code ?? "", { level: 9 }).length;

test("`rotunda/client` is at most 6 KiB, gzipped; what only some pages need is loaded where they need it", async () => {
	const chunks = await chunksOf("client/index.ts");
	const entry = chunks.get("entry.js");
	expect(entry?.imports).toEqual([]);
	expect(bytesOf(entry)).toBeGreaterThan(1024);
	expect(bytesOf(entry)).toBeLessThanOrEqual(BYTES_MAX);
	const later = [...chunks.keys()].filter((name) => name !== "entry.js").sort();
	expect(later).toEqual(["guest-lock.js", "hidden-clock.js", "outgoing.js", "stream.js", "walk.js", "why-refused.js"]);
}, 60_000);

test("`rotunda/react` is at most 2 KiB more, all hooks together, and needs React alone", async () => {
	const [client, react] = [await chunksOf("client/index.ts"), await chunksOf("react/index.ts")];
	const entry = react.get("entry.js");
	expect(entry?.imports).toEqual(["react"]);
	expect(bytesOf(entry) - bytesOf(client.get("entry.js"))).toBeLessThanOrEqual(REACT_BYTES_MAX);
}, 60_000);
