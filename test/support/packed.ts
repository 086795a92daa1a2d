/** The package as it would be published, unpacked in a folder of its own far from the repository. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface Project {
	folder: string;
	/** Of the package: path of its tarball. */
	tarball: string;
	write(path: string, text: string): void;
	/** Copies a file of `test/package`. */
	take(...files: string[]): void;
	/** Runs a program of the repository's, in the project; gives what it said, whether it failed or not. */
	run(script: string, ...args: string[]): string;
	dispose(): void;
}

/** The tarball of what `npm run package` has built. */
export function pack(folder: string): string {
	const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
	const [packed] = JSON.parse(execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" })) as { filename: string }[];
	return join(folder, packed?.filename ?? "");
}

/**
 * A project in which the package is installed, and beside it what else is named: from the repository, as npm would; with
 * `PACKAGE=whole` by npm itself, with all that the package names.
 */
export function projectWith(packages: readonly string[]): Project {
	const folder = mkdtempSync(join(tmpdir(), "rotunda-project-"));
	const tarball = pack(folder);
	const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
	write("package.json", JSON.stringify({ name: "somebodys", private: true, type: "module" }));
	if (process.env.PACKAGE === "whole") install(folder, [tarball, ...packages.map(pinned)]);
	else link(folder, tarball, packages);
	return {
		folder,
		tarball,
		write,
		take: (...files) => {
			for (const file of files) cpSync(join(ROOT, "test/package", file), join(folder, file));
		},
		run: (script, ...args) => {
			try {
				return execFileSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" });
			} catch (error) {
				return String((error as { stdout?: unknown }).stdout ?? error);
			}
		},
		dispose: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** In the version that the repository has. */
function pinned(name: string): string {
	const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
	return `${name}@${version}`;
}

function install(folder: string, packages: readonly string[]): void {
	const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error", ...packages];
	execFileSync("npm", args, { cwd: folder, stdio: "inherit" });
}

function link(folder: string, tarball: string, packages: readonly string[]): void {
	const modules = join(folder, "node_modules");
	mkdirSync(join(modules, "rotunda"), { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "-C", join(modules, "rotunda"), "--strip-components=1"]);
	const { dependencies } = JSON.parse(readFileSync(join(modules, "rotunda/package.json"), "utf8"));
	for (const name of new Set([...Object.keys(dependencies), ...packages])) {
		mkdirSync(dirname(join(modules, name)), { recursive: true });
		symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
	}
}
