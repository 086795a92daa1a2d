/** How many of the rows that stand in a row fit so many bytes. */

/** How many sizes are looked at first. */
const FIRST_SIZES = 16;

/**
 * How many of at most `limit` rows, from the first on, fit `bytesMax`: at least one where there is one. Their sizes are
 * read a few at first, and then twice as many each time: where events are large a page holds four of them.
 */
export function fitting(
	limit: number,
	bytesMax: number,
	sizes: (first: number, many: number) => readonly { bytes: number }[],
): number {
	let [count, bytes] = [0, 0];
	for (let many = FIRST_SIZES; count < limit; many *= 2) {
		const found = sizes(count, Math.min(many, limit - count));
		if (found.length === 0) return count;
		for (const row of found) {
			bytes += row.bytes + 1;
			if (count > 0 && bytes > bytesMax) return count;
			count++;
		}
	}
	return count;
}
