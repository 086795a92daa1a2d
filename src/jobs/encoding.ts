/**
 * How the bytes of a page are read as text, as browsers do (WHATWG HTML, 13.2.3.2, "Determining the character
 * encoding"): by a byte order mark, else by its header, else by what it says of itself, else as UTF-8 where it is
 * that, and as windows-1252 where it is not.
 */
import { ENCODING_WITHIN_BYTES } from "../protocol/job-limits.ts";

const MARKS: readonly [label: string, mark: readonly number[]][] = [
	["utf-8", [0xef, 0xbb, 0xbf]],
	["utf-16be", [0xfe, 0xff]],
	["utf-16le", [0xff, 0xfe]],
];

/** `contentType` is the header's whole value. What no encoding can hold is U+FFFD in the text. */
export function textOfPage(bytes: Uint8Array, contentType: string, isXml: boolean): string {
	const mark = MARKS.find(([, each]) => each.every((byte, at) => bytes[at] === byte));
	const decoder = decoderOf(mark?.[0]) ?? decoderOf(charsetOf(contentType)) ?? decoderOf(declaredIn(bytes, isXml));
	if (decoder !== null) return decoder.decode(bytes);
	try {
		// A stream: the last letter may be cut off.
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes, { stream: true });
	} catch {
		return new TextDecoder("windows-1252").decode(bytes);
	}
}

/** Null for what is no label of an encoding. */
function decoderOf(label: string | null | undefined): TextDecoder | null {
	if (label === null || label === undefined) return null;
	try {
		return new TextDecoder(label.trim());
	} catch {
		return null;
	}
}

/** The `charset` of a content type, as its header and as a page's `meta` write it. */
function charsetOf(contentType: string): string | null {
	const [, double, single, bare] =
		/charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))/i.exec(contentType.slice(0, ENCODING_WITHIN_BYTES)) ?? [];
	return double ?? single ?? bare ?? null;
}

function declaredIn(bytes: Uint8Array, isXml: boolean): string | null {
	// Every encoding that a page can say so in has the letters of ASCII where ASCII has them.
	const head = new TextDecoder("windows-1252").decode(bytes.subarray(0, ENCODING_WITHIN_BYTES));
	const declaration = /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([^"'>]+)["']/.exec(head)?.[1] ?? null;
	const label = isXml ? (declaration ?? metaIn(head)) : (metaIn(head) ?? declaration);
	// It cannot say so in UTF-16 itself, and nobody means this other one.
	if (label !== null && /^\s*utf-?16/i.test(label)) return "utf-8";
	return label !== null && /^\s*x-user-defined\s*$/i.test(label) ? "windows-1252" : label;
}

const ATTRIBUTES = `(?:[^>"']|"[^"]*"|'[^']*')*`;
/** What is passed over, and the attributes of a `meta`: of what stands in a comment or in an attribute none is one. */
const MARKUP = new RegExp(
	String.raw`<!--(?:-?>|[^]*?(?:--!?>|$))|<meta(?=[\s/])(${ATTRIBUTES})|</?[a-z]${ATTRIBUTES}|<[!/?][^>]*`,
	"gi",
);
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** The first encoding that a page's `meta` elements name and that there is. */
function metaIn(head: string): string | null {
	for (const [, text] of head.matchAll(MARKUP)) {
		if (text === undefined) continue;
		const attributes = new Map<string, string>();
		for (const [, name = "", double, single, bare] of text.matchAll(ATTRIBUTE)) {
			const key = name.toLowerCase();
			if (!attributes.has(key)) attributes.set(key, double ?? single ?? bare ?? "");
		}
		const isType = attributes.get("http-equiv")?.trim().toLowerCase() === "content-type";
		const label = attributes.get("charset") ?? (isType ? charsetOf(attributes.get("content") ?? "") : null);
		if (decoderOf(label) !== null) return label;
	}
	return null;
}
