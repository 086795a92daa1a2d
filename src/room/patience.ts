/** A session that is refused a hundred things a second does not read what it is told: it is sent away, at last for good. */
import { CLOSE } from "../protocol/codes.ts";
import { REFUSALS_MEMORY_MS, REFUSALS_PER_SECOND, REFUSALS_SECONDS } from "../protocol/limits.ts";
import type { Buckets } from "./buckets.ts";
import type { Concern } from "./concern.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	buckets: Buckets;
	sessions: Sessions;
}

const TOLL = { what: "refused", perSecond: REFUSALS_PER_SECOND, burstSeconds: REFUSALS_SECONDS };

export class Patience implements Concern {
	readonly #room: Needs;
	/** When members were sent away for it, Unix ms: the longest ago first. */
	readonly #sentAway = new Map<string, number>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	setBack(now: number): boolean {
		for (const [member, at] of this.#sentAway) this.#sentAway.set(member, Math.min(at, now));
		return false;
	}

	/** So many refusals were told to a session. One who waits as long as it was told never comes here. */
	wear(session: Session, count: number, turn: Turn): void {
		const { buckets, sessions } = this.#room;
		if (count === 0 || buckets.take(session.id, { ...TOLL, cost: count }, turn.now) === 0) return;
		for (const [member, at] of this.#sentAway) {
			if (turn.now - at < REFUSALS_MEMORY_MS) break;
			this.#sentAway.delete(member);
		}
		// What it was told in this turn, one that does not read is not told.
		if (session.mode.kind === "paused") turn.untell(session.id);
		const isAgain = this.#sentAway.delete(session.member);
		this.#sentAway.set(session.member, turn.now);
		if (isAgain) return sessions.close(session, CLOSE.violated, "Too many of your messages were refused, again.", turn);
		const message = "Too much of what you send is refused; join again after a while, and wait as long as you are told.";
		turn.refuse(session.id, { code: "overloaded", message, retryAfterMs: REFUSALS_SECONDS * 1000 });
		sessions.close(session, CLOSE.busy, "too many refused messages", turn);
	}
}
