/** The message that tells who came, went and changed: in parts where it is long, the last of which carries the count. */
import { PAGE_BYTES_MAX } from "../protocol/limits.ts";
import type { Presence } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";

export type Changes = Pick<Presence, "joined" | "left" | "changed">;

const NONE = (): Changes => ({ joined: [], left: [], changed: [] });

/** Each part holds at most PAGE_BYTES_MAX bytes of changes. */
export function encodePresence(changes: Changes, count: number): string[] {
	let part = NONE();
	const parts = [part];
	let bytes = 0;
	const put = <K extends keyof Changes>(field: K, change: Changes[K][number]): void => {
		const size = utf8Bytes(JSON.stringify(change)) + 1;
		bytes += size;
		if (bytes > PAGE_BYTES_MAX) {
			part = NONE();
			parts.push(part);
			bytes = size;
		}
		(part[field] as (typeof change)[]).push(change);
	};
	for (const id of changes.left) put("left", id);
	for (const member of changes.joined) put("joined", member);
	for (const change of changes.changed) put("changed", change);
	return parts.map((each, index) => {
		const message: Presence = { type: "presence", ...each };
		if (index === parts.length - 1) message.count = count;
		return JSON.stringify(message);
	});
}
