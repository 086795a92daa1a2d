/** `wrangler dev` as a person starts it: a process group of its own, on state that outlives it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILT_CONFIG } from "./built-config.ts";
import { freePort, isOpen } from "./ports.ts";

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
	let child: ChildProcess | null = null;

	const kill = async (): Promise<void> => {
		const pid = child?.pid;
		child = null;
		if (pid !== undefined) {
			try {
				process.kill(-pid, "SIGKILL");
			} catch {
				// Gone already.
			}
		}
		await until(async () => !(await isOpen(port)), "its port is closed");
	};
	let output: string[] = [];
	const launch = (): ChildProcess => {
		const said: string[] = [];
		output = said;
		const started = spawn("wrangler", args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
		child = started;
		for (const stream of [started.stdout, started.stderr]) stream.on("data", (data) => said.push(String(data)));
		return started;
	};
	const start = async (): Promise<void> => {
		const started = launch();
		await until(
			async () => {
				if (started.exitCode !== null) throw new Error(`wrangler dev ended:\n${output.join("")}`);
				return fetch(`http://127.0.0.1:${port}/health`).then(
					(answer) => answer.ok,
					() => false,
				);
			},
			"wrangler dev answers",
			() => output.join(""),
		);
	};
	await start();
	return {
		url: `http://localhost:${port}`,
		kill,
		start,
		launch: () => void launch(),
		dispose: async () => {
			await kill();
			rmSync(state, { recursive: true, force: true });
		},
	};
}

/** Asks until it is so; across processes there is no event to await, else `news` resolves with the next one. */
export async function until(
	isSo: () => boolean | Promise<boolean>,
	what: string,
	more: () => string = () => "",
	deadlineMs = 60_000,
	news: () => Promise<void> = () => new Promise(() => {}),
): Promise<void> {
	const giveUpAt = Date.now() + deadlineMs;
	while (!(await isSo())) {
		if (Date.now() > giveUpAt) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}. ${more()}`);
		await soonOr(news());
	}
}

/** After the news, or after a little while without. */
async function soonOr(news: Promise<void>): Promise<void> {
	const { promise: soon, resolve } = Promise.withResolvers<void>();
	const timer = setTimeout(resolve, 25);
	await Promise.race([news, soon]);
	clearTimeout(timer);
}
