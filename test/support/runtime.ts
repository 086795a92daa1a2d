/**
 * workerd itself on the probe's bundle, on a port of its own: the development server's proxy reads what a member
 * does not, so behind it nobody is ever slow.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./dev-server.ts";
import { freePort } from "./ports.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Runtime {
	/** `http://127.0.0.1:{port}` */
	readonly url: string;
	/** Resident bytes of the process; null where `/proc` does not tell. */
	memory(): number | null;
	/** The most of them since it was last forgotten. */
	memoryPeak(): number | null;
	forgetMemoryPeak(): void;
	/** Resolves when the process has ended, whoever ended it. */
	readonly ended: Promise<void>;
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
	/** What the engine may hold of old objects: 128 stands in for the platform's bound. */
	heapMiB?: number;
}

const bundles = new Map<string, string>();
process.once("exit", () => {
	for (const folder of bundles.values()) rmSync(folder, { recursive: true, force: true });
});

/** The probe's Worker as a deploy would bundle it; made once. */
function bundleOf(probe: string): string {
	const made = bundles.get(probe);
	if (made !== undefined) return made;
	const folder = mkdtempSync(join(tmpdir(), "rotunda-bundle-"));
	const config = join(ROOT, "test/support/probe", probe, "wrangler.toml");
	const args = ["deploy", "--dry-run", "--outdir", folder, "--config", config];
	execFileSync("wrangler", args, { stdio: "ignore", cwd: ROOT });
	bundles.set(probe, folder);
	return folder;
}

export async function runtime(
	vars: Record<string, string> = {},
	{ probe = ".", isInspected = false, heapMiB }: RuntimeOptions = {},
): Promise<Runtime> {
	const folder = mkdtempSync(join(tmpdir(), "rotunda-runtime-"));
	cpSync(bundleOf(probe), folder, { recursive: true });
	mkdirSync(join(folder, "state"));
	const port = await freePort();
	writeFileSync(join(folder, "config.capnp"), configOf(port, folder, vars, heapMiB));
	const said: string[] = [];
	const inspector = `127.0.0.1:${await freePort()}`;
	const args = ["serve", join(folder, "config.capnp")];
	if (isInspected) args.push(`--inspector-addr=${inspector}`);
	const child = spawn(join(ROOT, "node_modules/.bin/workerd"), args, { stdio: ["ignore", "pipe", "pipe"] });
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(String(data)));
	await untilAnswered(child, port, said);
	return {
		url: `http://127.0.0.1:${port}`,
		memory: () => memoryOf(child, "VmRSS"),
		memoryPeak: () => memoryOf(child, "VmHWM"),
		forgetMemoryPeak: () => forgetMemoryPeak(child),
		ended,
		inspector: `http://${inspector}`,
		said,
		dispose: async () => {
			child.kill("SIGKILL");
			await ended;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function untilAnswered(child: ChildProcess, port: number, said: readonly string[]): Promise<void> {
	return until(
		async () => {
			if (child.exitCode !== null || child.signalCode !== null) throw new Error(`workerd ended:\n${said.join("")}`);
			return fetch(`http://127.0.0.1:${port}/health`).then(
				(answer) => answer.ok,
				() => false,
			);
		},
		"workerd answers",
		() => said.join(""),
	);
}

function configOf(port: number, folder: string, vars: Record<string, string>, heapMiB?: number): string {
	const flags = heapMiB === undefined ? "" : `v8Flags = ["--max-old-space-size=${heapMiB}"],`;
	const modules = readdirSync(folder)
		.filter((file) => /\.(js|sql)$/.test(file))
		.sort((a) => (a.endsWith(".js") ? -1 : 1))
		.map((file) => `(name = "./${file}", ${file.endsWith(".js") ? "esModule" : "text"} = embed "${file}")`);
	const texts = Object.entries({ PUBLISH_PER_SECOND: "0", SIGNAL_PER_SECOND: "0", ...vars }).map(
		([name, value]) => `(name = "${name}", text = "${value}")`,
	);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	${flags}
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

function memoryOf(child: ChildProcess, line: "VmRSS" | "VmHWM"): number | null {
	try {
		const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
		const [, kib] = new RegExp(`${line}:\\s+(\\d+) kB`).exec(status) ?? [];
		return kib === undefined ? null : Number(kib) * 1024;
	} catch {
		return null;
	}
}

function forgetMemoryPeak(child: ChildProcess): void {
	try {
		writeFileSync(`/proc/${child.pid}/clear_refs`, "5");
	} catch {
		// It has ended, or there is no such file here.
	}
}
