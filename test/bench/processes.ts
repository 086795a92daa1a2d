/** Starts a server in a process of its own, on the first core where cores can be chosen. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { freePort, isOpen } from "../support/ports.ts";

export interface Running {
	port: number;
	pid: number;
	stop(): Promise<void>;
}

/** Where both can be had, the server gets one core and the load generator the other. */
export const CAN_PIN = process.platform === "linux" && has("taskset");
/** Where a process's memory can be read. */
export const CAN_WEIGH = process.platform === "linux";

export function has(command: string): boolean {
	try {
		execFileSync("which", [command], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

/** `args` gets the port; resolves when the server listens. */
export async function serve(command: string, args: (port: number) => string[]): Promise<Running> {
	const port = await freePort();
	const [program, ...rest] = CAN_PIN ? ["taskset", "-c", "0", command, ...args(port)] : [command, ...args(port)];
	const child = spawn(program as string, rest, {
		stdio: ["ignore", "ignore", process.env.BENCH_LOG ? "inherit" : "ignore"],
	});
	for (let tries = 0; !(await isOpen(port)); tries++) {
		if (child.exitCode !== null || tries > 400) throw new Error(`${command} does not listen.`);
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	return { port, pid: child.pid as number, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => {
		child.once("exit", () => resolve());
		child.kill("SIGKILL");
	});
}

/** Moves this process, the load generator, to the other core. */
export function pinSelf(): void {
	if (!CAN_PIN) return;
	const pin = (): unknown => execFileSync("taskset", ["-a", "-c", "-p", "1", String(process.pid)], { stdio: "ignore" });
	try {
		pin();
	} catch {
		// A thread that ended while its turn came makes the whole fail; by the second time it is not in the list.
		pin();
	}
}

/** The memory that the process holds now, in bytes. */
export function residentBytes(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1] ?? Number.NaN) * 1024;
}
