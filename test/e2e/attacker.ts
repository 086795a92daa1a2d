/**
 * One who sends hostile frames without end, and holds the room to what it owes even such a one: each frame is refused
 * as the codec says, in order and by its id, with a sentence that leaks nothing, or the socket is closed with a reason.
 */
import { CLOSE, HTTP_STATUS, isAppCode } from "../../src/protocol/codes.ts";
import { MALFORMED_PER_MINUTE_MAX } from "../../src/protocol/limits.ts";
import type { ServerMessage, WireError } from "../../src/protocol/messages.ts";
import type { Random } from "../simulation/random.ts";
import { frameOf, OPCODE } from "../support/frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type HostileFrame, hostileFrame, type Refused } from "./hostile-frames.ts";

const BATCH_FRAMES_MAX = 200;
/** How many frames one sends on that was closed and does not care. */
const FRAMES_AFTER_CLOSE = 20;

/** What the room may answer to a message that the codec has let pass. */
const ROOM_CODES: ReadonlySet<string> = new Set([
	"invalid",
	"too_large",
	"rate_limited",
	"forbidden",
	"reserved_name",
	"conflict",
	"id_reused",
	"unknown_job",
	"too_many_jobs",
	"not_found",
	"not_configured",
]);
const LEAK = /\bat .*\(|node_modules|\/src\/|\.ts:\d|\.js:\d|SQLITE|workerd|TypeError|SyntaxError|undefined/;

/** What came of it all, for everyone who attacks. */
export class Tally {
	readonly sent = new Map<string, number>();
	readonly refused = new Map<string, number>();
	readonly closed = new Map<string, number>();
	frames = 0;
	bytes = 0;
	/** Where the room did not do what it owes; the first few are enough. */
	readonly faults: string[] = [];

	add(counts: Map<string, number>, what: string): void {
		counts.set(what, (counts.get(what) ?? 0) + 1);
	}

	fault(what: string): void {
		if (this.faults.length < 20) this.faults.push(what);
	}
}

export class Attacker {
	readonly #url: string;
	readonly #random: Random;
	readonly #tally: Tally;
	readonly #key: string;
	/** What the room may answer beside ROOM_CODES. */
	readonly #codes: readonly string[];
	#socket: RawSocket | null = null;
	/** What is still to be refused, in order. */
	#awaited: Refused[] = [];
	#synced = 0;
	#malformed = 0;
	#isWelcome = false;

	constructor(url: string, key: string, random: Random, tally: Tally, codes: readonly string[]) {
		this.#codes = codes;
		this.#url = url;
		this.#key = key;
		this.#random = random;
		this.#tally = tally;
	}

	/** Sends so many frames, a batch at a time; `after` each. */
	async attack(frames: number, after: () => void): Promise<void> {
		for (let left = frames; left > 0; ) {
			const batch = this.#batch(Math.min(left, BATCH_FRAMES_MAX));
			await this.send(batch);
			left -= batch.length;
			after();
		}
	}

	/** Ends with what ends the session: what is sent after that nobody answers. */
	#batch(framesMax: number): HostileFrame[] {
		const batch: HostileFrame[] = [];
		let malformed = this.#socket === null ? 0 : this.#malformed;
		while (batch.length < framesMax && malformed < MALFORMED_PER_MINUTE_MAX) {
			const frame = hostileFrame(this.#random);
			batch.push(frame);
			if (frame.isLast) break;
			malformed += frame.refused.filter(({ code }) => code === "malformed").length;
		}
		return batch;
	}

	/** Sends a batch, of which only the last may end the socket, and waits until all of it is answered. */
	async send(batch: readonly HostileFrame[]): Promise<void> {
		const socket = await this.#join();
		this.#awaited.push(...batch.flatMap(({ refused }) => refused));
		for (const { kind, bytes } of batch) {
			this.#tally.add(this.#tally.sent, kind);
			this.#tally.bytes += bytes.length;
		}
		this.#tally.frames += batch.length;
		await socket.send(Buffer.concat(batch.map(({ bytes }) => bytes)));
		const last = batch.at(-1);
		if (last?.kind === "broken off") {
			socket.leave();
		} else if (last?.isLast !== true) {
			// Whatever comes before it is answered when this is.
			const id = `sync${++this.#synced}`;
			this.#awaited.push({ code: "unknown_type", id });
			await socket.send(frameOf(OPCODE.text, Buffer.from(JSON.stringify({ type: "sync", id }))));
		}
		const isToEnd = last?.isLast === true;
		const isAnswered = () => socket.closed !== null || (!isToEnd && this.#awaited.length === 0);
		if (!(await socket.until(isAnswered))) {
			this.#tally.fault(`No answer, ${this.#awaited.length} refusals missing of: ${batch.map(({ kind }) => kind)}.`);
			return this.leave();
		}
		if (socket.closed !== null) this.#noteClose(socket, socket.closed.code, isToEnd);
	}

	leave(): void {
		this.#socket?.leave();
		this.#socket = null;
	}

	/** As the guest that it was, mostly: presence is not what is tried here. */
	async #join(): Promise<RawSocket> {
		if (this.#socket !== null) return this.#socket;
		const protocols = this.#random.once(20) ? "rotunda.v1" : `rotunda.v1, resume.${this.#key}`;
		const socket = new RawSocket(this.#url, protocols, (message) => this.#hear(message), !this.#random.once(20));
		this.#awaited = [];
		this.#malformed = 0;
		this.#isWelcome = false;
		await socket.until(() => socket.closed !== null || this.#isWelcome);
		if (socket.closed !== null) this.#tally.fault(`A join ended with ${socket.closed.code}.`);
		this.#socket = socket;
		return socket;
	}

	/** Who ends its own socket is owed no answer to what came before: the platform does not wait for the room's turn. */
	#noteClose(socket: RawSocket, code: number, isToEnd: boolean): void {
		this.#tally.add(this.#tally.closed, String(code));
		const isDeserved = code === CLOSE.violated && this.#malformed >= MALFORMED_PER_MINUTE_MAX;
		if (!isDeserved && !isToEnd) this.#tally.fault(`Closed ${code} after ${this.#malformed} malformed messages.`);
		if (!socket.isPolite) {
			const more = Array.from({ length: FRAMES_AFTER_CLOSE }, () => hostileFrame(this.#random));
			socket.insist(Buffer.concat(more.map(({ bytes }) => bytes)));
		}
		this.leave();
	}

	#hear(message: ServerMessage): void {
		if (message.type === "caught-up") this.#isWelcome = true;
		if (message.type === "error") this.#check(message);
	}

	#check({ code, id, message }: WireError): void {
		this.#tally.add(this.#tally.refused, code);
		if (code === "malformed") this.#malformed++;
		if (!Object.hasOwn(HTTP_STATUS, code) && !isAppCode(code)) this.#tally.fault(`The code ${code} does not exist.`);
		// What an app's rule refuses with is in its own words.
		const isSentence = message.endsWith(".") || isAppCode(code);
		if (!isSentence || LEAK.test(message)) this.#tally.fault(`The sentence of ${code}: ${message}`);
		const [next] = this.#awaited;
		if (next !== undefined && next.code === code && next.id === id) {
			this.#awaited.shift();
		} else if (!ROOM_CODES.has(code) && !isAppCode(code) && !this.#codes.includes(code)) {
			const awaited = next === undefined ? "nothing" : `${next.code} of ${next.id}`;
			this.#tally.fault(`Refused ${code} of ${id}, where ${awaited} was awaited: ${message}`);
		}
	}
}
