/** The world outside, in the test's own process: a page to unfurl, a webhook's receiver, and work done by hand. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import type { Event } from "../../src/protocol/messages.ts";

export const SECRET = `whsec_${btoa("a secret of 32 bytes, more or less")}`;

/** What is done of a job; what it throws is why the run failed. */
export type Work = (input: unknown, room: string) => unknown;

export interface Delivery {
	id: string;
	room: string;
	epoch: string;
	events: Event[];
}

export class Desk {
	/** By the kind's name. */
	readonly work: Record<string, Work> = {};
	/** What the receiver accepted, in order; what it did not is not here. */
	readonly deliveries: Delivery[] = [];
	/** Ids that it refused while it was down. */
	readonly refused: string[] = [];
	/** What the receiver answers to a delivery that it could take. */
	answers: (delivery: Delivery, bytes: number) => number = () => 204;
	/** The webhook's receiver, and the archive's database, for the room `down`. */
	isReceiverDown = false;
	/** How the queues' consumer fares: `dying` does everything, and dies before it acknowledges. */
	consumer: "up" | "down" | "dying" = "up";
	/** How often a consumer asked how it fares. */
	batches = 0;
	readonly #server: Server;

	private constructor() {
		this.#server = createServer((request, response) => {
			const parts: Buffer[] = [];
			request.on("data", (part: Buffer) => parts.push(part));
			request.on("end", async () => {
				const { status, body } = await this.#answer(
					request.url ?? "",
					Buffer.concat(parts).toString(),
					request.headers,
				);
				response.writeHead(status, { "Content-Type": body.startsWith("<") ? "text/html" : "application/json" });
				response.end(body);
			});
		});
	}

	static async open(): Promise<Desk> {
		const desk = new Desk();
		await new Promise<void>((resolve) => desk.#server.listen(0, "127.0.0.1", resolve));
		return desk;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	async #answer(path: string, body: string, headers: NodeJS.Dict<string | string[]>) {
		if (path.startsWith("/news")) return { status: 200, body: "<title>The news</title>" };
		if (path === "/is-down") return { status: 200, body: String(this.isReceiverDown) };
		if (path === "/consumer") {
			this.batches++;
			return { status: 200, body: this.consumer };
		}
		if (path === "/hook") return this.#receive(body, headers as Record<string, string>);
		const { room, input } = JSON.parse(body) as { room: string; input: unknown };
		try {
			const result = await this.work[path.slice("/kinds/".length)]?.(input, room);
			return { status: 200, body: JSON.stringify(result ?? null) };
		} catch (error) {
			return { status: 500, body: error instanceof Error ? error.message : "" };
		}
	}

	#receive(body: string, headers: Record<string, string>) {
		const id = headers["webhook-id"] ?? "";
		if (this.isReceiverDown) {
			this.refused.push(id);
			return { status: 503, body: "" };
		}
		const { data } = new Webhook(SECRET).verify(body, headers) as { data: Omit<Delivery, "id"> };
		const status = this.answers({ id, ...data }, Buffer.byteLength(body));
		if (status === 204) this.deliveries.push({ id, ...data });
		return { status, body: "" };
	}

	/** The seqs of a room's epoch that the receiver was told of, each where it came first. */
	seqsOf(room: string, epoch: string): number[] {
		const of = this.deliveries.filter((delivery) => delivery.room === room && delivery.epoch === epoch);
		return [...new Set(of.flatMap(({ events }) => events.map(({ seq }) => seq)))];
	}
}

/** Work that waits until the test says what came of it. */
export function byHand(): { work: Work; isAsked: () => boolean; say: (result: unknown) => void } {
	const { promise, resolve } = Promise.withResolvers<unknown>();
	let asked = 0;
	return {
		work: () => {
			asked++;
			return promise;
		},
		isAsked: () => asked > 0,
		say: resolve,
	};
}
