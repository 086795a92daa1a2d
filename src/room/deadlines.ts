/** Deadlines, Unix ms, of which some are never: null. */

/** The earlier of two; null where neither ever comes. */
export function earlier(a: number | null, b: number | null): number | null {
	if (a === null) return b;
	return b === null || a < b ? a : b;
}

/** The first of them; null where none ever comes. */
export function earliest(deadlines: Iterable<number | null>): number | null {
	let first: number | null = null;
	for (const at of deadlines) first = earlier(first, at);
	return first;
}
