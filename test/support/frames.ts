/** The WebSocket protocol's bytes (RFC 6455), for sockets that do what no legal client does. */
import { randomBytes } from "node:crypto";

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

/** What asks a server for an upgrade; `protocols` as the header says them, or null; `address` as the platform's front would name it. */
export function upgradeOf(url: string, protocols: string | null, address: string | null = null): string {
	const { host, pathname, search } = new URL(url);
	const offered = protocols === null ? "" : `Sec-WebSocket-Protocol: ${protocols}\r\n`;
	const from = address === null ? "" : `CF-Connecting-IP: ${address}\r\n`;
	return (
		`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
		`Sec-WebSocket-Version: 13\r\n${offered}${from}Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`
	);
}

/** Reads what a server sends: its answer to the upgrade, and then frames, which are whole and not masked. */
export class ServerFrames {
	readonly #heard: (opcode: number, payload: Buffer) => void;
	readonly #refused: () => void;
	#unread: Buffer = Buffer.alloc(0);
	#isUpgraded = false;

	constructor(heard: (opcode: number, payload: Buffer) => void, refused: () => void) {
		this.#heard = heard;
		this.#refused = refused;
	}

	take(data: Buffer): void {
		this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
		if (!this.#isUpgraded) {
			const end = this.#unread.indexOf("\r\n\r\n");
			if (end === -1) return;
			if (!this.#unread.toString("latin1", 0, 12).endsWith("101")) return this.#refused();
			this.#isUpgraded = true;
			this.#unread = this.#unread.subarray(end + 4);
		}
		while (this.#takeFrame());
	}

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
		this.#heard((unread[0] as number) & 15, payload);
		return true;
	}
}

/** The code that a close frame carries. */
export function closeCodeOf(payload: Buffer): number {
	return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}
