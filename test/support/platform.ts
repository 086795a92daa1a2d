/** A program: the platform on this machine, with one Worker on it, as the JSON of its argument says. */
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import type { SourcelessWorkerOptions } from "wrangler";
import { modulesOf } from "./bundle.ts";

export interface Platform {
	port: number;
	/** The folder of the Worker's modules. */
	bundle: string;
	/** Where everything is kept that outlives it. */
	state: string;
	/** Text bindings, over those of the configuration. */
	vars: Record<string, string>;
	/** What the configuration asks for, as Wrangler reads it. */
	options: SourcelessWorkerOptions;
}

const { port, bundle, state, vars, options } = JSON.parse(process.argv[2] ?? "") as Platform;
const { modulesRules: _, bindings, ...asked } = options;
const modules = modulesOf(bundle).map(({ file, isCode }) => ({
	type: isCode ? ("ESModule" as const) : ("Text" as const),
	path: join(bundle, file),
}));
const server = new Miniflare(
	convertV4MiniflareOptions({
		...asked,
		...{ host: "127.0.0.1", port, resourcePersistencePath: state, log: new Log(LogLevel.WARN) },
		...{ name: "rotunda", modulesRoot: bundle, modules, bindings: { ...(bindings as object | undefined), ...vars } },
	}),
);
await server.ready;
