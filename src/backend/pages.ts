/** A list that comes in pages, read to its end. */
import type { Ask, Requests } from "./request.ts";

export async function* pages<P, T>(
	requests: Requests,
	path: string,
	of: (page: P) => readonly T[],
	query: NonNullable<Ask["query"]> = {},
): AsyncGenerator<T, void, undefined> {
	let cursor: string | undefined;
	do {
		const page = await requests.json<P & { next?: string }>(path, { query: { ...query, cursor } });
		yield* of(page);
		cursor = page.next;
	} while (cursor !== undefined);
}
