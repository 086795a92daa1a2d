/** The message that tells of entries: usually one, more where it takes over its bound. */
import { utf8Bytes } from "../protocol/text.ts";
import type { Entry } from "./state-store.ts";

/** How entries are told. */
export interface Telling {
	/** The version that all parts carry. */
	version: number;
	/** Of one part: bytes. An entry that is larger goes alone. */
	bytesMax: number;
	/** True where the first part empties what is held. */
	isFull?: boolean;
	/** True where other parts follow the last of these. */
	hasMore?: boolean;
}

/** Beside its entries, what a part takes at most. */
const HEAD_BYTES = 96;

/** At least one part, be it empty. */
export function encodeState(entries: readonly Entry[], telling: Telling): string[] {
	const { version, bytesMax, isFull = false, hasMore = false } = telling;
	const parts: string[][] = [[]];
	let bytes = HEAD_BYTES;
	for (const entry of entries) {
		const text = encodeEntry(entry, version);
		const size = utf8Bytes(text) + 1;
		if (bytes + size > bytesMax && parts.at(-1)?.length !== 0) {
			parts.push([]);
			bytes = HEAD_BYTES;
		}
		parts.at(-1)?.push(text);
		bytes += size;
	}
	return parts.map((part, index) => {
		const full = isFull && index === 0 ? ',"full":true' : "";
		const more = hasMore || index < parts.length - 1 ? ',"more":true' : "";
		return `{"type":"state","version":${version},"entries":[${part.join(",")}]${full}${more}}`;
	});
}

function encodeEntry({ key, value, version }: Entry, version0: number): string {
	const own = version === version0 ? "" : `,"version":${version}`;
	return `{"key":${JSON.stringify(key)},"value":${value ?? "null"}${own}}`;
}
