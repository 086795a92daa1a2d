/** What a query holds, read strictly. */
import { Refused } from "./problem.ts";

/** What a list says of a cursor that it did not give. */
export const NO_CURSOR = "`cursor` is the `next` of an earlier answer, as it came; begin anew without it.";

/** @throws Refused `bad_request` where it is no UTF-8 (RFC 3629): read all the same, it would say what nobody wrote. */
export function queryOf(url: string): URLSearchParams {
	const { search, searchParams } = new URL(url);
	for (const [run] of search.matchAll(/(?:%[0-9a-f]{2})+/gi)) {
		try {
			decodeURIComponent(run);
		} catch {
			throw new Refused("bad_request", "The query is not UTF-8, percent-encoded.");
		}
	}
	return searchParams;
}

/** @throws Refused `bad_request` where it stands there twice: two readers would not agree on which of them counts. */
export function single(query: URLSearchParams, name: string): string | null {
	const [text = null, ...more] = query.getAll(name);
	if (more.length === 0) return text;
	throw new Refused("bad_request", `\`${name}\` stands in the query more than once.`);
}

/** @throws Refused `bad_request` where it is there and is no whole number from `least` to `most`. */
export function wholeNumber(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
	const text = single(query, name);
	if (text === null) return undefined;
	const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= least && value <= most) return value;
	throw new Refused("bad_request", `\`${name}\` is a whole number from ${least} to ${most}.`);
}
