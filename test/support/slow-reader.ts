/** A WebSocket over a bare TCP socket that reads only when it is told to: a tab that hangs, a phone in a tunnel. */
import { frameOf, OPCODE } from "./frames.ts";
import { Hearer } from "./hearer.ts";
import { RawSocket } from "./raw-socket.ts";
import { until } from "./until.ts";

export class SlowReader extends Hearer {
	readonly #socket: RawSocket;

	private constructor(url: string) {
		super();
		this.#socket = new RawSocket(url, null, (message) => this.heard.push(message));
	}

	get closed(): { code: number } | null {
		return this.#socket.closed;
	}

	/** Joins, and waits until it has caught up. */
	static async join(url: string): Promise<SlowReader> {
		const reader = SlowReader.knock(url);
		await reader.waits(() => reader.all("caught-up").length > 0, "caught up");
		return reader;
	}

	/** Asks to join, and reads nothing yet of what is answered where `reads` is false. */
	static knock(url: string, reads = true): SlowReader {
		const reader = new SlowReader(url);
		if (!reads) reader.stop();
		return reader;
	}

	stop(): void {
		this.#socket.stop();
	}

	readOn(): void {
		this.#socket.readOn();
	}

	send(text: string): void {
		void this.#socket.send(frameOf(OPCODE.text, Buffer.from(text)));
	}

	leave(): void {
		this.#socket.leave();
	}

	async waits(isSo: () => boolean, what: string, deadlineMs?: number): Promise<void> {
		const seen = (): string => `Heard ${this.heard.length}, closed ${JSON.stringify(this.closed)}.`;
		await until(isSo, what, seen, deadlineMs);
	}
}
