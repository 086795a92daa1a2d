/** Deadlines, Unix ms, of which some are never: null. */

/** The first of them; null where none ever comes. */
export function earliest(...deadlines: (number | null)[]): number | null {
	let first: number | null = null;
	for (const at of deadlines) if (at !== null && (first === null || at < first)) first = at;
	return first;
}
