/** One who is here: as the room knows it, and as it is stored. */
import type { RosterRow } from "./store.ts";

export interface Here {
	id: string;
	name: string;
	/** The presence state, as JSON. */
	state: string;
	sessions: Set<string>;
	goneSince: number | null;
	/** When the latest of its sessions left, Unix ms, as far as memory goes. */
	leftAt: number;
	/** The keyed hash of a guest's address. */
	address: string | null;
}

/** Without its sessions: who they are is not stored. */
export function hereOf({ member: id, name, state, goneSince, address }: RosterRow): Here {
	return { id, name, state, sessions: new Set(), goneSince, leftAt: 0, address };
}

export function rowOf({ id: member, name, state, goneSince, address }: Here): RosterRow {
	return { member, name, state, goneSince, address };
}

/** The clock stands at `now`, and may have stood later: nobody left later than that. Says whether its row is another. */
export function setBackLeaving(member: Here, now: number): boolean {
	member.leftAt = Math.min(member.leftAt, now);
	if (member.goneSince === null || member.goneSince <= now) return false;
	member.goneSince = now;
	return true;
}
