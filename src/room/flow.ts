/**
 * Flow: a member that reads slower than the room speaks harms only itself (G6). When its socket's buffer is
 * full its session is paused; when the buffer has drained it replays what it missed from the history, and is
 * live again. What nobody can catch up with is closed: the client comes back and resumes.
 */
import { CLOSE } from "../protocol/codes.ts";
import type { Flow } from "./inputs.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Turn } from "./turn.ts";

export function regulate({ full, drained, stuck }: Flow, sessions: Sessions, turn: Turn): void {
	for (const id of full) {
		const session = sessions.get(id);
		if (session !== undefined && session.mode.kind !== "paused") pause(session, sessions, turn);
	}
	for (const id of drained) {
		const session = sessions.get(id);
		if (session?.mode.kind !== "paused") continue;
		sessions.setMode(session, { kind: "replaying", cursor: session.mode.cursor });
		turn.attach(session);
	}
	for (const id of stuck) {
		const session = sessions.get(id);
		if (session !== undefined) sessions.close(session, CLOSE.tooSlow, "too slow", turn);
	}
}

/** Whoever is live was sent everything up to the head before this turn, and nothing of this turn yet. */
function pause(session: Session, sessions: Sessions, turn: Turn): void {
	const cursor = session.mode.kind === "live" ? turn.headBefore : session.mode.cursor;
	sessions.setMode(session, { kind: "paused", cursor, told: 0 });
	turn.withhold(session.id);
	turn.attach(session);
}
