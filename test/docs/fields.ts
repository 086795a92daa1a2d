/** What each field of the wire means, in words; docs/protocol.md has them beside what the schemas say of each. */
import type * as v from "valibot";
import type {
	CLIENT_MESSAGES,
	Member,
	PresenceChange,
	SERVER_MESSAGES,
	WelcomeLimits,
} from "../../src/protocol/messages.ts";
import type { ROOM_EVENTS } from "../../src/protocol/room-events.ts";

/** A meaning for each field of a schema, so that one that is added or taken away does not compile. */
type FieldsOf<S extends v.GenericSchema> = Readonly<Record<Exclude<keyof v.InferOutput<S>, "type">, string>>;
type FieldsOfAll<T extends Readonly<Record<string, v.GenericSchema>>> = { readonly [K in keyof T]: FieldsOf<T[K]> };

const NAME = "What kind it is: yours to choose, but not beginning with `room.`.";
const ID = "Yours: see P-2.";

export const CLIENT_FIELDS: FieldsOfAll<typeof CLIENT_MESSAGES> = {
	publish: {
		id: ID,
		name: NAME,
		data: "What is said; at most `limits.eventBytes` as JSON.",
		expect: "Publish only where the head is this seq: see P-7.",
	},
	set: {
		id: "Yours, as of a publish, and apart from those: see V-3.",
		key: "Which entry: see V-1.",
		value: "Takes the place of what it was; `null` drops it. At most `limits.eventBytes` as JSON. This or `add`.",
		add: "Is added to the entry, which is a number or is not there.",
		expect: "Set only where the entry's version is this one; 0: where there is none. See V-5.",
	},
	signal: {
		name: "What kind it is; a newer one of the same session and name takes its place.",
		data: "What is shown; at most `limits.signalBytes` as JSON.",
		to: "Only the sessions of this member hear it. Without it, everyone.",
	},
	presence: {
		state:
			"Takes the place of this member's state, for all its sessions; `null` clears it. At most `limits.presenceBytes` as JSON.",
	},
	job: {
		id: "Yours, as of a publish, and apart from those: see K-1.",
		name: "A kind of job that the deployer lets members ask for.",
		data: "What the kind takes; at most `limits.eventBytes` as JSON.",
	},
	received: { jobs: "The `job` of each `job` message that was `done` or `failed`. May be empty." },
	history: {
		id: "Comes back in the answer.",
		before: "The newest events below this seq.",
		after: "The oldest events above this seq. Without both, the newest.",
		limit: "At most so many.",
	},
	moderate: {
		id: "Comes back where it is refused.",
		action: "See A-3.",
		member: "Whom it is about: all but `redact`, `lock` and `unlock` need it.",
		seq: "Which event to `redact`.",
		seconds: "How long a `ban` or `mute` holds; without it for ever.",
	},
};

export const ROOM_EVENT_FIELDS: FieldsOfAll<typeof ROOM_EVENTS> = {
	"room.job": {
		job: "The room's name for the job.",
		name: "Its kind.",
		of: "Which event it is about; null where it was asked for.",
		result: "What came of it.",
	},
	"room.redacted": { seq: "Which event was taken back.", by: "By whom; `room:events` where a check did it." },
};

