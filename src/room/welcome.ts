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
	roster: Roster;
	settings: Settings;
	continuity: Continuity;
	/** A guest's private key. */
	resume: string | null;
}

export function encodeWelcome({ id, member, name, can }: Session, room: Welcoming): string {
	const { epoch, head, floor } = room.meta;
	const { continuity, reason } = room.continuity;
	const welcome: Omit<Welcome, "members"> = {
		type: "welcome",
		protocol: 1,
		features: [],
		room: room.name,
		epoch,
		head,
		floor,
		continuity,
		...(reason === undefined ? {} : { reason }),
		...(room.resume === null ? {} : { resume: room.resume }),
		me: { id: member, name, session: id, can: [...can], state: JSON.parse(room.roster.stateOf(member)) },
		count: room.roster.count,
		limits: limitsOf(room.settings),
	};
	// The members are encoded once for all who join in a turn.
	return `${JSON.stringify(welcome).slice(0, -1)},"members":${room.roster.list()}}`;
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
