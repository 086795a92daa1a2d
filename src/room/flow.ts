/**
 * Flow: a member that reads slower than the room speaks harms only itself (G6). When its socket's buffer is
 * full its session is paused; when the buffer has drained it replays what it missed from the history, and is
 * live again. What nobody can catch up with is closed: the client comes back and resumes.
 */
import { CLOSE } from "../protocol/codes.ts";
import type { Audience } from "./audience.ts";
import type { Flow } from "./inputs.ts";
import type { Roster } from "./presence.ts";
import { attachmentOf, type Session } from "./session.ts";
import type { Turn } from "./turn.ts";

export function steer({ full, drained, stuck }: Flow, audience: Audience, roster: Roster, turn: Turn): void {
	for (const id of full) {
		const session = audience.get(id);
		if (session !== undefined && session.mode.kind !== "paused") pause(session, audience, turn);
	}
	for (const id of drained) {
		const session = audience.get(id);
		if (session?.mode.kind !== "paused") continue;
		audience.setMode(session, { kind: "replaying", cursor: session.mode.cursor });
		turn.attachments.set(id, attachmentOf(session));
	}
	for (const id of stuck) {
		if (audience.get(id) !== undefined) audience.close(id, CLOSE.tooSlow, "too slow", roster, turn);
	}
}

/** Whoever is live was sent everything up to the head before this turn, and nothing of this turn yet. */
function pause(session: Session, audience: Audience, turn: Turn): void {
	const cursor = session.mode.kind === "live" ? turn.headBefore : session.mode.cursor;
	audience.setMode(session, { kind: "paused", cursor, told: 0 });
	turn.withheld.add(session.id);
	turn.attachments.set(session.id, attachmentOf(session));
}
