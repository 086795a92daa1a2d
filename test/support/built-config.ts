/**
 * The project's wrangler.toml without its build: `npm test` has built the pages once, and a build at each start of a
 * server would take them away from the servers that are running. Written before the first test, gone after the last.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Beside the original, for its paths are relative. */
export const BUILT_CONFIG = at("wrangler.built.toml");

export default function setup(): () => void {
	const config = readFileSync(at("wrangler.toml"), "utf8");
	writeFileSync(BUILT_CONFIG, config.replace(/^\[build\]\n(?:.+\n)*/m, ""));
	return () => rmSync(BUILT_CONFIG, { force: true });
}
