/** A WebSocket over a bare TCP socket that reads only when it is told to: a tab that hangs, a phone in a tunnel. */
import { connect, type Socket } from "node:net";
import type { Event, ServerMessage } from "../../src/protocol/messages.ts";
import { closeCodeOf, frameOf, OPCODE, ServerFrames, upgradeOf } from "./frames.ts";
import { until } from "./until.ts";

export class SlowReader {
	readonly heard: ServerMessage[] = [];
	closed: { code: number } | null = null;
	readonly #socket: Socket;
	readonly #frames = new ServerFrames(
		(opcode, payload) => this.#takeFrame(opcode, payload),
		() => {
			throw new Error("The join was refused.");
		},
	);

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on("data", (data) => this.#frames.take(data));
		socket.on("error", () => {});
		socket.on("close", () => {
			this.closed ??= { code: 1006 };
		});
	}

	/** Joins, and waits until it has caught up. */
	static async join(url: string): Promise<SlowReader> {
		const reader = SlowReader.knock(url);
		await reader.waits(() => reader.all("caught-up").length > 0, "caught up");
		return reader;
	}

	/** Asks to join, and reads nothing yet of what is answered where `reads` is false. */
	static knock(url: string, reads = true): SlowReader {
		const { hostname, port } = new URL(url);
		const reader = new SlowReader(connect(Number(port), hostname));
		if (!reads) reader.stop();
		reader.#socket.write(upgradeOf(url, null));
		return reader;
	}

	stop(): void {
		this.#socket.pause();
	}

	readOn(): void {
		this.#socket.resume();
	}

	send(text: string): void {
		this.#socket.write(frameOf(OPCODE.text, Buffer.from(text)));
	}

	leave(): void {
		this.#socket.destroy();
	}

	all<T extends ServerMessage["type"]>(type: T) {
		return this.heard.filter((message): message is Extract<ServerMessage, { type: T }> => message.type === type);
	}

	get events(): Event[] {
		return this.all("event");
	}

	get seqs(): number[] {
		return this.events.map(({ seq }) => seq);
	}

	async waits(isSo: () => boolean, what: string, deadlineMs?: number): Promise<void> {
		const seen = (): string => `Heard ${this.heard.length}, closed ${JSON.stringify(this.closed)}.`;
		await until(isSo, what, seen, deadlineMs);
	}

	#takeFrame(opcode: number, payload: Buffer): void {
		if (opcode === OPCODE.text) {
			const text = payload.toString("utf8");
			if (text !== "pong") this.heard.push(...(JSON.parse(text) as ServerMessage[]));
		} else if (opcode === OPCODE.close) {
			this.closed = { code: closeCodeOf(payload) };
			this.#socket.end(frameOf(OPCODE.close, payload));
		}
	}
}
