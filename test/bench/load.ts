/**
 * The load generator: the same for all contenders. Every message is counted on every socket and its
 * order is checked: each socket's frames are compared, byte by byte, with the first copy of that
 * frame that arrived anywhere, which alone is parsed. What differs is a fault, and is counted.
 */
import WebSocket from "ws";
import type { Contender } from "./contenders.ts";

export interface Faults {
	lost: number;
	doubled: number;
	reordered: number;
}

interface Seen {
	frame: Buffer;
	count: number;
	/** Who sent how many of its messages. */
	from: Map<number, number>;
	texts: string[];
}

export class Load {
	readonly #contender: Contender;
	readonly #url: string;
	readonly sockets: WebSocket[] = [];
	#heard: number[] = [];
	#log: Seen[] = [];
	#mismatched = 0;
	#sent: number[] = [];
	#run = 0;
	/** Messages received by all sockets together. */
	delivered = 0;
	onOwn: ((publisher: number, count: number) => void) | null = null;
	onFrame: ((socket: number, seen: { texts: string[] }) => void) | null = null;

	constructor(contender: Contender, port: number, room: string) {
		this.#contender = contender;
		this.#url = `ws://127.0.0.1:${port}${contender.path(room)}`;
	}

	/** Joins `count` sockets, a few at a time, and waits until all are told what a newcomer is told. */
	async join(count: number): Promise<void> {
		for (let i = 0; i < count; i += 50) {
			await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, n) => this.#open(i + n)));
		}
		await quiet(() => this.#frames);
		this.#heard = this.sockets.map(() => 0);
		this.#sent = this.sockets.map(() => 0);
		this.#log = [];
		this.#isCounting = true;
	}

	#frames = 0;
	#isCounting = false;

	#open(index: number): Promise<void> {
		return new Promise((resolve, reject) => {
			const socket = new WebSocket(this.#url, { perMessageDeflate: false, skipUTF8Validation: true });
			this.sockets[index] = socket;
			socket.on("error", reject);
			socket.on("open", () => {
				if (this.#contender.name === "Socket.IO") socket.send("40");
				if (!this.#contender.welcomes) resolve();
			});
			socket.on("message", (frame: Buffer) => {
				this.#frames++;
				resolve();
				if (this.#isCounting) this.#hear(index, frame);
			});
		});
	}

	#hear(index: number, frame: Buffer): void {
		const place = this.#heard[index] as number;
		let seen = this.#log[place];
		if (seen === undefined) {
			seen = this.#read(frame);
			this.#log[place] = seen;
		} else if (!seen.frame.equals(frame)) {
			this.#mismatched++;
			seen = this.#read(frame);
		}
		this.#heard[index] = place + 1;
		this.delivered += seen.count;
		this.onFrame?.(index, seen);
		const own = seen.from.get(index);
		if (own !== undefined) this.onOwn?.(index, own);
	}

	#read(frame: Buffer): Seen {
		const texts = this.#contender.decode(frame.toString("utf8"));
		const from = new Map<number, number>();
		for (const text of texts) {
			const publisher = Number.parseInt(text, 10);
			from.set(publisher, (from.get(publisher) ?? 0) + 1);
		}
		return { frame, count: texts.length, from, texts };
	}

	/** Publishes the publisher's next message, of `bytes` bytes; `stamp` travels in it. */
	publish(publisher: number, bytes: number, stamp = ""): void {
		const n = this.#sent[publisher] as number;
		this.#sent[publisher] = n + 1;
		const text = `${publisher}:${n}:${stamp}:`.padEnd(bytes, "x");
		this.sockets[publisher]?.send(this.#contender.encode(text, `${this.#run}-${publisher}-${n}`, n % 64));
	}

	get sent(): number {
		return this.#sent.reduce((sum, n) => sum + n, 0);
	}

	/** Waits until everything sent has arrived everywhere, or nothing moves any more; counts what is wrong. */
	async settle(): Promise<Faults> {
		const all = this.sent * this.sockets.length;
		await quiet(
			() => this.delivered,
			() => this.delivered >= all,
		);
		const next = new Map<number, number>();
		const seen = new Set<string>();
		let [doubled, reordered] = [0, this.#mismatched];
		for (const { texts } of this.#log) {
			for (const text of texts) {
				const [publisher = 0, n = 0] = text.split(":", 2).map(Number);
				const key = `${publisher}:${n}`;
				if (seen.has(key)) doubled++;
				seen.add(key);
				if (n < (next.get(publisher) ?? 0)) reordered++;
				next.set(publisher, n + 1);
			}
		}
		return { lost: Math.max(0, all - this.delivered), doubled, reordered };
	}

	close(): void {
		for (const socket of this.sockets) socket.terminate();
	}
}

/** Resolves when the number has stood still for a while, or as soon as `isDone`. */
async function quiet(read: () => number, isDone: () => boolean = () => false): Promise<void> {
	for (let last = -1, still = 0; still < 8 && !isDone(); ) {
		await new Promise((resolve) => setTimeout(resolve, 50));
		const now = read();
		still = now === last ? still + 1 : 0;
		last = now;
	}
}
