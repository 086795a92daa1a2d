/**
 * A digest of what was published: enough to tell a repeat from another event under the same id, without reading
 * what is stored. It is no secret's guard: whoever made two events of one digest would deceive only itself, since
 * ids are a member's own. 53 bits; two JSON values that are equal whatever the order of their keys have the same.
 */

/** FNV-1a's prime and basis, 32 bits. */
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

/** Two 32-bit lanes, of which the digest takes 53 bits. */
type Lanes = [number, number];

function mixText(text: string, [a, b]: Lanes): Lanes {
	let [x, y] = [a, b];
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		x = Math.imul(x ^ unit, PRIME);
		y = (y + x) | 0;
	}
	return [x, Math.imul(y ^ (y >>> 15), PRIME)];
}

/** Recursive: for values whose depth was looked at before. */
function lanesOf(value: unknown): Lanes {
	if (typeof value === "string") return mixText(value, [BASIS, 1]);
	if (typeof value !== "object" || value === null) return mixText(String(value), [BASIS, 2]);
	if (Array.isArray(value)) {
		let lanes: Lanes = [BASIS, 3];
		for (const each of value) {
			const [x, y] = lanesOf(each);
			lanes = [Math.imul(lanes[0] ^ x, PRIME), Math.imul(lanes[1] ^ y, PRIME) + x];
		}
		return lanes;
	}
	// A sum: the order of keys counts for nothing.
	let [x, y] = [BASIS, 4];
	for (const [key, each] of Object.entries(value)) {
		const [a, b] = lanesOf(each);
		const [c, d] = mixText(key, [a, b]);
		x = (x + Math.imul(c, PRIME)) | 0;
		y = (y + Math.imul(d ^ c, PRIME)) | 0;
	}
	return [x, y];
}

/** 11 characters at most, of 0-9 and a-z. */
export function digestOf(name: string, data: unknown): string {
	const [x, y] = mixText(name, lanesOf(data));
	return ((x >>> 0) * 0x200000 + (y >>> 11)).toString(36);
}
