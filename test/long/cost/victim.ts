/** The handle of the one whose latency is watched (victim-thread.ts). */
import { Worker } from "node:worker_threads";

export class Victim {
	readonly #thread: Worker;

	private constructor(thread: Worker) {
		this.#thread = thread;
	}

	/** Resolves when it is in the room. */
	static async join(url: string, address: string): Promise<Victim> {
		const thread = new Worker(new URL("./victim-thread.ts", import.meta.url), { workerData: { url, address } });
		await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
		return new Victim(thread);
	}

	begin(): void {
		this.#thread.postMessage("begin");
	}

	stop(): void {
		this.#thread.postMessage("stop");
	}

	/** How long each of its events took to come back since it began, ms. */
	async take(): Promise<number[]> {
		const taken = new Promise<number[]>((resolve) => {
			const hear = (said: number[] | "in"): void => {
				if (said === "in") return;
				this.#thread.off("message", hear);
				resolve(said);
			};
			this.#thread.on("message", hear);
		});
		this.#thread.postMessage("take");
		return taken;
	}

	async leave(): Promise<void> {
		await this.#thread.terminate();
	}
}
