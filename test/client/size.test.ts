/** How much of the client a page loads until it is live: one bundle, minified, as a site's own build makes it. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const BYTES_MAX = 6 * 1024;

test("`rotunda/client` is at most 6 KiB, gzipped; what only some pages need is loaded where they need it", async () => {
	const built = (await build({
		configFile: false,
		logLevel: "silent",
		build: {
			write: false,
			// As a library: pages' builds add code of their own that preloads.
			ssr: true,
			minify: true,
			rolldownOptions: {
				input: fileURLToPath(new URL("../../src/client/index.ts", import.meta.url)),
				preserveEntrySignatures: "allow-extension",
				output: { entryFileNames: "client.js", chunkFileNames: "[name].js" },
			},
		},
	})) as Rolldown.RolldownOutput;
	const chunks = new Map(
		built.output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])),
	);
	const entry = chunks.get("client.js");
	expect(entry?.imports).toEqual([]);
	const bytes = gzipSync(entry?.code ?? "", { level: 9 }).length;
	expect(bytes).toBeGreaterThan(1024);
	expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
	const later = [...chunks.keys()].filter((name) => name !== "client.js").sort();
	expect(later).toEqual(["guest-lock.js", "hidden-clock.js", "outgoing.js", "stream.js", "walk.js", "why-refused.js"]);
}, 60_000);
