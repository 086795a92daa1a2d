/** What is read of a room over HTTP, without a socket. */
import type { Refusal } from "../protocol/codes.ts";
import type { JobsQuery } from "../room/job-list.ts";
import type { MembersQuery } from "../room/member-list.ts";
import type { Room } from "../room/room.ts";
import type { StateQuery } from "../room/state-list.ts";

/** An HTTP answer from the room: JSON text, or a refusal. */
export type Answer = { json: string } | { refusal: Refusal };

export interface EventsQuery {
	after?: number | undefined;
	before?: number | undefined;
	limit?: number | undefined;
	epoch?: string | undefined;
}

/** An epoch that is not stored is not yet real: the next reader would see another. */
export function epochOf(room: Room): string {
	return room.isStored ? room.meta.epoch : "";
}

export function eventsOf(room: Room, query: EventsQuery): Answer {
	const { head, floor } = room.meta;
	const epoch = epochOf(room);
	const isOtherEpoch = query.epoch !== undefined && query.epoch !== epoch;
	if (isOtherEpoch || (query.after !== undefined && query.after < floor - 1)) {
		return {
			refusal: {
				code: "trimmed",
				message: isOtherEpoch
					? "That epoch's history is gone: the room was wiped. Read it from its floor."
					: `The history begins at ${floor}; read it from there.`,
			},
		};
	}
	const page = room.page(query);
	return {
		json: `{"epoch":${JSON.stringify(epoch)},"floor":${floor},"head":${head},"events":[${page.bodies.join(",")}],"more":${page.more}}`,
	};
}

/** Of the state. The body of an entry is its value; its version goes beside it. */
export type EntryAnswer = { json: string; version: number } | { refusal: Refusal };

export function stateOf(room: Room, query: StateQuery, member: string): Answer {
	const { bodies, more } = room.state.page(query, member);
	const epoch = JSON.stringify(epochOf(room));
	return { json: `{"epoch":${epoch},"version":${room.version},"entries":[${bodies.join(",")}],"more":${more}}` };
}

/** One that the member may not see is none. */
export function entryOf(room: Room, key: string, member: string): EntryAnswer {
	const entry = room.state.at(key, member);
	if (entry === null) return { refusal: { code: "not_found", message: "There is no entry of that key here." } };
	return { json: entry.value ?? "null", version: entry.version };
}

export function membersOf(room: Room, query: MembersQuery | undefined): Answer {
	const head = `"room":${JSON.stringify(room.name)},"count":${room.count}`;
	if (query === undefined) return { json: `{${head},"members":${room.members()}}` };
	const { members, next } = room.membersPage(query);
	const more = next === null ? "" : `,"next":${JSON.stringify(next)}`;
	return { json: `{${head},"members":[${members.join(",")}]${more}}` };
}

export function jobsOf(room: Room, query: JobsQuery): Answer {
	const page = room.jobs(query);
	if (page === null) {
		const message =
			"`cursor` is the `next` of an earlier answer, and of before a wipe it holds no longer; begin anew without it.";
		return { refusal: { code: "bad_request", message } };
	}
	const next = page.next === null ? "" : `,"next":${JSON.stringify(page.next)}`;
	return { json: `{"jobs":[${page.bodies.join(",")}]${next}}` };
}
