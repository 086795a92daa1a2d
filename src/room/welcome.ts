/** The first message of a session. */
import {
	FRAME_BYTES_MAX,
	HEARTBEAT_MS,
	IDEMPOTENCY_MS,
	MESSAGES_PER_FRAME_MAX,
	NAME_CHARS_MAX,
	PRESENCE_BYTES_MAX,
	SIGNAL_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Welcome, WelcomeLimits } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import type { Continuity } from "./resume.ts";
import type { Roster } from "./roster.ts";
import type { Session } from "./session.ts";
import type { Meta } from "./store.ts";

/** What a welcome tells of the room. */
export interface Welcoming {
	/** The room's name. */
	name: string;
	meta: Readonly<Meta>;
	/** Of the state. */
	version: number;
	roster: Roster;
	settings: Settings;
	continuity: Continuity;
	/** A guest's private key. */
	resume: string | null;
}

export function encodeWelcome({ id, member, name, can }: Session, room: Welcoming): string {
	const { epoch, head, floor } = room.meta;
	const { continuity, reason } = room.continuity;
	const opening: Omit<Welcome, "me" | "count" | "limits" | "members"> = {
		type: "welcome",
		protocol: 1,
		features: [],
		room: room.name,
		epoch,
		head,
		floor,
		version: room.version,
		continuity,
		...(reason === undefined ? {} : { reason }),
		...(room.resume === null ? {} : { resume: room.resume }),
	};
	const me: Omit<Welcome["me"], "state"> = { id: member, name, session: id, can: [...can] };
	const rest: Pick<Welcome, "count" | "limits"> = { count: room.roster.count, limits: limitsOf(room.settings) };
	// States are encoded as they come in, and the members once for all who join in a turn.
	const whole = `"me":${unclosed(me)},"state":${room.roster.stateOf(member)}},${unclosed(rest).slice(1)}`;
	return `${unclosed(opening)},${whole},"members":${room.roster.list()}}`;
}

/** An object's JSON, to which more is added. */
function unclosed(object: object): string {
	return JSON.stringify(object).slice(0, -1);
}

export function limitsOf(settings: Settings): WelcomeLimits {
	return {
		frameBytes: FRAME_BYTES_MAX,
		eventBytes: settings.eventBytesMax,
		signalBytes: SIGNAL_BYTES_MAX,
		presenceBytes: PRESENCE_BYTES_MAX,
		nameChars: NAME_CHARS_MAX,
		messagesPerFrame: MESSAGES_PER_FRAME_MAX,
		publishPerSecond: settings.publishPerSecond,
		signalPerSecond: settings.signalPerSecond,
		heartbeatMs: HEARTBEAT_MS,
		idempotencyMs: IDEMPOTENCY_MS,
	};
}
