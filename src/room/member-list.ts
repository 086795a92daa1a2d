/** The list of members that is read over HTTP, a page at a time. */
import { PAGE_BYTES_MAX } from "../protocol/limits.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Roster } from "./roster.ts";

export interface MembersQuery {
	limit: number;
	/** What `next` was in the answer before: the id of the last that was listed. Null begins with the first. */
	cursor: string | null;
}

export interface MembersPage {
	/** Encoded members. */
	members: string[];
	/** The cursor of the page after this one; null where there is no more. */
	next: string | null;
}

/** In the order of their ids, which is nobody's to change: who comes or goes meanwhile makes none be listed twice. */
export function membersPage(roster: Pick<Roster, "ids" | "encode">, { limit, cursor }: MembersQuery): MembersPage {
	// One more than is wanted: where it is there, there is more.
	const ids = firstAfter(roster.ids, cursor ?? "", limit + 1);
	const members: string[] = [];
	let bytes = 0;
	for (const id of ids.slice(0, limit)) {
		const member = roster.encode(id);
		bytes += utf8Bytes(member) + 1;
		if (bytes > PAGE_BYTES_MAX && members.length > 0) break;
		members.push(member);
	}
	return { members, next: members.length < ids.length ? (ids[members.length - 1] ?? null) : null };
}

/** The first `count` after one of them, in their order. Most of a crowd is only looked at: it is not sorted. */
function firstAfter(ids: Iterable<string>, after: string, count: number): string[] {
	const first: string[] = [];
	for (const id of ids) {
		const last = first[count - 1];
		if (id <= after || (last !== undefined && id > last)) continue;
		let [low, high] = [0, first.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((first[middle] ?? "") < id) low = middle + 1;
			else high = middle;
		}
		first.splice(low, 0, id);
		if (first.length > count) first.pop();
	}
	return first;
}
