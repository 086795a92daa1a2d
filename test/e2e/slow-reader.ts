/** A WebSocket over a bare TCP socket that reads only when it is told to: a tab that hangs, a phone in a tunnel. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Event, ServerMessage } from "../../src/protocol/messages.ts";
import { until } from "./dev-server.ts";

export class SlowReader {
	readonly heard: ServerMessage[] = [];
	closed: { code: number } | null = null;
	readonly #socket: Socket;
	#unread: Buffer = Buffer.alloc(0);
	#isUpgraded = false;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on("data", (data) => this.#take(data));
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
		const { hostname, port, pathname, search } = new URL(url);
		const reader = new SlowReader(connect(Number(port), hostname));
		if (!reads) reader.stop();
		reader.#socket.write(
			`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
				`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
		);
		return reader;
	}

	stop(): void {
		this.#socket.pause();
	}

	readOn(): void {
		this.#socket.resume();
	}

	/** At most 64 KiB. */
	send(text: string): void {
		this.#frame(0x81, Buffer.from(text));
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

	#take(data: Buffer): void {
		this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
		if (!this.#isUpgraded) {
			const end = this.#unread.indexOf("\r\n\r\n");
			if (end === -1) return;
			if (!this.#unread.toString("latin1", 0, 12).endsWith("101")) throw new Error("The join was refused.");
			this.#isUpgraded = true;
			this.#unread = this.#unread.subarray(end + 4);
		}
		while (this.#takeFrame());
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
		const kind = (unread[0] as number) & 15;
		if (kind === 1) {
			const text = payload.toString("utf8");
			if (text !== "pong") this.heard.push(...(JSON.parse(text) as ServerMessage[]));
		} else if (kind === 8) {
			this.closed = { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0) };
			this.#frame(0x88, payload);
			this.#socket.end();
		}
		return true;
	}

	#frame(first: number, payload: Buffer): void {
		const mask = randomBytes(4);
		const { length } = payload;
		const head =
			length < 126 ? Buffer.from([first, 128 | length]) : Buffer.from([first, 254, length >> 8, length & 255]);
		const body = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] as number)));
		this.#socket.write(Buffer.concat([head, mask, body]));
	}
}
