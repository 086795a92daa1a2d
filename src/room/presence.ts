/** The message that tells who came, went and changed: in parts where it is long, the last of which carries the count. */
import { PAGE_BYTES_MAX } from "../protocol/limits.ts";
import type { Presence } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";

/** What each list of the message holds, encoded. */
export type Changes = Record<keyof Pick<Presence, "joined" | "left" | "changed">, string[]>;

const NONE = (): Changes => ({ joined: [], left: [], changed: [] });

/** Each part holds at most PAGE_BYTES_MAX bytes of changes. */
export function encodePresence(changes: Changes, count: number): string[] {
	let part = NONE();
	const parts = [part];
	let bytes = 0;
	for (const field of ["left", "joined", "changed"] as const) {
		for (const change of changes[field]) {
			const size = utf8Bytes(change) + 1;
			bytes += size;
			if (bytes > PAGE_BYTES_MAX) {
				part = NONE();
				parts.push(part);
				bytes = size;
			}
			part[field].push(change);
		}
	}
	return parts.map(({ joined, left, changed }, index) => {
		const counted = index === parts.length - 1 ? `,"count":${count}` : "";
		return `{"type":"presence","joined":[${joined}],"left":[${left}],"changed":[${changed}]${counted}}`;
	});
}
