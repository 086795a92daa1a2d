/** workerd itself on a Worker's bundle: the dev server's proxy and entry cost more than the room. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Running, serve } from "./processes.ts";

export const ROOT = new URL("../..", import.meta.url).pathname;

export interface Worker {
	/** Where its wrangler.toml is. */
	folder: string;
	flags: readonly string[];
	/** Text bindings. */
	vars?: Readonly<Record<string, string>>;
	/** Object classes, by binding. */
	objects: Readonly<Record<string, string>>;
}

const made = new Set<string>();
process.once("exit", () => {
	for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** A folder that is gone when this program is. */
export function scratch(name: string): string {
	const dir = mkdtempSync(join(tmpdir(), `bench-${name}-`));
	made.add(dir);
	return dir;
}

const bundles = new Map<string, string>();

/** The Worker of that folder, bundled as a deploy would. */
function bundle(folder: string): string {
	let dir = bundles.get(folder);
	if (dir === undefined) {
		dir = scratch("bundle");
		const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
		const args = ["deploy", "--dry-run", "--outdir", dir, "--config", join(folder, "wrangler.toml")];
		execFileSync(process.execPath, [wrangler, ...args], { stdio: "ignore", cwd: ROOT });
		bundles.set(folder, dir);
	}
	return dir;
}

/** Starts it on storage of its own, which goes with it. */
export async function workerd(worker: Worker): Promise<Running> {
	const dir = bundle(worker.folder);
	const modules = readdirSync(dir)
		.filter((file) => /\.(js|sql)$/.test(file))
		.sort((a) => (a.endsWith(".js") ? -1 : 1))
		.map((file) => `(name = "./${file}", ${file.endsWith(".js") ? "esModule" : "text"} = embed "${file}")`);
	const bindings = [
		...Object.entries(worker.vars ?? {}).map(([name, text]) => `(name = "${name}", text = "${text}")`),
		...Object.entries(worker.objects).map(([name, type]) => `(name = "${name}", durableObjectNamespace = "${type}")`),
	];
	const objects = Object.values(worker.objects).map(
		(type) => `(className = "${type}", uniqueKey = "${type}", enableSql = true)`,
	);
	const state = scratch("state");
	const config = (port: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "main", worker = .main), (name = "disk", disk = (path = "${state}", writable = true))],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
	modules = [${modules.join(", ")}],
	compatibilityDate = "2026-11-17",
	compatibilityFlags = [${worker.flags.map((flag) => `"${flag}"`).join(", ")}],
	bindings = [${bindings.join(", ")}],
	durableObjectNamespaces = [${objects.join(", ")}],
	durableObjectStorage = (localDisk = "disk"),
);
`;
	const running = await serve(join(ROOT, "node_modules/.bin/workerd"), (port) => {
		const file = join(dir, `${port}.capnp`);
		writeFileSync(file, config(port));
		return ["serve", file];
	});
	return {
		...running,
		stop: async () => {
			await running.stop();
			rmSync(state, { recursive: true, force: true });
			made.delete(state);
		},
	};
}
