/** `wrangler dev` as a person starts it: a process group of its own, on state that outlives it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILT_CONFIG } from "./built-config.ts";
import { Child } from "./child.ts";
import { freePort, isOpen } from "./ports.ts";
import { until } from "./until.ts";

export interface DevServer {
	/** `http://localhost:{port}` */
	readonly url: string;
	/** SIGKILL to the whole group; resolves when its port is seen closed. */
	kill(): Promise<void>;
	/** Starts it again, on the same port and state, and waits until it answers. */
	start(): Promise<void>;
	/** Starts it again and waits for nothing: it may be killed before it answers. */
	launch(): void;
	/** Kills it and removes its state. */
	dispose(): Promise<void>;
}

export interface DevServerOptions {
	/** Path of a wrangler.toml other than the project's, whose pages are built already. */
	config?: string;
	vars?: Record<string, string>;
}

export async function devServer({ config = BUILT_CONFIG, vars = {} }: DevServerOptions = {}): Promise<DevServer> {
	const port = await freePort();
	const state = mkdtempSync(join(tmpdir(), "rotunda-e2e-"));
	const args = ["dev", "--port", String(port), "--ip", "127.0.0.1", "--inspector-port", "0", "--persist-to", state];
	args.push("--show-interactive-dev-session=false", "--config", config);
	for (const [name, value] of Object.entries(vars)) args.push("--var", `${name}:${value}`);
	return serverBy(
		port,
		() => new Child("wrangler", args, { detached: true }),
		() => rmSync(state, { recursive: true, force: true }),
	);
}

/** What `spawn` starts on that port, again and again; `discard` removes the state that it leaves. */
export async function serverBy(port: number, spawn: () => Child, discard: () => void): Promise<DevServer> {
	let child: Child | null = null;
	const kill = async (): Promise<void> => {
		await child?.kill();
		child = null;
		await until(async () => !(await isOpen(port)), "its port is closed");
	};
	const launch = (): Child => {
		child = spawn();
		return child;
	};
	const start = (): Promise<void> => launch().answers(port);
	await start();
	return {
		url: `http://localhost:${port}`,
		kill,
		start,
		launch: () => void launch(),
		dispose: async () => {
			await kill();
			discard();
		},
	};
}
