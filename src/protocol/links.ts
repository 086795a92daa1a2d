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

/** Brackets in pairs: each that opens, and the one that closes it. */
const BRACKETS = "()[]{}";
/** The place of each ASCII character among the brackets; −1 for all others. */
const PLACES = Int8Array.from({ length: 128 }, (_, unit) => BRACKETS.indexOf(String.fromCharCode(unit)));

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
	let counts: Int16Array | null = null;
	let end = run.length;
	for (; end > 0; end--) {
		const place = placeAt(run, end - 1);
		if (place === -1) {
			if (TAIL.has(run.charAt(end - 1))) continue;
			break;
		}
		// Of the brackets only now: most addresses end in none.
		counts ??= countBrackets(run);
		const isClosing = place % 2 === 1;
		// One that opens at the very end sets off what comes next.
		if (isClosing && countOf(counts, place) <= countOf(counts, place - 1)) break;
		counts[place] = countOf(counts, place) - 1;
	}
	return end;
}

function placeAt(run: string, at: number): number {
	return PLACES[run.charCodeAt(at)] ?? -1;
}

function countOf(counts: Int16Array, place: number): number {
	return counts[place] ?? 0;
}

function countBrackets(run: string): Int16Array {
	const counts = new Int16Array(BRACKETS.length);
	for (let at = 0; at < run.length; at++) {
		const place = placeAt(run, at);
		if (place !== -1) counts[place] = countOf(counts, place) + 1;
	}
	return counts;
}
