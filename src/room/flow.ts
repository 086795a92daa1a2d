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
		const { cursor, state } = session.mode;
		sessions.setMode(session, { kind: "replaying", cursor, state });
		turn.attach(session);
	}
	for (const id of stuck) {
		const session = sessions.get(id);
		if (session !== undefined) sessions.close(session, CLOSE.tooSlow, "too slow", turn);
	}
}

/** Whoever is live was sent everything up to the head before this turn, and nothing of this turn yet. */
function pause(session: Session, sessions: Sessions, turn: Turn): void {
	const { cursor, state } =
		session.mode.kind === "live"
			? { cursor: turn.headBefore, state: { version: turn.versionBefore, reading: null } }
			: session.mode;
	sessions.setMode(session, { kind: "paused", cursor, told: 0, state });
	turn.withhold(session.id);
	turn.attach(session);
}
