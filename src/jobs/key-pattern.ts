/** What keys of entries fit a pattern: `{member}` is one whole member's id, and `*` any run of characters. */
import { matchesPattern } from "../protocol/ids.ts";

const MEMBER = "{member}";
const ID_CHARS = /^[A-Za-z0-9._~@:-]$/;
const ID_CHARS_MAX = 128;

export interface KeyPattern {
	/** The member that the key names, null where the pattern names none; undefined where the key does not fit. */
	ownerOf(key: string): string | null | undefined;
	namesMember: boolean;
}

/** @throws Error with a sentence where it cannot be told which part of a key is the member's id. */
export function keyPattern(pattern: string): KeyPattern {
	const [before = "", after, ...more] = pattern.split(MEMBER);
	if (after === undefined) {
		return { namesMember: false, ownerOf: (key) => (matchesPattern(key, pattern) ? null : undefined) };
	}
	const why =
		more.length > 0
			? "`{member}` stands in it more than once"
			: isOpen(before, before.at(-1)) || isOpen(after, after.at(0))
				? "beside a `*`, `{member}` ends at a character that no id holds, such as `/`"
				: null;
	if (why !== null) throw new Error(`In app.ts the state's pattern \`${pattern}\` is not clear: ${why}.`);
	return { namesMember: true, ownerOf: (key) => ownerIn(key, before, after) };
}

/** True where an id could go on into what stands on that side, so that there were two ways to read it. */
function isOpen(side: string, neighbour: string | undefined): boolean {
	return side.includes("*") && (neighbour === "*" || ID_CHARS.test(neighbour ?? ""));
}

/** The first place at which the rest fits on both sides. */
function ownerIn(key: string, before: string, after: string): string | undefined {
	const first = before.includes("*") ? 0 : before.length;
	const last = before.includes("*") ? key.length : before.length;
	for (let start = first; start <= last; start++) {
		if (!matchesPattern(key.slice(0, start), before)) continue;
		let end = start;
		while (end < key.length && end - start < ID_CHARS_MAX && ID_CHARS.test(key.charAt(end))) end++;
		// An id may hold what follows it: then it ends where that is all that is left.
		if (!after.includes("*") && key.endsWith(after)) end = Math.min(end, key.length - after.length);
		if (end > start && matchesPattern(key.slice(end), after)) return key.slice(start, end);
	}
	return undefined;
}
