/** A process of a test's own. `detached` gives it a group of its own: whatever it starts is killed with it. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { until } from "./until.ts";

export class Child {
	/** What it wrote, where nothing else was asked of its streams. */
	readonly said: string[] = [];
	/** Its exit code, when it has ended, whoever ended it. */
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;
	readonly #hasGroup: boolean;

	constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
		this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
		this.#hasGroup = options.detached === true;
		for (const stream of [this.#child.stdout, this.#child.stderr])
			stream?.on("data", (data) => this.said.push(String(data)));
		this.ended = new Promise((resolve) => this.#child.once("close", resolve));
	}

	get pid(): number {
		return this.#child.pid ?? 0;
	}

	/** Waits until it is so. @throws Error with what it said, where it ends before. */
	until(isSo: () => Promise<boolean>, what: string): Promise<void> {
		const look = async (): Promise<boolean> => {
			const { exitCode, signalCode } = this.#child;
			if (exitCode === null && signalCode === null) return isSo();
			await this.ended;
			throw new Error(`It ended:\n${this.said.join("")}`);
		};
		return until(look, what, () => this.said.join(""));
	}

	/** Waits until the server that it is answers. */
	answers(port: number): Promise<void> {
		const ask = (): Promise<boolean> =>
			fetch(`http://127.0.0.1:${port}/health`).then(
				(answer) => answer.ok,
				() => false,
			);
		return this.until(ask, "it answers");
	}

	async kill(): Promise<void> {
		try {
			process.kill(this.#hasGroup ? -this.pid : this.pid, "SIGKILL");
		} catch {
			// Gone already.
		}
		await this.ended;
	}

	/** Resident bytes; null where `/proc` does not tell. */
	memory(): number | null {
		return this.#memoryOf("VmRSS");
	}

	/** The most of them since it was last forgotten. */
	memoryPeak(): number | null {
		return this.#memoryOf("VmHWM");
	}

	forgetMemoryPeak(): void {
		try {
			writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
		} catch {
			// It has ended, or there is no such file here.
		}
	}

	#memoryOf(line: "VmRSS" | "VmHWM"): number | null {
		try {
			const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
			const [, kib] = new RegExp(`${line}:\\s+(\\d+) kB`).exec(status) ?? [];
			return kib === undefined ? null : Number(kib) * 1024;
		} catch {
			return null;
		}
	}
}
