/**
 * Two builds, one command. The pages go to dist/pages/ with hashed assets; the client goes to
 * dist/pages/client.js by itself, with what it loads only where it is needed in dist/pages/client/: other
 * sites import that one file, so it may share no chunk with the pages.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
	root: at("src/pages"),
	// The room page is served at /rooms/{room}: a relative address would lead astray. The Worker puts its own path before
	// those of a page; what a file loads lies beside it.
	base: "/",
	experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === "html" ? undefined : { relative: true }) },
	oxc: { jsx: { runtime: "automatic", importSource: "hono/jsx/dom" } },
	build: {
		outDir: at("dist/pages"),
		target: ["chrome123", "edge123", "firefox125", "safari17.5"],
		// A data: address in a style sheet or a script is what the Content-Security-Policy refuses.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
	},
	environments: {
		client: {
			build: {
				emptyOutDir: true,
				rolldownOptions: { input: ["index", "room", "missing"].map((page) => at(`src/pages/${page}.html`)) },
			},
		},
		library: {
			// For whatever runs it: with what Vite adds to a page's own scripts it would be larger.
			consumer: "server",
			build: {
				minify: true,
				emptyOutDir: false,
				copyPublicDir: false,
				rolldownOptions: {
					input: at("src/client/index.ts"),
					// What it loads later takes what they share from client.js itself: one request until one is in.
					preserveEntrySignatures: "allow-extension",
					output: { entryFileNames: "client.js", chunkFileNames: "client/[name]-[hash:6].js" },
				},
			},
		},
	},
	builder: {
		async buildApp(builder) {
			// The pages first: their build empties the folder.
			for (const name of ["client", "library"]) {
				const environment = builder.environments[name];
				if (environment !== undefined) await builder.build(environment);
			}
		},
	},
});
