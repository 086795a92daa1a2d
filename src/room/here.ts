/** One who is here: as the room knows it, and as it is stored. */
import type { RuleMember } from "../protocol/decision.ts";
import type { Field } from "./sample.ts";
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

/** One who comes with a session. */
export interface Entering extends Pick<Here, "id" | "name" | "address"> {
	session: string;
}

/** A member's coming or going. */
export interface Move {
	what: "joined" | "left";
	member: Here;
}

/** Without its sessions: who they are is not stored. */
export function hereOf({ member: id, name, state, goneSince, address }: RosterRow): Here {
	return { id, name, state, sessions: new Set(), goneSince, leftAt: 0, address };
}

export function rowOf({ id: member, name, state, goneSince, address }: Here): RosterRow {
	return { member, name, state, goneSince, address };
}

/**
 * After a wake, those without a session are in grace: since they left, or from now on. Gives them, the longest gone
 * first, and those of them for whom it begins.
 */
export function beginGrace(members: readonly Here[], now: number): Record<"gone" | "changed", Here[]> {
	const gone = members.filter((member) => member.sessions.size === 0);
	// Where no socket is left of those that were there, a crash took them, and nobody could come back meanwhile: all
	// have the whole grace again, also those whom an earlier crash had dropped.
	const isCrash = gone.length === members.length && gone.some(({ goneSince }) => goneSince === null);
	const changed = gone.filter(({ goneSince }) => isCrash || goneSince === null);
	for (const member of changed) member.goneSince = now;
	gone.sort((a, b) => (a.goneSince ?? 0) - (b.goneSince ?? 0));
	return { gone, changed };
}

/** The clock stands at `now`, and may have stood later: nobody left later than that. Says whether its row is another. */
export function setBackLeaving(member: Here, now: number): boolean {
	member.leftAt = Math.min(member.leftAt, now);
	if (member.goneSince === null || member.goneSince <= now) return false;
	member.goneSince = now;
	return true;
}

/** As JSON: its id, and those of its fields. */
export function encodeHere({ id, name, state }: Here, fields: ReadonlySet<Field>): string {
	const named = fields.has("name") ? `,"name":${JSON.stringify(name)}` : "";
	return `{"id":${JSON.stringify(id)}${named}${fields.has("state") ? `,"state":${state}` : ""}}`;
}

/** Where one who is seen keeps what it shows, as JSON. */
const SHOWN = Symbol("shown");
/** One getter for all: the engine makes a shape of its own for each that an object literal would have. */
const STATE: PropertyDescriptor & ThisType<{ readonly [SHOWN]: string }> = {
	enumerable: true,
	configurable: true,
	get() {
		return JSON.parse(this[SHOWN]);
	},
};

/** As rules see it. What it shows is read only where that is asked for. */
export function seenBy({ id, name, state }: Here): RuleMember {
	const seen = Object.defineProperty({ id, name }, SHOWN, { value: state });
	return Object.defineProperty(seen, "state", STATE) as RuleMember;
}
