/**
 * One `wrangler dev` with the settings as they come, for all files that ask for no others: each start takes every core
 * for seconds. Tests get its URL by `inject("server")`, and rooms of names that no other file has.
 */
import type { TestProject } from "vitest/node";
import { devServer } from "./dev-server.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** `http://localhost:{port}` */
		server: string;
	}
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
	const server = await devServer();
	provide("server", server.url);
	return () => server.dispose();
}
