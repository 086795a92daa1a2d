/** The first message of a session, and the replay that brings it from its cursor to the head. */
import {
	FRAME_BYTES_MAX,
	HEARTBEAT_MS,
	IDEMPOTENCY_MS,
	MESSAGES_PER_FRAME_MAX,
	NAME_CHARS_MAX,
	PRESENCE_BYTES_MAX,
	REPLAY_EVENTS_MAX,
	SIGNAL_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Welcome, WelcomeLimits } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import type { History, Page } from "./history.ts";
import type { Join } from "./inputs.ts";
import type { Roster } from "./presence.ts";
import { continuityOf } from "./resume.ts";
import type { Session } from "./session.ts";
import type { Turn } from "./turn.ts";

/** Decides where the session takes up the history, and gives its welcome, encoded. */
export function welcomeTo(
	session: Session,
	join: Pick<Join, "since" | "history" | "resume">,
	room: string,
	history: History,
	roster: Roster,
	settings: Settings,
): string {
	const { epoch, head, floor } = history.meta;
	const { continuity, reason, cursor } = continuityOf(join.since, join.history, history.meta);
	session.mode = { kind: "replaying", cursor };
	const welcome: Omit<Welcome, "members"> = {
		type: "welcome",
		protocol: 1,
		features: [],
		room,
		epoch,
		head,
		floor,
		continuity,
		...(reason === undefined ? {} : { reason }),
		...(join.resume === null ? {} : { resume: join.resume }),
		me: { id: session.member, name: session.name, session: session.id, can: [...session.can] },
		count: roster.count,
		limits: limitsOf(settings),
	};
	// The members are encoded once for all who join in a turn.
	return `${JSON.stringify(welcome).slice(0, -1)},"members":${roster.list()}}`;
}

/** Sends the session its next page; with the last one it is caught up and live. `wasWelcomed`: in an earlier turn. */
export function replayTo(
	session: Session,
	wasWelcomed: boolean,
	history: History,
	roster: Roster,
	pages: Map<number, Page>,
	turn: Turn,
): void {
	if (session.mode.kind !== "replaying") return;
	const { head } = history.meta;
	const { cursor } = session.mode;
	let page = pages.get(cursor);
	if (page === undefined) {
		page = history.after(cursor, REPLAY_EVENTS_MAX);
		pages.set(cursor, page);
	}
	turn.tellEncoded(session.id, page.bodies);
	if (page.more) {
		session.mode = { kind: "replaying", cursor: page.last ?? cursor };
		return;
	}
	// A replay that took several turns heard nothing of who came and went meanwhile.
	if (wasWelcomed) turn.tellEncoded(session.id, [roster.full()]);
	turn.tell(session.id, { type: "caught-up", head });
	turn.tellEncoded(session.id, turn.signals.encoded());
	session.mode = { kind: "live" };
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
