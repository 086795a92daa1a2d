/**
 * A network of the test's own: a TCP proxy whose cable can be cut, and mended. Where it is rough, each connection has a
 * fate, drawn from a seed: some are slow, some trickle, and most end in the middle of what they carry: cut for both
 * sides, lost (the client knows, the server does not), or silent (nobody is told).
 */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../simulation/random.ts";

type Fate = "good" | "cut" | "lost" | "silent";

const FATES = [
	["good", 2],
	["cut", 6],
	["lost", 2],
	["silent", 1],
] as const;
/** A line's fate comes after so many bytes, any order of magnitude as likely as another: within the handshake, within a welcome, within the events. */
const LIFE = { bytesMin: 50, bytesMax: 256 * 1024 };
const DELAY_MS_MAX = 120;
/** A line that fell silent is given up by whatever stands between, as a network's own timers do. */
const SILENCE_MS_MAX = 150_000;
/** One in so many lines trickles. */
const TRICKLES = 4;
const TRICKLE_BYTES = 400;
const TRICKLE_MS = 10;

interface Line {
	near: Socket;
	far: Socket;
	fate: Fate;
	bytesLeft: number;
	delayMs: number;
	isTrickling: boolean;
	isSilent: boolean;
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** A promise of its own each time: what waits for one that is kept is kept with it. */
const forever = (): Promise<never> => new Promise(() => {});

export class Network {
	/** How often each fate has come. */
	readonly met: Record<Fate, number> = { good: 0, cut: 0, lost: 0, silent: 0 };
	readonly #random: Random | null;
	readonly #life: typeof LIFE;
	readonly #port: number;
	readonly #server: Server;
	#lines = new Set<Line>();
	#isCalm: boolean;
	#isCut = false;

	private constructor(target: string, random: Random | null, life: typeof LIFE) {
		this.#isCalm = random === null;
		this.#life = life;
		this.#port = Number(new URL(target).port);
		this.#random = random;
		this.#server = createServer((near) => this.#join(near));
	}

	/** `random` draws the fates; without it nothing happens but what the test does. */
	static async to(target: string, random: Random | null = null, life = LIFE): Promise<Network> {
		const network = new Network(target, random, life);
		await new Promise<void>((resolve) => network.#server.listen(0, "127.0.0.1", resolve));
		return network;
	}

	get url(): string {
		return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
	}

	/** From now on nothing happens to any connection. What was silent is told to its client at last; the server still waits. */
	calm(): void {
		this.#isCalm = true;
		for (const line of this.#lines) if (line.isSilent) line.near.resetAndDestroy();
	}

	/** Everything through it ends at once, and nothing new passes until it is mended. */
	cut(): void {
		this.#isCut = true;
		this.cutAll();
	}

	mend(): void {
		this.#isCut = false;
	}

	/** Every connection is cut, and new ones are as before. */
	cutAll(): void {
		for (const line of this.#lines) this.#end(line, "cut");
	}

	close(): void {
		for (const { near, far } of this.#lines) {
			near.destroy();
			far.destroy();
		}
		this.#server.close();
	}

	#join(near: Socket): void {
		if (this.#isCut) return void near.on("error", () => {}).destroy();
		const random = this.#isCalm ? null : this.#random;
		const far = connect(this.#port, "127.0.0.1");
		const { bytesMin, bytesMax } = this.#life;
		const line: Line = {
			near,
			far,
			fate: random?.weighted(FATES) ?? "good",
			bytesLeft: Math.round(bytesMin * (bytesMax / bytesMin) ** (random?.fraction() ?? 1)),
			delayMs: random?.below(DELAY_MS_MAX) ?? 0,
			isTrickling: random?.once(TRICKLES) ?? false,
			isSilent: false,
		};
		if (line.fate === "good") line.bytesLeft = Number.POSITIVE_INFINITY;
		this.#lines.add(line);
		for (const socket of [near, far]) socket.setNoDelay(true).on("error", () => {});
		// What one side says with a close the other is told, unless nobody hears anything here any more.
		near.on("close", () => !line.isSilent && far.destroy());
		far.on("close", () => {
			this.#lines.delete(line);
			if (!line.isSilent) near.destroy();
		});
		void this.#carry(near, far, line);
		void this.#carry(far, near, line);
	}

	async #carry(from: Socket, to: Socket, line: Line): Promise<void> {
		try {
			for await (const chunk of from as AsyncIterable<Buffer>) {
				if (line.delayMs > 0 && !this.#isCalm) await after(this.#random?.below(line.delayMs) ?? 0);
				await this.#pass(chunk, to, line);
			}
			to.end();
		} catch {
			// Cut: the other side was told by its own close, or is not to know.
		}
	}

	/** Hands on what came, by pieces where the line trickles, up to where the line's fate comes: in the middle of it. */
	async #pass(chunk: Buffer, to: Socket, line: Line): Promise<void> {
		for (let at = 0; at < chunk.length; ) {
			if (line.isSilent) await forever();
			const isTrickling = line.isTrickling && !this.#isCalm;
			const isFated = line.fate !== "good" && !this.#isCalm;
			const end = Math.min(chunk.length, isTrickling ? at + TRICKLE_BYTES : chunk.length);
			const piece = chunk.subarray(at, isFated ? Math.min(end, at + line.bytesLeft) : end);
			if (!to.write(piece)) await new Promise((resolve) => to.once("drain", resolve).once("close", resolve));
			at += piece.length;
			line.bytesLeft -= piece.length;
			if (isFated && line.bytesLeft <= 0) {
				this.#end(line, line.fate);
				await forever();
			}
			if (isTrickling) await after(TRICKLE_MS);
		}
	}

	#end(line: Line, fate: Fate): void {
		if (line.isSilent || line.near.destroyed) return;
		this.met[fate]++;
		line.isSilent = fate !== "cut";
		if (fate !== "silent") line.near.resetAndDestroy();
		if (fate === "cut") line.far.resetAndDestroy();
		else setTimeout(() => line.far.resetAndDestroy(), SILENCE_MS_MAX).unref();
	}
}
