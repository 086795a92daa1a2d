/** The generator of a world: sfc32, 128 bits of state, seeded through splitmix. */

/** Spreads a seed over 32-bit words, so that neighbouring seeds begin far apart. */
function splitmix(seed: number): () => number {
	let low = seed >>> 0;
	let high = Math.floor(seed / 2 ** 32) >>> 0;
	return () => {
		low = (low + 0x9e3779b9) >>> 0;
		high = (high + 0x85ebca6b + (low < 0x9e3779b9 ? 1 : 0)) >>> 0;
		let word = low ^ Math.imul(high, 0x21f0aaad);
		word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
		word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
		return (word ^ (word >>> 15)) >>> 0;
	};
}

export class Random {
	#a = 0;
	#b = 0;
	#c = 0;
	#counter = 1;

	constructor(seed: number) {
		this.seed(seed);
	}

	seed(seed: number): void {
		const word = splitmix(seed);
		this.#a = word();
		this.#b = word();
		this.#c = word();
		this.#counter = 1;
		for (let i = 0; i < 12; i++) this.word();
	}

	/** 32 random bits. */
	word(): number {
		const word = (this.#a + this.#b + this.#counter) | 0;
		this.#counter = (this.#counter + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = ((this.#c << 21) | (this.#c >>> 11)) + word;
		this.#c |= 0;
		return word >>> 0;
	}

	/** Uniform in [0, 1). */
	fraction(): number {
		return this.word() / 2 ** 32;
	}

	/** A whole number in [0, bound). */
	below(bound: number): number {
		return Math.floor(this.fraction() * bound);
	}

	/** A whole number in [least, most]. */
	between(least: number, most: number): number {
		return least + this.below(most - least + 1);
	}

	/** True once in `times`. */
	once(times: number): boolean {
		return this.below(times) === 0;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)] as T;
	}

	/** One of the entries, as often as its weight says. */
	weighted<K>(entries: readonly (readonly [K, number])[]): K {
		let left = 0;
		for (const entry of entries) left += entry[1];
		left *= this.fraction();
		for (const entry of entries) {
			left -= entry[1];
			if (left < 0) return entry[0];
		}
		return (entries.at(-1) as [K, number])[0];
	}
}
