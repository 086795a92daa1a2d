/**
 * The web addresses in a member's text, for whoever shows the text or follows its links. A stranger wrote
 * it: every character is looked at a fixed number of times, whatever stands there.
 */
import { LINK_CHARS_MAX, LINKS_PER_TEXT_MAX } from "./limits.ts";

/** What looks like an address: whether it is a URL, a URL parser says. */
export interface Link {
	/** Where it begins in the text, UTF-16 units. */
	at: number;
	address: string;
}

/**
 * From a scheme to what no address holds: white space, control characters, quotes and angle brackets, and what
 * ends or sets off a sentence in scripts that write no space behind it.
 */
const RUN = /https?:\/\/[^\s\p{Cc}<>"“”«»`।॥、。〃〈-】〔-〟！（），．：；？［］｛｝｟-･]+/giu;

/** What ends a sentence stands behind the address, not in it. */
const TAIL = new Set(".,;:!?'’‘…،؛؟۔");

/** A bracket that closes, and the one that it closes. */
const OPENING: ReadonlyMap<string, string> = new Map([
	[")", "("],
	["]", "["],
	["}", "{"],
]);
const BRACKETS: ReadonlySet<string> = new Set("()[]{}");

/**
 * The first LINKS_PER_TEXT_MAX links of a text, in order. What comes after them, and one of more than
 * LINK_CHARS_MAX characters, is text like any other.
 */
export function* findLinks(text: string): Generator<Link> {
	let count = 0;
	for (const { 0: run, index } of text.matchAll(RUN)) {
		if (run.length > LINK_CHARS_MAX) continue;
		if (++count > LINKS_PER_TEXT_MAX) return;
		yield { at: index, address: run.slice(0, endOf(run)) };
	}
}

/** Where the address ends: before trailing punctuation, and before brackets that have no partner in it. */
function endOf(run: string): number {
	const counts = new Map<string, number>();
	for (const char of run) if (BRACKETS.has(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
	const count = (bracket: string): number => counts.get(bracket) ?? 0;
	let end = run.length;
	for (; end > 0; end--) {
		const last = run.charAt(end - 1);
		const opening = OPENING.get(last);
		const isUnopened = opening !== undefined && count(last) > count(opening);
		// One that opens at the very end sets off what comes next.
		const isUnclosed = opening === undefined && BRACKETS.has(last);
		if (!isUnopened && !isUnclosed && !TAIL.has(last)) break;
		if (isUnopened || isUnclosed) counts.set(last, count(last) - 1);
	}
	return end;
}
