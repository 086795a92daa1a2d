/**
 * The load generator: the same for all contenders. Every message is counted on every socket and its
 * order is checked: each socket's frames are compared, byte by byte, with the first copy of that
 * frame that arrived anywhere, which alone is parsed. One that came in other frames than the others
 * is parsed too, message by message. What differs is a fault, and is counted.
 */
import type { Contender } from "./contenders.ts";
import { openDeflating, openSocket, type Socket } from "./socket.ts";

export interface Faults {
	lost: number;
	doubled: number;
	reordered: number;
}

export const faultless: Faults = { lost: 0, doubled: 0, reordered: 0 };

export interface Seen {
	frame: Buffer;
	/** How many sockets have heard it: when all have, nothing is left to compare it with. */
	heardBy: number;
	/** Who sent how many of its messages. */
	from: Map<number, number>;
	/** Each message, by its publisher, its number and its length. */
	keys: string[];
	/** When each was published, by the clock of this process, ms. */
	sentAt: number[];
}

export class Load {
	readonly #contender: Contender;
	readonly #url: string;
	readonly #isCompressed: boolean;
	readonly sockets: Socket[] = [];
	/** Where each socket is in the one order. */
	#place: number[] = [];
	/** The one order, as whoever was first to hear a message heard it. */
	#order: string[] = [];
	/** Frames by the place at which they begin. */
	#log = new Map<number, Seen[]>();
	#mismatched = 0;
	#sent: number[] = [];
	#run = 0;
	#frames = 0;
	#isCounting = false;
	/** Messages received by all sockets together. */
	delivered = 0;
	onOwn: ((publisher: number, count: number) => void) | null = null;
	onFrame: ((seen: Seen) => void) | null = null;

	constructor(contender: Contender, port: number, room: string, isCompressed = false) {
		this.#contender = contender;
		this.#url = `ws://127.0.0.1:${port}${contender.path(room)}`;
		this.#isCompressed = isCompressed;
	}

	/** Joins `count` sockets, a tenth of them at once, and waits until all are told what a newcomer is told. */
	async join(count: number): Promise<void> {
		const atOnce = Math.max(50, Math.ceil(count / 10));
		for (let i = 0; i < count; i += atOnce) {
			await Promise.all(Array.from({ length: Math.min(atOnce, count - i) }, (_, n) => this.#open(i + n)));
		}
		await quiet(() => this.#frames, 200);
		this.begin();
	}

	/** Begins to count anew, for the next figure from the same members. */
	begin(): void {
		this.#place = this.sockets.map(() => 0);
		this.#sent = this.sockets.map(() => 0);
		this.#order = [];
		this.#log.clear();
		this.#mismatched = 0;
		this.#run++;
		this.delivered = 0;
		this.onOwn = null;
		this.onFrame = null;
		this.#isCounting = true;
	}

	/** Resolves when it is open and, where it is told anything at first, has heard that. */
	async #open(index: number): Promise<void> {
		const { promise: welcomed, resolve: welcome } = Promise.withResolvers<void>();
		const open = this.#isCompressed ? openDeflating : openSocket;
		const socket = await open(this.#url, (message) => {
			this.#frames++;
			welcome();
			if (this.#isCounting) this.#hear(index, message);
		});
		this.sockets[index] = socket;
		if (this.#contender.greeting !== undefined) socket.send(this.#contender.greeting);
		if (this.#contender.welcomes) await welcomed;
	}

	#hear(index: number, frame: Buffer): void {
		const place = this.#place[index] as number;
		const known = this.#log.get(place);
		let seen = known?.find((each) => each.frame.equals(frame));
		if (seen === undefined) {
			seen = this.#read(Buffer.from(frame));
			this.#compare(seen.keys, place);
			if (known === undefined) this.#log.set(place, [seen]);
			else known.push(seen);
		}
		if (++seen.heardBy === this.sockets.length) this.#log.delete(place);
		const count = seen.keys.length;
		this.#place[index] = place + count;
		this.delivered += count;
		this.onFrame?.(seen);
		const own = seen.from.get(index);
		if (own !== undefined) this.onOwn?.(index, own);
	}

	#compare(keys: readonly string[], place: number): void {
		for (const [i, key] of keys.entries()) {
			const other = this.#order[place + i];
			if (other === undefined) this.#order.push(key);
			else if (other !== key) this.#mismatched++;
		}
	}

	#read(frame: Buffer): Seen {
		const seen: Seen = { frame, heardBy: 0, from: new Map(), keys: [], sentAt: [] };
		for (const text of this.#contender.decode(frame.toString("utf8"))) {
			const [publisher, n, stamp] = text.split(":", 3).map(Number) as [number, number, number];
			seen.from.set(publisher, (seen.from.get(publisher) ?? 0) + 1);
			seen.keys.push(`${publisher}:${n}:${text.length}`);
			seen.sentAt.push(stamp);
		}
		return seen;
	}

	/** Publishes the publisher's next messages, of `bytes` bytes each, in one task; when they were sent travels in them. */
	publish(publisher: number, bytes: number, count = 1): void {
		const messages: string[] = [];
		for (let i = 0; i < count; i++) {
			const n = this.#sent[publisher] as number;
			this.#sent[publisher] = n + 1;
			const text = `${publisher}:${n}:${performance.now().toFixed(2)}:`.padEnd(bytes, "x");
			messages.push(this.#contender.encode(text, `${this.#run}-${publisher}-${n}`, n % 64));
		}
		for (const frame of this.#contender.pack(messages)) this.sockets[publisher]?.send(frame);
	}

	get sent(): number {
		return this.#sent.reduce((sum, n) => sum + n, 0);
	}

	/** Waits until everything sent has arrived everywhere, or nothing moves any more; counts what is wrong. */
	async end(): Promise<Faults> {
		const all = this.sent * this.sockets.length;
		await quiet(
			() => this.delivered,
			500,
			() => this.delivered >= all,
		);
		const next = new Map<number, number>();
		const seen = new Set<string>();
		let [doubled, reordered] = [0, this.#mismatched];
		for (const key of this.#order) {
			const [publisher = 0, n = 0] = key.split(":", 2).map(Number);
			if (seen.has(key)) doubled++;
			seen.add(key);
			if (n < (next.get(publisher) ?? 0)) reordered++;
			next.set(publisher, n + 1);
		}
		return { lost: Math.max(0, all - this.delivered), doubled, reordered };
	}

	/** Sockets that are still there. */
	get open(): number {
		return this.sockets.filter(({ isOpen }) => isOpen).length;
	}

	close(): void {
		this.#isCounting = false;
		for (const socket of this.sockets) socket.terminate();
	}
}

/** Resolves when the number has stood still for so long, or as soon as `isDone`. */
async function quiet(read: () => number, forMs: number, isDone: () => boolean = () => false): Promise<void> {
	for (let last = -1, still = 0; still < forMs && !isDone(); ) {
		await new Promise((resolve) => setTimeout(resolve, 20));
		const now = read();
		still = now === last ? still + 20 : 0;
		last = now;
	}
}
