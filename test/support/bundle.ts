/** The Worker of a folder, bundled as a deploy would; made once for all processes of a run of the tests. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { until } from "./until.ts";

export const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** Longer than a bundle takes beside everything else. */
const BUNDLED_MS_MAX = 120_000;
const run = promisify(execFile);

const made = new Set<string>();
process.once("exit", () => {
	for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when this program is. */
export function scratch(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), `rotunda-${name}-`));
	made.add(folder);
	return folder;
}

/** Removes such a folder before. */
export function discard(folder: string): void {
	rmSync(folder, { recursive: true, force: true });
	made.delete(folder);
}

/** Names the folder of all bundles in this process, and in those that it starts. */
const SHARED = "ROTUNDA_BUNDLES";

/** From now on, whatever this process starts finds what another has bundled, until what this gives is called. */
export function shareBundles(): () => void {
	process.env[SHARED] ??= scratch("bundles");
	const folder = process.env[SHARED];
	return () => discard(folder);
}

/** @param config Path of a wrangler.toml. @returns The folder of its modules. */
export async function bundleOf(config: string): Promise<string> {
	process.env[SHARED] ??= scratch("bundles");
	const shared = process.env[SHARED];
	const folder = join(shared, config.replaceAll(/\W+/g, "-"));
	try {
		// Who makes it is who bundles.
		mkdirSync(`${folder}-begun`);
	} catch {
		await until(
			() => existsSync(folder),
			`${basename(folder)} is bundled`,
			() => "",
			BUNDLED_MS_MAX,
		);
		return folder;
	}
	const unfinished = `${folder}-unfinished`;
	const args = ["deploy", "--dry-run", "--outdir", unfinished, "--config", config];
	await run(process.execPath, [WRANGLER, ...args], { cwd: ROOT }).catch((error: unknown) => {
		rmSync(`${folder}-begun`, { recursive: true });
		throw error;
	});
	renameSync(unfinished, folder);
	return folder;
}

/** The files of a bundle that are its modules, the one that is the Worker first. */
export function modulesOf(folder: string): { file: string; isCode: boolean }[] {
	const files = readdirSync(folder).filter((file) => /\.(js|sql)$/.test(file));
	const modules = files.map((file) => ({ file, isCode: file.endsWith(".js") }));
	return modules.sort((a, b) => Number(b.isCode) - Number(a.isCode));
}
