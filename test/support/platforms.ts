/** What each configuration asks of the platform, as Wrangler reads it: once, for it is Wrangler that takes its time. */
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type SourcelessWorkerOptions, unstable_getMiniflareWorkerOptions } from "wrangler";
import { ROOT } from "./bundle.ts";

/** The configurations that are served so, by name. */
const CONFIGS = {
	rotunda: "wrangler.built.toml",
	faults: "test/support/probe/faults/wrangler.toml",
	jobs: "test/support/probe/jobs/wrangler.toml",
} as const;
export type Configuration = keyof typeof CONFIGS;

interface Asked {
	/** Path of the wrangler.toml. */
	config: string;
	options: SourcelessWorkerOptions;
}

declare module "vitest" {
	interface ProvidedContext {
		platforms: Record<Configuration, Asked>;
	}
}

export default function setup({ provide }: TestProject): void {
	const asked = Object.entries(CONFIGS).map(([name, path]): [string, Asked] => {
		const config = join(ROOT, path);
		return [name, { config, options: unstable_getMiniflareWorkerOptions(config).workerOptions }];
	});
	provide("platforms", Object.fromEntries(asked) as Record<Configuration, Asked>);
}
