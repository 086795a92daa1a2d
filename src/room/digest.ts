/**
 * A digest of what was published: enough to know a repeat from another event under the same id, without reading
 * what is stored. It is no secret's guard: whoever made two events of one digest would deceive only itself, since
 * ids are a member's own. 50 bits; two JSON values that are equal whatever the order of their keys have the same.
 */

/** FNV-1a's prime and basis, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv). */
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

export const DIGEST_CHARS = 10;

const DIGITS = "0123456789abcdefghijklmnopqrstuv";
/** Ten bits are two digits. */
const PAIRS = Array.from(DIGITS, (a) => Array.from(DIGITS, (b) => a + b)).flat();

/** Two lanes of 32 bits, here and not in an object each: a digest is made of every publish. */
let x = 0;
let y = 0;

function mixText(text: string): void {
	// Integers from the beginning, and not by way of a list: else the engine takes three times as long.
	let a = x | 0;
	let b = y | 0;
	for (let i = 0; i < text.length; i++) {
		a = Math.imul(a ^ text.charCodeAt(i), PRIME);
		b = (b + a) | 0;
	}
	x = a;
	y = Math.imul(b ^ (b >>> 15), PRIME);
}

/** Recursive: for values whose depth was looked at before. */
function mix(value: unknown): void {
	if (typeof value === "string") return begin(1, value);
	if (typeof value !== "object" || value === null) return begin(2, String(value));
	let [a, b] = [BASIS, Array.isArray(value) ? 3 : 4];
	if (Array.isArray(value)) {
		for (const each of value) {
			mix(each);
			a = Math.imul(a ^ x, PRIME);
			b = (Math.imul(b ^ y, PRIME) + x) | 0;
		}
	} else {
		// A sum: the order of keys counts for nothing.
		for (const [key, each] of Object.entries(value)) {
			mix(each);
			mixText(key);
			a = (a + Math.imul(x, PRIME)) | 0;
			b = (b + Math.imul(y ^ x, PRIME)) | 0;
		}
	}
	x = a;
	y = b;
}

function begin(kind: number, text: string): void {
	x = BASIS;
	y = kind;
	mixText(text);
}

/** DIGEST_CHARS characters of 0-9 and a-v. */
export function digestOf(name: string, data: unknown): string {
	mix(data);
	mixText(name);
	return pair(x) + pair(x >>> 10) + pair(x >>> 20) + pair(y) + pair(y >>> 10);
}

function pair(bits: number): string {
	return PAIRS[bits & 0x3ff] ?? "";
}
