/** A WebSocket of which every byte is the test's own: what no legal client can send, this one can. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { ServerMessage } from "../../src/protocol/messages.ts";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame departs from what it should be. */
export interface Oddity {
	/** False for the first parts of a message in fragments. */
	isLast?: boolean;
	/** The three reserved bits. */
	reserved?: number;
	/** Null sends it unmasked, which a client must not. */
	mask?: Buffer | null;
	/** What its head says of its length. */
	length?: number | bigint;
}

/** Without a mask of its own a frame is masked by zeros: legal, and as fast as the memory. */
const ZEROS = Buffer.alloc(4);

/** A frame as bytes. */
export function frameOf(opcode: number, payload: Buffer, oddity: Oddity = {}): Buffer {
	const { isLast = true, reserved = 0, mask = ZEROS, length = payload.length } = oddity;
	const first = (isLast ? 128 : 0) | (reserved << 4) | opcode;
	const masked = mask === null ? 0 : 128;
	let head: Buffer;
	if (length < 126) head = Buffer.from([first, masked | Number(length)]);
	else if (length < 65_536) head = Buffer.from([first, masked | 126, Number(length) >> 8, Number(length) & 255]);
	else {
		head = Buffer.alloc(10);
		head.set([first, masked | 127]);
		head.writeBigUInt64BE(BigInt(length), 2);
	}
	if (mask === null) return Buffer.concat([head, payload]);
	const isPlain = mask.every((byte) => byte === 0);
	const body = isPlain ? payload : payload.map((byte, index) => byte ^ (mask[index % 4] as number));
	return Buffer.concat([head, mask, body]);
}

export class RawSocket {
	/** False for one that leaves a close unanswered, and its cable plugged in. */
	readonly isPolite: boolean;
	/** How it ended; 1006 where nobody said so. */
	closed: { code: number } | null = null;
	readonly #socket: Socket;
	readonly #hear: (message: ServerMessage) => void;
	#unread: Buffer = Buffer.alloc(0);
	#isUpgraded = false;
	#waiting: (() => void)[] = [];

	/** Asks to join; `hear` is told every message. */
	constructor(url: string, protocols: string, hear: (message: ServerMessage) => void, isPolite = true) {
		const { hostname, port, pathname, search } = new URL(url);
		this.#hear = hear;
		this.isPolite = isPolite;
		this.#socket = connect(Number(port), hostname);
		this.#socket.on("data", (data) => this.#take(data));
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => this.#end(1006));
		this.#socket.write(
			`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
				`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocols}\r\n` +
				`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
		);
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
		this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
		if (!this.#isUpgraded) {
			const end = this.#unread.indexOf("\r\n\r\n");
			if (end === -1) return;
			if (!this.#unread.toString("latin1", 0, 12).endsWith("101")) return this.leave();
			this.#isUpgraded = true;
			this.#unread = this.#unread.subarray(end + 4);
		}
		while (this.#takeFrame());
		this.#wake();
	}

	/** The server's frames are whole, and not masked. */
	#takeFrame(): boolean {
		const unread = this.#unread;
		if (unread.length < 2) return false;
		const short = (unread[1] as number) & 127;
		const head = short < 126 ? 2 : short === 126 ? 4 : 10;
		if (unread.length < head) return false;
		const length = short < 126 ? short : short === 126 ? unread.readUInt16BE(2) : Number(unread.readBigUInt64BE(2));
		if (unread.length < head + length) return false;
		const payload = unread.subarray(head, head + length);
		this.#unread = unread.subarray(head + length);
		const opcode = (unread[0] as number) & 15;
		if (opcode === OPCODE.text) {
			const text = payload.toString("utf8");
			if (text !== "pong") for (const message of JSON.parse(text) as ServerMessage[]) this.#hear(message);
		} else if (opcode === OPCODE.close) {
			this.#end(payload.length < 2 ? 1005 : payload.readUInt16BE(0));
			if (this.isPolite) this.#socket.end(frameOf(OPCODE.close, payload));
		}
		return true;
	}
}
