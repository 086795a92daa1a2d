/** A queue in the soak's own process: at least once, in no order, a little late, and sometimes twice. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "../../simulation/random.ts";

const DELAY_MS_MAX = 200;
/** One message in so many is delivered twice, and one in so many is lost. */
const DOUBLED = 20;
const LOST = 500;
const ATTEMPTS_MAX = 10;

export class Queue {
	readonly #random: Random;
	readonly #server: Server;
	/** Where the consumer is. */
	consumer = "";
	delivered = 0;
	/** Deliveries of the webhook that arrived. */
	hooks = 0;
	#isClosed = false;

	private constructor(random: Random) {
		this.#random = random;
		this.#server = createServer((request, response) => {
			const parts: Buffer[] = [];
			request.on("data", (part: Buffer) => parts.push(part));
			request.on("end", () => {
				if (request.url === "/hook") this.hooks++;
				else for (const body of JSON.parse(Buffer.concat(parts).toString()) as unknown[]) this.#take(body);
				response.writeHead(204).end();
			});
		});
	}

	static async open(random: Random): Promise<Queue> {
		const queue = new Queue(random);
		await new Promise<void>((resolve) => queue.#server.listen(0, "127.0.0.1", resolve));
		return queue;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.#isClosed = true;
		this.#server.closeAllConnections();
		this.#server.close();
	}

	#take(body: unknown): void {
		if (this.#random.once(LOST)) return;
		for (let copies = this.#random.once(DOUBLED) ? 2 : 1; copies > 0; copies--) {
			this.#later(body, 1, this.#random.below(DELAY_MS_MAX));
		}
	}

	#later(body: unknown, attempts: number, ms: number): void {
		setTimeout(() => void this.#deliver(body, attempts), ms).unref();
	}

	async #deliver(body: unknown, attempts: number): Promise<void> {
		if (this.#isClosed) return;
		const queue = attempts > ATTEMPTS_MAX ? "rotunda-dead-jobs" : "rotunda-jobs";
		try {
			const answer = await fetch(this.consumer, { method: "POST", body: JSON.stringify({ queue, body, attempts }) });
			const fate = (await answer.json()) as { isDone: boolean; delaySeconds: number };
			if (fate.isDone) this.delivered++;
			else this.#later(body, attempts + 1, fate.delaySeconds * 1_000);
		} catch {
			this.#later(body, attempts + 1, 1_000);
		}
	}
}
