/**
 * Reading JSON that others wrote. `JSON.parse` reads every number into 64 bits of floating point: 9007199254740993
 * comes out as 9007199254740992, 1e400 as infinity, and neither says so. Here the latter is read as infinity whatever
 * its sign, and an integer that would come out as another as minus infinity: no other number is either, so the schema
 * of data finds them where they stand, and the message that holds one is refused alone.
 */

/** Up to here every integer is carried as it is. */
const EXACT_MAX = Number.MAX_SAFE_INTEGER;
/** From here on a number is written with an exponent (ECMA-262, Number::toString): a measure, not a count or an id. */
const MEASURES_MIN = 1e21;
/** So many digits tell every double from its neighbours (IEEE 754, binary64); programs in C print them all. */
const DOUBLE_DIGITS = 17;

/** Where a number stands that may not be carried: 2^53 has sixteen digits, and without an exponent none is infinite. */
const SUSPECT = /[0-9]{16}|[0-9][eE][-+]?[0-9]/g;
const NUMBER = /-?([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/y;

/** What an integer is read as that JSON cannot carry exactly, and what is too large for a number. */
export const ALTERED = Number.NEGATIVE_INFINITY;
const TOO_LARGE = "1e999";

/** @throws SyntaxError where the text is no JSON. */
export function parseJson(text: string): unknown {
	const parsed = JSON.parse(text) as unknown;
	const marked = markNumbers(text);
	return marked === null ? parsed : (JSON.parse(marked) as unknown);
}

/** A text that is JSON with another number for each that is not carried; null where all are. */
function markNumbers(text: string): string | null {
	const strings = new Strings(text);
	const parts: string[] = [];
	let done = 0;
	SUSPECT.lastIndex = 0;
	for (let found = SUSPECT.exec(text); found !== null; found = SUSPECT.exec(text)) {
		const outside = strings.endAround(found.index);
		if (outside !== null) {
			SUSPECT.lastIndex = outside;
			continue;
		}
		let start = found.index;
		while (start > done && isNumeral(text.charCodeAt(start - 1))) start--;
		NUMBER.lastIndex = start;
		const literal = NUMBER.exec(text)?.[1] ?? "";
		SUSPECT.lastIndex = NUMBER.lastIndex;
		const value = Number(literal);
		if (value <= EXACT_MAX || (Number.isFinite(value) && carries(literal, value))) continue;
		parts.push(text.slice(done, start), Number.isFinite(value) ? `-${TOO_LARGE}` : TOO_LARGE);
		done = NUMBER.lastIndex;
	}
	if (parts.length === 0) return null;
	parts.push(text.slice(done));
	return parts.join("");
}

/** Of a number: digits, `+ - .`, `e` and `E`. A comma is none, though it stands among them. */
function isNumeral(code: number): boolean {
	return (code >= 0x30 && code <= 0x39) || (code >= 0x2b && code <= 0x2e && code !== 0x2c) || (code | 0x20) === 0x65;
}

/** The strings of a text that is JSON, found one after the other: each character is looked at once. */
class Strings {
	readonly #text: string;
	#open: number;
	#end = 0;

	constructor(text: string) {
		this.#text = text;
		this.#open = text.indexOf('"');
	}

	/** Where the string ends that holds the character `at`; null where none does. Is asked in ascending order. */
	endAround(at: number): number | null {
		while (this.#open !== -1 && this.#open < at) {
			if (this.#end <= this.#open) this.#end = this.#endAfter(this.#open);
			if (this.#end > at) return this.#end;
			this.#open = this.#text.indexOf('"', this.#end);
		}
		return null;
	}

	#endAfter(open: number): number {
		for (let at = open + 1; ; at++) {
			at = this.#text.indexOf('"', at);
			let slash = at;
			while (this.#text.charAt(slash - 1) === "\\") slash--;
			// An even run of backslashes is so many backslashes, and escapes no quote.
			if ((at - slash) % 2 === 0) return at + 1;
		}
	}
}

/**
 * True where a number of 2^53 or more, finite and without its sign, comes out of `JSON.stringify` as the value that
 * went in, or is no integer: a fraction loses digits that nobody counts by. A double that was printed to its last
 * digit passes too, with a point or an exponent: there it is a measure.
 */
function carries(literal: string, value: number): boolean {
	const shown = String(value);
	if (shown === literal) return true;
	const isPlain = /^[0-9]+$/.test(literal);
	if (value >= MEASURES_MIN && !isPlain) return true;
	const written = decimalOf(literal);
	if (written.exponent < 0 || sameDecimal(written, decimalOf(shown))) return true;
	return (
		!isPlain &&
		written.digits.length <= DOUBLE_DIGITS &&
		sameDecimal(written, decimalOf(value.toPrecision(DOUBLE_DIGITS)))
	);
}

const ZERO = 0x30;

/** `digits` times ten to the power of `exponent`; `digits` neither begin nor end with a zero. */
interface Decimal {
	digits: string;
	exponent: number;
}

function decimalOf(literal: string): Decimal {
	const mark = Math.max(literal.indexOf("e"), literal.indexOf("E"));
	const mantissa = mark === -1 ? literal : literal.slice(0, mark);
	const power = mark === -1 ? 0 : Number(literal.slice(mark + 1));
	const point = mantissa.indexOf(".");
	const digits = point === -1 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
	const fraction = point === -1 ? 0 : mantissa.length - point - 1;
	// By hand: an expression for zeros at the end tries again at each zero that a long fraction begins with.
	let first = 0;
	while (digits.charCodeAt(first) === ZERO) first++;
	let end = digits.length;
	while (digits.charCodeAt(end - 1) === ZERO) end--;
	return { digits: digits.slice(first, end), exponent: power - fraction + digits.length - end };
}

function sameDecimal(a: Decimal, b: Decimal): boolean {
	return a.digits === b.digits && a.exponent === b.exponent;
}
