/**
 * What rules throw: numbers that come out the same where a turn is run again, and that nobody outside can foresee
 * however many of them are seen. HMAC-SHA256 (RFC 2104) of where the room stands, under the key that it alone knows;
 * the addresses that are hashed under the same key never begin as this does.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Concern } from "../concern.ts";
import type { RoomRecord } from "../record.ts";

/** Each number takes eight of a digest's bytes. */
const NUMBERS_PER_DIGEST = 4;

export class Dice implements Concern {
	readonly #record: RoomRecord;
	/** How many decisions of the epoch have thrown, as far as memory goes: a refused one too, so that none is tried out. */
	#count: number;

	constructor(record: RoomRecord) {
		this.#record = record;
		this.#count = record.meta.decisions;
	}

	/** The numbers of one decision, at least 0 and less than 1. One that asks for none takes no place among those that do. */
	ofDecision(): () => number {
		let seed: string | null = null;
		let [digest, thrown] = [new Uint8Array(), 0];
		return () => {
			seed ??= `dice ${this.#record.epoch} ${++this.#count}`;
			const place = thrown++ % NUMBERS_PER_DIGEST;
			if (place === 0) digest = this.#digestOf(`${seed} ${thrown}`);
			const half = (at: number): number => new DataView(digest.buffer, digest.byteOffset).getUint32(8 * place + at);
			// 53 bits, as many as a number holds below 1.
			return ((half(0) >>> 5) * 2 ** 26 + (half(4) >>> 6)) / 2 ** 53;
		};
	}

	#digestOf(text: string): Uint8Array<ArrayBuffer> {
		return hmac(sha256, utf8ToBytes(this.#record.meta.salt), utf8ToBytes(text));
	}

	/** A room of which nothing is stored is none that could be returned to: its key is another each time. */
	flush(): void {
		if (this.#record.isStored && this.#count !== this.#record.meta.decisions)
			this.#record.change({ decisions: this.#count });
	}

	wipe(): void {
		this.#count = 0;
	}
}
