/** An honest member among hostile ones: what it hears, checked as it comes, and how long its own words take. */
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { frameOf, OPCODE } from "../support/frames.ts";
import { RawSocket } from "../support/raw-socket.ts";

const PREFIX = "witness";

export class Witness {
	readonly name: string;
	/** From a publish to its own event, ms. */
	readonly delays: number[] = [];
	/** Of each witness, how many of its events were heard: they are numbered from 1. */
	readonly heard = new Map<string, number>();
	/** What was not as it should be. */
	readonly faults: string[] = [];
	published = 0;
	#head = 0;
	#welcomes = 0;
	#caughtUp = 0;
	#sentAt: number | null = null;
	readonly #socket: RawSocket;

	private constructor(url: string, name: string) {
		this.name = name;
		this.#socket = new RawSocket(url, "rotunda.v1", (message) => this.#hear(message));
	}

	static async join(url: string, name: string): Promise<Witness> {
		const witness = new Witness(url, name);
		await witness.#socket.until(() => witness.isClosed || witness.#caughtUp > 0);
		return witness;
	}

	get isClosed(): boolean {
		return this.#socket.closed !== null;
	}

	/** Publishes its next event, unless the last is still on its way. */
	publish(): void {
		if (this.#sentAt !== null) return;
		this.#sentAt = performance.now();
		const id = `${PREFIX}-${this.name}-${++this.published}`;
		void this.#socket.send(
			frameOf(OPCODE.text, Buffer.from(JSON.stringify({ type: "publish", id, name: "said", data: this.published }))),
		);
	}

	async untilHeard(name: string, count: number): Promise<void> {
		await this.#socket.until(() => this.isClosed || (this.heard.get(name) ?? 0) >= count);
	}

	leave(): void {
		this.#socket.leave();
	}

	#hear(message: ServerMessage): void {
		if (message.type === "welcome") {
			if (++this.#welcomes > 1) this.faults.push("It was welcomed twice.");
			this.#head = message.head;
		} else if (message.type === "caught-up") {
			if (++this.#caughtUp > 1) this.faults.push("It was paused.");
		} else if (message.type === "error") {
			this.faults.push(`It was refused ${message.code} of ${message.id}.`);
		} else if (message.type === "event" && this.#caughtUp > 0) {
			if (message.seq !== this.#head + 1) this.faults.push(`Heard ${message.seq} after ${this.#head}.`);
			this.#head = message.seq;
			const [prefix, name, number] = message.id?.split("-") ?? [];
			if (prefix === PREFIX && name !== undefined) this.#note(name, Number(number), message.data);
		}
	}

	#note(name: string, number: number, data: unknown): void {
		const before = this.heard.get(name) ?? 0;
		if (number !== before + 1 || data !== number) this.faults.push(`Heard ${name}'s ${number} after ${before}.`);
		this.heard.set(name, number);
		if (name !== this.name || this.#sentAt === null) return;
		this.delays.push(performance.now() - this.#sentAt);
		this.#sentAt = null;
	}
}
