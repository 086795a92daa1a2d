/**
 * The package: what an app's Worker and a page import, with declarations. The pages that a Worker serves are Vite's
 * (vite.config.ts); both lie in dist/, apart.
 */
import { join } from "node:path";
import { defineConfig, type UserConfig } from "tsdown";

const SERVER = join(import.meta.dirname, "src/server.ts");
const ELSEWHERE = join(import.meta.dirname, "src/elsewhere.ts");

/** The client's error, which `testing` takes from there, though it has a client of its own: it is one class for whoever asks. */
const ROOM_ERROR = join(import.meta.dirname, "src/client/room-error.ts");

const COMMON: UserConfig = {
	outDir: "dist/package",
	format: "esm",
	platform: "neutral",
	target: "es2024",
	dts: { sourcemap: true },
	sourcemap: true,
	// What the declarations do not use of the platform, they need not import.
	treeshake: { moduleSideEffects: false },
	outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
	// TypeScript 7.0 writes the declarations by a way that the builder will leave for that of 7.1.
	logLevel: "error",
};

export default defineConfig([
	{
		...COMMON,
		entry: { index: "src/package.ts" },
		tsconfig: "tsconfig.json",
		clean: true,
		// A SQL file is a text, whatever the bundler of a Worker makes of such files.
		inputOptions: { moduleTypes: { ".sql": "text" } },
		deps: { neverBundle: ["cloudflare:workers"] },
	},
	{
		...COMMON,
		// One build, so that a page which uses several of them has one client.
		entry: { client: "src/client/index.ts", predict: "src/client/predict.ts", react: "src/react/index.ts" },
		tsconfig: "tsconfig.react.json",
		clean: false,
	},
	{
		...COMMON,
		// One build, so that the errors which an app throws are those that its test knows. `elsewhere` is what `rotunda` is
		// where no Worker runs, as in such a test; it is declared as `index` is.
		entry: { testing: "src/testing/index.ts", elsewhere: "src/package.ts" },
		tsconfig: "tsconfig.package.json",
		clean: false,
		inputOptions: { moduleTypes: { ".sql": "text" }, resolve: { alias: { [SERVER]: ELSEWHERE } } },
		plugins: [
			{
				name: "one-error",
				async resolveId(source, importer, options) {
					const found = await this.resolve(source, importer, { ...options, skipSelf: true });
					return found?.id === ROOM_ERROR ? { id: "./client.js", external: true } : null;
				},
			},
		],
	},
	{ ...COMMON, entry: { backend: "src/backend/index.ts" }, tsconfig: "tsconfig.json", clean: false },
]);
