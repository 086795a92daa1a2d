/**
 * workerd itself on the probe's bundle, on a port of its own: the development server's proxy reads what a member
 * does not, so behind it nobody is ever slow.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../ports.ts";
import { until } from "./dev-server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Runtime {
	/** `http://127.0.0.1:{port}` */
	readonly url: string;
	/** Resident bytes of the process; null where `/proc` does not tell. */
	memory(): number | null;
	/** Where the engine's inspector listens, if it does. */
	readonly inspector: string;
	/** What the Worker wrote to its console. */
	readonly said: readonly string[];
	dispose(): Promise<void>;
}

export interface RuntimeOptions {
	/** The folder of the Worker, under `probe/`. */
	probe?: string;
	/** True where the engine is looked into. */
	isInspected?: boolean;
}

export async function runtime(
	vars: Record<string, string> = {},
	{ probe = ".", isInspected = false }: RuntimeOptions = {},
): Promise<Runtime> {
	const folder = mkdtempSync(join(tmpdir(), "rotunda-runtime-"));
	const bundle = [
		"deploy",
		"--dry-run",
		"--outdir",
		folder,
		"--config",
		join(ROOT, "test/e2e/probe", probe, "wrangler.toml"),
	];
	execFileSync("wrangler", bundle, { stdio: "ignore", cwd: ROOT });
	mkdirSync(join(folder, "state"));
	const port = await freePort();
	writeFileSync(join(folder, "config.capnp"), configOf(port, folder, vars));
	const said: string[] = [];
	const inspector = `127.0.0.1:${await freePort()}`;
	const args = ["serve", join(folder, "config.capnp")];
	if (isInspected) args.push(`--inspector-addr=${inspector}`);
	const child = spawn(join(ROOT, "node_modules/.bin/workerd"), args, { stdio: ["ignore", "pipe", "pipe"] });
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(String(data)));
	await until(
		async () => {
			if (child.exitCode !== null) throw new Error(`workerd ended:\n${said.join("")}`);
			return fetch(`http://127.0.0.1:${port}/health`).then(
				(answer) => answer.ok,
				() => false,
			);
		},
		"workerd answers",
		() => said.join(""),
	);
	return {
		url: `http://127.0.0.1:${port}`,
		memory: () => memoryOf(child),
		inspector: `http://${inspector}`,
		said,
		dispose: async () => {
			await new Promise<void>((resolve) => {
				child.once("exit", () => resolve());
				child.kill("SIGKILL");
			});
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function configOf(port: number, folder: string, vars: Record<string, string>): string {
	const modules = readdirSync(folder)
		.filter((file) => /\.(js|sql)$/.test(file))
		.sort((a) => (a.endsWith(".js") ? -1 : 1))
		.map((file) => `(name = "./${file}", ${file.endsWith(".js") ? "esModule" : "text"} = embed "${file}")`);
	const texts = Object.entries({ PUBLISH_PER_SECOND: "0", SIGNAL_PER_SECOND: "0", ...vars }).map(
		([name, value]) => `(name = "${name}", text = "${value}")`,
	);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [
		(name = "main", worker = .main),
		(name = "internet", network = (allow = ["public", "private"])),
		(name = "disk", disk = (path = "${join(folder, "state")}", writable = true))
	],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
	modules = [${modules.join(", ")}],
	compatibilityDate = "2026-11-17",
	compatibilityFlags = ["no_web_socket_compression"],
	bindings = [(name = "ROOMS", durableObjectNamespace = "ProbedRoom"), ${texts.join(", ")}],
	durableObjectNamespaces = [(className = "ProbedRoom", uniqueKey = "rooms", enableSql = true)],
	durableObjectStorage = (localDisk = "disk"),
);
`;
}

function memoryOf(child: ChildProcess): number | null {
	try {
		const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
		return kib === undefined ? null : Number(kib) * 1024;
	} catch {
		return null;
	}
}
