/** Chance that repeats: the same seed, the same throws (mulberry32). */
export function randomOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A word of hexadecimal digits, eight from each throw. */
export function wordOf(random: () => number, throws: number): string {
	let word = "";
	for (let i = 0; i < throws; i++)
		word += Math.floor(random() * 2 ** 32)
			.toString(16)
			.padStart(8, "0");
	return word;
}
