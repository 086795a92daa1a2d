/** A WebSocket of which every byte is the test's own: what no legal client can send, this one can. */
import { connect, type Socket } from "node:net";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { closeCodeOf, frameOf, OPCODE, ServerFrames, upgradeOf } from "./frames.ts";

export class RawSocket {
	/** False for one that leaves a close unanswered, and its cable plugged in. */
	readonly isPolite: boolean;
	/** How it ended; 1006 where nobody said so. */
	closed: { code: number } | null = null;
	readonly #socket: Socket;
	readonly #hear: (message: ServerMessage) => void;
	readonly #frames = new ServerFrames(
		(opcode, payload) => this.#takeFrame(opcode, payload),
		() => this.leave(),
	);
	#waiting: (() => void)[] = [];

	/** Asks to join; `hear` is told every message. */
	constructor(url: string, protocols: string | null, hear: (message: ServerMessage) => void, isPolite = true) {
		const { hostname, port } = new URL(url);
		this.#hear = hear;
		this.isPolite = isPolite;
		this.#socket = connect(Number(port), hostname);
		this.#socket.on("data", (data) => this.#take(data));
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => this.#end(1006));
		this.#socket.write(upgradeOf(url, protocols));
	}

	/** Resolves when the bytes are on their way, or when nobody reads them any more. */
	async send(bytes: Buffer): Promise<void> {
		if (this.closed !== null || this.#socket.write(bytes)) return;
		this.#socket.once("drain", () => this.#wake());
		await this.until(() => this.closed !== null || !this.#socket.writableNeedDrain);
	}

	/** Sends on though it was closed. */
	insist(bytes: Buffer): void {
		if (!this.#socket.destroyed) this.#socket.write(bytes);
	}

	/** Reads nothing until it reads on. */
	stop(): void {
		this.#socket.pause();
	}

	readOn(): void {
		this.#socket.resume();
	}

	leave(): void {
		this.#socket.destroy();
		this.#end(1006);
	}

	/** Waits until it is so, and is asked anew whenever something has come; false where it is not so in time. */
	async until(isSo: () => boolean, deadlineMs = 30_000): Promise<boolean> {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.#wake();
		}, deadlineMs);
		while (!isLate && !isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		clearTimeout(timer);
		return isSo();
	}

	#end(code: number): void {
		this.closed ??= { code };
		this.#wake();
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	#take(data: Buffer): void {
		this.#frames.take(data);
		this.#wake();
	}

	#takeFrame(opcode: number, payload: Buffer): void {
		if (opcode === OPCODE.text) {
			const text = payload.toString("utf8");
			if (text !== "pong") for (const message of JSON.parse(text) as ServerMessage[]) this.#hear(message);
		} else if (opcode === OPCODE.close) {
			this.#end(closeCodeOf(payload));
			if (this.isPolite) this.#socket.end(frameOf(OPCODE.close, payload));
		}
	}
}
