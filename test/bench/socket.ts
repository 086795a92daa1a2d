/**
 * One member's WebSocket (RFC 6455), as the load generator needs it: what arrives is read into one buffer that all of
 * them share, and a frame that came in parts is put together in one that its socket keeps. Nothing is allocated a frame:
 * `ws` spends 20 to 50 µs on one of 50 KB, most of it in buffers, and then it is the generator that is measured. It
 * understands what the contenders send, whole messages uncompressed and unmasked, and throws at anything else.
 */
import { randomBytes, randomFillSync } from "node:crypto";
import { type Socket as Connection, connect } from "node:net";
import WebSocket from "ws";

export interface Socket {
	send(text: string): void;
	readonly isOpen: boolean;
	/** Gone at once, without a word. */
	terminate(): void;
}

/** Gets each message. It holds only until this returns: what is to be kept is copied. */
export type Hear = (message: Buffer) => void;

const READ_BYTES = 256 * 1024;
const READ = Buffer.allocUnsafeSlow(READ_BYTES);
/** No server's greeting is longer. */
const HEAD_BYTES_MAX = 16 * 1024;

const [TEXT, BINARY, CLOSE, PING, PONG] = [0x1, 0x2, 0x8, 0x9, 0xa];
const FIN = 0x80;
const MASKED = 0x80;

/** Opens one; rejects where the server refuses it. */
export function openSocket(url: string, hear: Hear): Promise<Socket> {
	const { hostname, port, pathname, search } = new URL(url);
	return new Promise((resolve, reject) => {
		const frames = new Frames((opcode, body) => {
			if (opcode === TEXT || opcode === BINARY) hear(body);
			else if (opcode === PING) connection.write(frameOf(PONG, body));
			else if (opcode === CLOSE) connection.destroy();
		});
		let head: Buffer | null = Buffer.alloc(0);
		const read = (chunk: Buffer): void => {
			if (head === null) return frames.read(chunk);
			head = Buffer.concat([head, chunk]);
			const end = head.indexOf("\r\n\r\n");
			if (end === -1 && head.length < HEAD_BYTES_MAX) return;
			const [status = ""] = head.toString("latin1").split("\r\n", 1);
			if (end === -1 || !/^HTTP\/1\.1 101 /.test(status))
				return void connection.destroy(new Error(`${url}: ${status}`));
			const rest = head.subarray(end + 4);
			head = null;
			resolve(new Bare(connection));
			frames.read(rest);
		};
		const connection = connect({
			host: hostname,
			port: Number(port),
			noDelay: true,
			onread: {
				buffer: READ,
				callback: (length) => {
					read(READ.subarray(0, length));
					return true;
				},
			},
		});
		connection.on("error", reject);
		connection.on("close", () => reject(new Error(`${url}: closed before it was open`)));
		connection.write(
			`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
		);
	});
}

/** The same by `ws`, which can compress: as Chromium does, `permessage-deflate; client_max_window_bits`, everything. */
export function openDeflating(url: string, hear: Hear): Promise<Socket> {
	const socket = new WebSocket(url, { perMessageDeflate: { threshold: 0 }, skipUTF8Validation: true });
	socket.on("message", (message: Buffer) => hear(message));
	return new Promise((resolve, reject) => {
		socket.on("error", reject);
		socket.on("open", () =>
			resolve({
				send: (text) => socket.send(text),
				terminate: () => socket.terminate(),
				get isOpen() {
					return socket.readyState === WebSocket.OPEN;
				},
			}),
		);
	});
}

class Bare implements Socket {
	readonly #connection: Connection;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	send(text: string): void {
		this.#connection.write(frameOf(TEXT, Buffer.from(text)));
	}

	get isOpen(): boolean {
		return !this.#connection.destroyed && this.#connection.writable;
	}

	terminate(): void {
		this.#connection.destroy();
	}
}

/** A client's frame, masked as RFC 6455, 5.3 asks for. */
function frameOf(opcode: number, body: Buffer): Buffer {
	const size = body.length < 126 ? 2 : body.length < 0x10000 ? 4 : 10;
	const frame = Buffer.allocUnsafe(size + 4 + body.length);
	frame[0] = FIN | opcode;
	frame[1] = MASKED | (size === 2 ? body.length : size === 4 ? 126 : 127);
	if (size === 4) frame.writeUInt16BE(body.length, 2);
	if (size === 10) frame.writeBigUInt64BE(BigInt(body.length), 2);
	randomFillSync(frame, size, 4);
	const start = size + 4;
	for (let i = 0; i < body.length; i++) frame[start + i] = (body[i] as number) ^ (frame[size + (i & 3)] as number);
	return frame;
}

/** Takes a server's frames apart. */
class Frames {
	readonly #hear: (opcode: number, body: Buffer) => void;
	/** What has come of a frame that is not whole yet, at its beginning. */
	#held = Buffer.alloc(0);
	#length = 0;

	constructor(hear: (opcode: number, body: Buffer) => void) {
		this.#hear = hear;
	}

	read(chunk: Buffer): void {
		if (this.#length === 0) {
			const taken = this.#take(chunk);
			if (taken < chunk.length) this.#hold(chunk.subarray(taken));
			return;
		}
		this.#hold(chunk);
		const all = this.#held.subarray(0, this.#length);
		const taken = this.#take(all);
		if (taken === 0) return;
		this.#held.copyWithin(0, taken, this.#length);
		this.#length -= taken;
	}

	#hold(chunk: Buffer): void {
		const length = this.#length + chunk.length;
		if (length > this.#held.length) {
			const larger = Buffer.allocUnsafeSlow(2 * length);
			this.#held.copy(larger, 0, 0, this.#length);
			this.#held = larger;
		}
		chunk.copy(this.#held, this.#length);
		this.#length = length;
	}

	/** Hears all whole frames of it; says how many bytes they were. */
	#take(bytes: Buffer): number {
		for (let at = 0; ; ) {
			if (at + 2 > bytes.length) return at;
			const [first, second] = [bytes[at] as number, bytes[at + 1] as number];
			const opcode = first & 0x0f;
			if ((first & 0xf0) !== FIN || opcode === 0 || second >= MASKED)
				throw new Error(`A frame that begins ${first}, ${second} is none of a message sent whole and uncompressed.`);
			const size = second < 126 ? 2 : second === 126 ? 4 : 10;
			if (at + size > bytes.length) return at;
			const length =
				size === 2 ? second : size === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
			const start = at + size;
			if (start + length > bytes.length) return at;
			this.#hear(opcode, bytes.subarray(start, start + length));
			at = start + length;
		}
	}
}
