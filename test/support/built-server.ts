/**
 * The Worker as a deploy bundles it, on the platform as `wrangler dev` has it on a developer's machine: assets, queues,
 * D1 and limits at the door. Wrangler itself, which reads a configuration, bundles and watches files, took longer to
 * start than all the rest; what is about Wrangler asks for a `devServer`.
 */
import { join } from "node:path";
import { inject } from "vitest";
import { bundleOf, discard, scratch } from "./bundle.ts";
import { Child } from "./child.ts";
import { type DevServer, serverBy } from "./dev-server.ts";
import type { Platform } from "./platform.ts";
import type { Configuration } from "./platforms.ts";
import { freePort } from "./ports.ts";

/** Killed, launched and disposed of as a {@link DevServer} is. */
export type BuiltServer = DevServer;

/** Its bundle: made already where the start alone is to be measured. */
export function bundled(name: Configuration): Promise<string> {
	return bundleOf(inject("platforms")[name].config);
}

/** @param vars Over those of the configuration. */
export async function builtServer(
	vars: Record<string, string> = {},
	name: Configuration = "rotunda",
): Promise<BuiltServer> {
	const { options } = inject("platforms")[name];
	const [port, bundle] = [await freePort(), await bundled(name)];
	const state = scratch("e2e");
	const platform: Platform = { port, bundle, state, vars, options };
	const args = [join(import.meta.dirname, "platform.ts"), JSON.stringify(platform)];
	return serverBy(
		port,
		() => new Child(process.execPath, args, { detached: true }),
		() => discard(state),
	);
}
