/** What a frame can be refused by without reading it: the ids that its messages bear. */
import { FRAME_BYTES_MAX, ID_CHARS_MAX, MESSAGES_PER_FRAME_MAX } from "./limits.ts";
import { exceedsBytes } from "./text.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const KEY = '"id"';

/** True of what a refusal may bear as its id. */
export function isNameable(id: unknown): id is string {
	return typeof id === "string" && id.length > 0 && id.length <= ID_CHARS_MAX && id.isWellFormed();
}

/**
 * The ids of a frame's messages, in order: undefined for a message without one, and for what is no message. Nothing is
 * parsed but the ids: of 64 KiB of objects it takes a fifteenth of what it takes to decode them. A key that is written
 * with escapes is not found, and what is no JSON at all has whatever ids it seems to have.
 */
export function skimIds(text: string): (string | undefined)[] {
	if (exceedsBytes(text, FRAME_BYTES_MAX)) return [undefined];
	const start = skipSpace(text, 0);
	const isArray = text[start] === "[";
	if (isArray && text[skipSpace(text, start + 1)] === "]") return [];
	const messageDepth = isArray ? 2 : 1;
	const ids: (string | undefined)[] = [undefined];
	let depth = 0;
	for (let i = start; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit === QUOTE) {
			const end = endOfString(text, i);
			if (depth === messageDepth && end - i === KEY.length && text.startsWith(KEY, i)) {
				const colon = skipSpace(text, end);
				if (text.charCodeAt(colon) === COLON) ids[ids.length - 1] = idAt(text, skipSpace(text, colon + 1));
			}
			i = end - 1;
		} else if (unit === COMMA) {
			if (isArray && depth === 1) ids.push(undefined);
		} else if (OPENING.has(unit)) depth++;
		else if (CLOSING.has(unit)) depth--;
	}
	return ids.length > MESSAGES_PER_FRAME_MAX ? [undefined] : ids;
}

function skipSpace(text: string, from: number): number {
	let at = from;
	while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
	return at;
}

/** The place after the string that begins there; the text's end where it has none. */
function endOfString(text: string, start: number): number {
	for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
		let slashes = 0;
		while (text[at - 1 - slashes] === "\\") slashes++;
		if (slashes % 2 === 0) return at + 1;
	}
	return text.length;
}

function idAt(text: string, start: number): string | undefined {
	if (text.charCodeAt(start) !== QUOTE) return undefined;
	try {
		const id: unknown = JSON.parse(text.slice(start, endOfString(text, start)));
		return isNameable(id) ? id : undefined;
	} catch {
		return undefined;
	}
}
