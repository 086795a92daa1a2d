/**
 * Text as the archive's index takes it, and a query as the index is asked. Scripts that are written without spaces
 * are cut into pairs of characters, each with its next, on both sides: so a word is found inside a sentence.
 */

/** A run of letters, digits and marks of such a script. Hangul has spaces, but its words carry their particles. */
const RUN =
	/(?:(?![\p{P}\p{S}\p{Z}\p{C}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}])+/gu;

/** The text as it is indexed: words with spaces between them. */
export function cutWords(text: string): string {
	return text.normalize("NFC").replace(RUN, (run) => ` ${pairsOf(run).join(" ")} `);
}

/** Every character with its next, and the last by itself: so each begins one word, and one alone is found by its beginning. */
function pairsOf(run: string): string[] {
	const chars = [...run];
	return chars.map((char, index) => char + (chars[index + 1] ?? ""));
}

/** The terms of a query, of which all must match, in FTS5's notation; each in quotes: nothing that people type is an operator. */
export function termsOf(query: string): string[] {
	const words = query.normalize("NFC").match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
	return words.flatMap((word) => {
		const runs = word.match(RUN) ?? [];
		const others = word.split(RUN).filter((part) => /[\p{L}\p{N}]/u.test(part));
		return [...others.map((part) => `"${part}"`), ...runs.map(termOf)];
	});
}

function termOf(run: string): string {
	const pairs = pairsOf(run);
	return pairs.length === 1 ? `"${run}" *` : `"${pairs.slice(0, -1).join(" ")}"`;
}

/** The same as the first index takes it, which knows neither pairs nor rooms. */
export function uncutTermsOf(query: string): string[] {
	return (query.normalize("NFC").match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => `"${word}"`);
}

/** What the index knows a room by; the index's triggers write the same. */
export function roomWord(room: string): string {
	return Array.from(new TextEncoder().encode(room), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
