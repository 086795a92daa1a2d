/**
 * Every message of the wire, version 1: one schema each, and the type inferred from it.
 * Objects ignore fields they do not know, so that both sides can grow.
 */
import * as v from "valibot";
import type { ErrorCode } from "./codes.ts";
import { SetRequest, State } from "./entries.ts";
import { Data, EntryKey, EventName, MemberId, MessageId, Seq } from "./fields.ts";
import { PAGE_EVENTS_MAX, RECEIVED_JOBS_MAX, SANCTION_SECONDS_MAX } from "./limits.ts";

export const CAPABILITIES = ["read", "publish", "signal", "presence", "job", "moderate"] as const;
export const Capability = v.picklist(CAPABILITIES);
export type Capability = v.InferOutput<typeof Capability>;

// Client to server.

export const Publish = v.object({
	type: v.literal("publish"),
	id: MessageId,
	name: EventName,
	data: Data,
	expect: v.optional(Seq),
});
export type Publish = v.InferOutput<typeof Publish>;

export const SignalRequest = v.object({
	type: v.literal("signal"),
	name: EventName,
	data: Data,
	to: v.optional(MemberId),
});
export type SignalRequest = v.InferOutput<typeof SignalRequest>;

export const PresenceRequest = v.object({ type: v.literal("presence"), state: Data });
export type PresenceRequest = v.InferOutput<typeof PresenceRequest>;

export const JobRequest = v.object({
	type: v.literal("job"),
	id: MessageId,
	name: EventName,
	data: Data,
});
export type JobRequest = v.InferOutput<typeof JobRequest>;

export const Received = v.object({
	type: v.literal("received"),
	jobs: v.pipe(v.array(MessageId), v.maxLength(RECEIVED_JOBS_MAX)),
});
export type Received = v.InferOutput<typeof Received>;

export const HistoryRequest = v.pipe(
	v.object({
		type: v.literal("history"),
		id: MessageId,
		before: v.optional(Seq),
		after: v.optional(Seq),
		limit: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(PAGE_EVENTS_MAX))),
	}),
	v.check(
		(request) => request.before === undefined || request.after === undefined,
		"takes `before` or `after`, not both",
	),
);
export type HistoryRequest = v.InferOutput<typeof HistoryRequest>;

export const MODERATIONS = ["remove", "ban", "unban", "mute", "unmute", "redact", "lock", "unlock"] as const;
const MODERATION = {
	action: v.picklist(MODERATIONS),
	member: v.optional(MemberId),
	seq: v.optional(Seq),
	/** How long a ban or mute holds; for ever where it is missing. */
	seconds: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(SANCTION_SECONDS_MAX))),
};
export const Moderation = v.object(MODERATION);
export type Moderation = v.InferOutput<typeof Moderation>;
export const Moderate = v.object({ type: v.literal("moderate"), id: MessageId, ...MODERATION });
export type Moderate = v.InferOutput<typeof Moderate>;

/** The schema of each message that a client may send, by its `type`. */
export const CLIENT_MESSAGES = {
	publish: Publish,
	set: SetRequest,
	signal: SignalRequest,
	presence: PresenceRequest,
	job: JobRequest,
	received: Received,
	history: HistoryRequest,
	moderate: Moderate,
} as const;

export type ClientMessage =
	| Publish
	| SetRequest
	| SignalRequest
	| PresenceRequest
	| JobRequest
	| Received
	| HistoryRequest
	| Moderate;

// Server to client.

export const Member = v.object({ id: MemberId, name: v.string(), state: v.unknown() });
export type Member = v.InferOutput<typeof Member>;

/**
 * Times are integer Unix milliseconds. A redacted event keeps its place, with `data` null. `of` is the event at which a
 * rule published this one.
 */
export const Event = v.object({
	type: v.literal("event"),
	seq: Seq,
	at: v.pipe(v.number(), v.safeInteger()),
	from: MemberId,
	author: v.string(),
	id: v.optional(v.string()),
	of: v.optional(Seq),
	name: v.string(),
	data: v.unknown(),
	redacted: v.optional(v.literal(true)),
});
export type Event = v.InferOutput<typeof Event>;

export const RESET_REASONS = ["epoch", "trimmed", "ahead", "malformed"] as const;
export type ResetReason = (typeof RESET_REASONS)[number];

