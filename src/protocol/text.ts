/** Facts about text and JSON values that the bounds are stated in. */

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Length of `text` in bytes of UTF-8. `text` is well-formed. */
export function utf8Bytes(text: string): number {
	let bytes = text.length;
	// Found in native code, three times as fast as unit by unit.
	const first = text.search(BEYOND_ASCII);
	if (first === -1) return bytes;
	for (let i = first; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit < 0x80) continue;
		// A surrogate pair is two units and four bytes: two more for each half that we meet.
		bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
	}
	return bytes;
}

/** True where `text` takes more than `bytesMax` bytes of UTF-8; reads the text only when in doubt. */
export function exceedsBytes(text: string, bytesMax: number): boolean {
	if (text.length > bytesMax) return true;
	return text.length * 3 > bytesMax && utf8Bytes(text) > bytesMax;
}

/** True where `value` nests deeper than `depthMax` arrays or objects. Never looks deeper than that. */
export function nestsDeeper(value: unknown, depthMax: number): boolean {
	if (typeof value !== "object" || value === null) return false;
	if (depthMax === 0) return true;
	for (const child of Array.isArray(value) ? value : Object.values(value)) {
		if (nestsDeeper(child, depthMax - 1)) return true;
	}
	return false;
}

/**
 * False where every string that `JSON.parse` finds in `json` is well-formed Unicode for certain. A lone
 * surrogate can stand in the text itself or be written as an escape; only what comes from a text with
 * one or such an escape is looked into, so ordinary text costs two scans in native code.
 */
export function mayBeIllFormed(json: string): boolean {
	return !json.isWellFormed() || /\\u[dD][89a-fA-F]/.test(json);
}

/** True where every string in a JSON value is well-formed Unicode. */
export function isWellFormedValue(root: unknown): boolean {
	// A list of what is still to be seen, not recursion: the value may nest as deep as its text is long.
	const pending: unknown[] = [root];
	while (pending.length > 0) {
		const value = pending.pop();
		if (typeof value === "string") {
			if (!value.isWellFormed()) return false;
		} else if (typeof value === "object" && value !== null) {
			for (const [key, child] of Object.entries(value)) {
				if (!key.isWellFormed()) return false;
				pending.push(child);
			}
		}
	}
	return true;
}

/**
 * True where every number in a JSON value is one that JSON can write: `1e999` is read as infinity, and would be
 * written as null; json.ts reads every number so that would come out as another. Recursive: for values whose depth
 * was looked at before.
 */
export function holdsFiniteNumbers(value: unknown): boolean {
	if (typeof value === "number") return Number.isFinite(value);
	if (typeof value !== "object" || value === null) return true;
	for (const child of Array.isArray(value) ? value : Object.values(value)) {
		if (!holdsFiniteNumbers(child)) return false;
	}
	return true;
}

/** True where a JSON value is this number, or holds it. Recursive, as above. */
export function holdsNumber(value: unknown, number: number): boolean {
	if (typeof value !== "object" || value === null) return value === number;
	return Object.values(value).some((child) => holdsNumber(child, number));
}

/** True where two JSON values are equal, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const keys = Object.keys(a);
	if (keys.length !== Object.keys(b).length) return false;
	return keys.every(
		(key) =>
			Object.hasOwn(b, key) && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
	);
}

/** Texts in the order of their bytes in UTF-8, which is that of their code points: as stores have it. */
export function compareTexts(a: string, b: string): number {
	const [left, right] = [Array.from(a), Array.from(b)];
	for (let i = 0; i < Math.min(left.length, right.length); i++) {
		const order = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
		if (order !== 0) return order;
	}
	return left.length - right.length;
}

/** The first text, in the order of bytes of UTF-8, that is behind all that begin so; null where there is none. */
export function keyAfter(prefix: string): string | null {
	const points = Array.from(prefix);
	for (let last = points.pop(); last !== undefined; last = points.pop()) {
		const point = (last.codePointAt(0) ?? 0) + 1;
		if (point > 0x10ffff) continue;
		// Surrogates are no characters of their own.
		return points.join("") + String.fromCodePoint(point === 0xd800 ? 0xe000 : point);
	}
	return null;
}
