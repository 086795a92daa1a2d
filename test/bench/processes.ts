/** Starts a server in a process of its own, on the first core where cores can be chosen. */
import { execFileSync } from "node:child_process";
import { Child } from "../support/child.ts";
import { freePort, isOpen } from "../support/ports.ts";
import { type Served, type Way, type Worker, workerd } from "../support/workerd.ts";

export type Running = Pick<Served, "port" | "child" | "dispose">;

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

/** How servers are started here: on the first core, where cores can be chosen. */
export const PINNED: Way = {
	through: CAN_PIN ? ["taskset", "-c", "0"] : [],
	spawning: { stdio: ["ignore", "ignore", process.env.BENCH_LOG ? "inherit" : "ignore"] },
};

/** `args` gets the port; resolves when the server listens. */
export async function serve(program: string, args: (port: number) => string[]): Promise<Running> {
	const port = await freePort();
	const [command = "", ...rest] = [...(PINNED.through ?? []), program, ...args(port)];
	const child = new Child(command, rest, PINNED.spawning);
	await child.until(() => isOpen(port), `${program} listens`);
	return { port, child, dispose: () => child.kill() };
}

/** workerd on a Worker's bundle; resolves when it listens. */
export async function serveWorker(worker: Worker): Promise<Running> {
	const running = await workerd(worker, PINNED);
	await running.child.until(() => isOpen(running.port), "workerd listens");
	return running;
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