/** Bounds that a client can keep to by itself: bytes, characters, counts, per second, milliseconds. */
export const WelcomeLimits = v.object({
	frameBytes: v.number(),
	eventBytes: v.number(),
	signalBytes: v.number(),
	presenceBytes: v.number(),
	nameChars: v.number(),
	messagesPerFrame: v.number(),
	publishPerSecond: v.number(),
	signalPerSecond: v.number(),
	heartbeatMs: v.number(),
	idempotencyMs: v.number(),
});
export type WelcomeLimits = v.InferOutput<typeof WelcomeLimits>;

export const Welcome = v.object({
	type: v.literal("welcome"),
	protocol: v.literal(1),
	features: v.array(v.string()),
	room: v.string(),
	epoch: v.string(),
	head: Seq,
	floor: Seq,
	/** Of the state. */
	version: Seq,
	continuity: v.picklist(["fresh", "resumed", "reset"]),
	reason: v.optional(v.picklist(RESET_REASONS)),
	resume: v.optional(v.string()),
	me: v.object({
		id: MemberId,
		name: v.string(),
		session: v.string(),
		can: v.array(Capability),
		/** The presence that this member has here already. */
		state: v.optional(v.unknown()),
	}),
	members: v.array(Member),
	count: v.number(),
	limits: WelcomeLimits,
});
export type Welcome = v.InferOutput<typeof Welcome>;

/** Of a publish that was made before, where it stands; of a set that is done, the version at which it landed. */
export const Ack = v.object({
	type: v.literal("ack"),
	id: v.string(),
	seq: v.optional(Seq),
	version: v.optional(Seq),
});
export type Ack = v.InferOutput<typeof Ack>;

export const Signal = v.object({
	type: v.literal("signal"),
	from: MemberId,
	session: v.string(),
	name: v.string(),
	data: v.unknown(),
});
export type Signal = v.InferOutput<typeof Signal>;

export const PresenceChange = v.object({
	id: MemberId,
	name: v.optional(v.string()),
	state: v.optional(v.unknown()),
});
export type PresenceChange = v.InferOutput<typeof PresenceChange>;

/** `count` is missing in all parts but the last where a presence was split. */
export const Presence = v.object({
	type: v.literal("presence"),
	count: v.optional(v.number()),
	joined: v.array(Member),
	left: v.array(MemberId),
	changed: v.array(PresenceChange),
	full: v.optional(v.literal(true)),
});
export type Presence = v.InferOutput<typeof Presence>;

export const JobNotice = v.object({
	type: v.literal("job"),
	id: v.string(),
	job: v.string(),
	name: v.string(),
	state: v.picklist(["accepted", "held", "done", "failed"]),
	result: v.optional(v.unknown()),
	error: v.optional(v.object({ code: v.string(), message: v.string() })),
});
export type JobNotice = v.InferOutput<typeof JobNotice>;

export const HistoryReply = v.object({
	type: v.literal("history"),
	id: v.string(),
	events: v.array(Event),
	floor: Seq,
	head: Seq,
	more: v.boolean(),
});
export type HistoryReply = v.InferOutput<typeof HistoryReply>;

export const Access = v.object({ type: v.literal("access"), can: v.array(Capability) });
export type Access = v.InferOutput<typeof Access>;

export const CaughtUp = v.object({ type: v.literal("caught-up"), head: Seq });
export type CaughtUp = v.InferOutput<typeof CaughtUp>;

export const WireError = v.object({
	type: v.literal("error"),
	id: v.optional(v.string()),
	code: v.custom<ErrorCode>((code) => typeof code === "string"),
	message: v.string(),
	retryAfterMs: v.optional(v.number()),
	head: v.optional(Seq),
	/** What is, where a set expected another: its value is null, and its version 0, where there is none. */
	key: v.optional(EntryKey),
	version: v.optional(Seq),
	value: v.optional(v.unknown()),
});
export type WireError = v.InferOutput<typeof WireError>;

/** The schema of each message that the room sends, by its `type`. */
export const SERVER_MESSAGES = {
	welcome: Welcome,
	event: Event,
	state: State,
	ack: Ack,
	signal: Signal,
	presence: Presence,
	job: JobNotice,
	history: HistoryReply,
	access: Access,
	"caught-up": CaughtUp,
	error: WireError,
} as const;

export type ServerMessage =
	| Welcome
	| Event
	| State
	| Ack
	| Signal
	| Presence
	| JobNotice
	| HistoryReply
	| Access
	| CaughtUp
	| WireError;