export const SERVER_FIELDS: FieldsOfAll<typeof SERVER_MESSAGES> = {
	welcome: {
		protocol: "The version that is spoken.",
		features: "What this server can do beyond this page; empty today.",
		room: "The room's name.",
		epoch: "The life of this history: opaque, changed by a wipe.",
		head: "The newest seq; 0 where nothing was ever said.",
		floor: "The oldest seq that is kept; `head` + 1 where none is.",
		version: "How often the state has changed: see V-2.",
		continuity: "Whether what follows joins onto your cursor: see R-3.",
		reason: "Why not, where it is `reset`: see R-4.",
		resume: "A guest's private key: see J-7.",
		me: "Who you are: `id`, `name`, this `session`, what you `can` do, and the presence `state` that you have here already, where you have one.",
		members: "Who is here: see N-1.",
		count: "How many members are here, exactly.",
		limits: "The bounds of this room: see L-1.",
	},
	event: {
		seq: "Its place in the one order.",
		at: "When the room took it, in ms since 1970; never less than that of the event before.",
		from: "Who published it: a member, `room:operator` or `room:events`.",
		author: "The display name of `from` at that time.",
		id: "The publish's id; not there in the room's own events.",
		name: "As published.",
		data: "As published; `null` where it was taken back.",
		of: "There where a rule published it: the event at which it did, with which it is taken back. See R-10.",
		redacted: "There where it was taken back: see R-9.",
	},
	state: {
		version: "How often the state has changed, with these.",
		entries: "Each one's newest value; `null` where it was dropped. Its version is this message's where it has none.",
		full: "There where it takes the place of everything that you know of the state.",
		more: "There in all parts but the last: see V-7.",
	},
	ack: {
		id: "Of a publish that was made before, or of a set that is done.",
		seq: "The place that the publish has.",
		version: "The version at which the set landed: see V-4.",
	},
	signal: {
		from: "The member who sent it.",
		session: "The session that sent it; yours is `me.session`.",
		name: "As sent.",
		data: "As sent.",
	},
	presence: {
		count: "How many members are here; missing in all parts but the last of one that was split.",
		joined: "Members who came, or came into the sample.",
		left: "Ids of members who went.",
		changed: "Members whose name or state changed.",
		full: "There where `joined` takes the place of everything that you know of members.",
	},
	job: {
		id: "The id of the `job` request, or of the publish that is held or that started it.",
		job: "The room's name for this job, to say that it was `received`.",
		name: "Its kind.",
		state: "`accepted` or `held`: there will be an outcome. `done` or `failed`: this is it.",
		result: "What came of it, where it is `done`.",
		error: "A stable `code` and a sentence, where it is `failed`.",
	},
	history: {
		id: "Of the request.",
		events: "Ascending, whichever way was asked for.",
		floor: "The oldest seq that is kept.",
		head: "The newest seq.",
		more: "True where there are more in the direction that was asked for.",
	},
	access: { can: "All that this session may do from now on." },
	"caught-up": { head: "Everything up to this seq has been sent; what comes next is live." },
	error: {
		id: "Of the message that was refused, where it had one that can be told.",
		code: "See [Errors](#errors).",
		message: "A sentence for people: what happened, and what to do.",
		retryAfterMs: "Wait so long before you send it again.",
		head: "The head as it is, of a `conflict`.",
		key: "Of a `conflict`, the entry that is another; where you may see it: see V-5.",
		version: "Its version; 0 where there is none.",
		value: "Its value; `null` where there is none.",
	},
};

export const MEMBER_FIELDS: FieldsOf<typeof Member> = {
	id: "Unique in the room, and the same whenever it comes back.",
	name: "A display name: not unique.",
	state: "What it last sent as `presence`; `null` where it sent none.",
};

export const CHANGE_FIELDS: FieldsOf<typeof PresenceChange> = {
	id: "Whose.",
	name: "The new name, where that changed.",
	state: "The new state, where that changed; it may be `null`.",
};

export const LIMIT_FIELDS: FieldsOf<typeof WelcomeLimits> = {
	frameBytes: "UTF-8 bytes of one frame that you send.",
	eventBytes: "UTF-8 bytes of the `data` of a publish or job, as JSON without spaces.",
	signalBytes: "The same of a signal.",
	presenceBytes: "The same of a presence `state`.",
	nameChars: "UTF-16 units of the `name` of an event, signal or job.",
	messagesPerFrame: "Messages in one frame that you send.",
	publishPerSecond: "Publishes of one member; 0 where there is no limit.",
	signalPerSecond: "Signals of one member; 0 where there is no limit.",
	heartbeatMs: "How often to send `ping`.",
	idempotencyMs: "So long at least a publish's id is known: see P-5.",
};
