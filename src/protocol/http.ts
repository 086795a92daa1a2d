/** The bodies of the HTTP API: the protocol's own schemas, from which its document is generated. */
import * as v from "valibot";
import { APP_CODE, HTTP_STATUS } from "./codes.ts";
import { Data, EntryKey, EventName, MemberId, Seq } from "./fields.ts";
import { JOB_STATES } from "./jobs.ts";
import { Event, Member, Moderation } from "./messages.ts";

/** The body of `POST /rooms/{room}/events`; its id is the `Idempotency-Key` header. */
export const PostEvent = v.object({ name: EventName, data: Data, expect: v.optional(Seq) });

/** The body of `POST /rooms/{room}/moderation`; to erase a member is an operator's alone. */
export const PostModeration = v.union([Moderation, v.object({ action: v.literal("erase"), member: MemberId })]);
export type PostModeration = v.InferOutput<typeof PostModeration>;

const SomeMessage = v.looseObject({ type: v.string() });
/** The body of `POST /rooms/{room}/sessions/{session}`: what the room makes of each message, its session hears. */
export const Frame = v.union([SomeMessage, v.array(SomeMessage)]);
/** Server-sent events (HTML, 9.2): `event` is a message's type, `data` the message. */
export const Stream = v.string();

/** How a room is: where its history stands, and how many members are here. An empty epoch: nothing is stored. */
export const Summary = v.object({ room: v.string(), epoch: v.string(), head: Seq, floor: Seq, count: v.number() });

export const EventsPage = v.object({
	epoch: v.string(),
	floor: Seq,
	head: Seq,
	events: v.array(Event),
	more: v.boolean(),
});

/** The `cursor` that reads on, which only the list itself can read; without it there is no more. */
const Next = v.optional(v.string());

export const MembersPage = v.object({ room: v.string(), count: v.number(), members: v.array(Member), next: Next });

/** An entry, when it was last changed, Unix ms, and by whom. */
export const Entry = v.object({ key: EntryKey, value: v.unknown(), version: Seq, at: v.number(), from: v.string() });
/** In the order of their keys, as bytes of UTF-8. An empty epoch: nothing is stored. */
export const StatePage = v.object({ epoch: v.string(), version: Seq, entries: v.array(Entry), more: v.boolean() });
/** The body of `/rooms/{room}/state/{key}`: the value itself; null, where it is put, drops the entry. */
export const EntryValue = Data;
/** An entry's version, and the epoch that it is of. */
export const Landed = v.object({ epoch: v.string(), version: Seq });

export const Posted = v.object({ epoch: v.string(), seq: Seq });
/** An event that is checked before anyone sees it. */
export const HeldPost = v.object({ job: v.string() });

export const Job = v.object({
	job: v.string(),
	name: v.string(),
	state: v.picklist(JOB_STATES),
	run: v.number(),
	at: v.optional(v.number()),
	member: v.optional(v.string()),
	of: v.optional(Seq),
	from: v.optional(Seq),
	to: v.optional(Seq),
	result: v.optional(v.unknown()),
	error: v.optional(v.object({ code: v.string(), message: v.string() })),
});
export const JobsPage = v.object({ jobs: v.array(Job), next: Next });

export const RoomsPage = v.object({
	rooms: v.array(v.object({ room: v.string(), members: v.number(), head: Seq, activeAt: v.number() })),
	next: Next,
});

export const DeadLettersPage = v.object({
	letters: v.array(v.object({ at: v.number(), queue: v.string(), body: v.string(), reason: v.string() })),
	next: Next,
});

export const SearchPage = v.object({
	events: v.array(
		v.object({
			room: v.string(),
			epoch: v.string(),
			seq: Seq,
			at: v.number(),
			from: v.string(),
			author: v.string(),
			of: v.optional(Seq),
			name: v.string(),
			data: v.unknown(),
		}),
	),
	next: Next,
});

export const Health = v.object({ ok: v.literal(true) });

/** RFC 9457, with the project's stable code. */
export const Problem = v.object({
	type: v.string(),
	title: v.string(),
	status: v.number(),
	detail: v.string(),
	/** Those of rules are an app's own. */
	code: v.union([
		v.picklist(Object.keys(HTTP_STATUS) as (keyof typeof HTTP_STATUS)[]),
		v.pipe(v.string(), v.regex(APP_CODE)),
	]),
	id: v.optional(v.string()),
	retryAfterMs: v.optional(v.number()),
	head: v.optional(Seq),
	key: v.optional(v.string()),
	version: v.optional(Seq),
	value: v.optional(v.unknown()),
});
