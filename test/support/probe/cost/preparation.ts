/** What can be written into a room's store before anyone comes. */
import type { JobRow } from "../../../../src/room/jobs.ts";

export interface Preparation {
	/** So many events of a member, from seq 1 on. */
	events?: { count: number; bytes: number; from: string; ageMs: number };
	/** Idempotency keys of events that are gone. */
	keys?: { count: number; ageMs: number };
	/**
	 * Jobs of a member: what it asked for, what its events started, or what it has in hold, which is published where
	 * nobody has checked it `heldMs` from then.
	 */
	jobs?: Pick<JobRow, "purpose" | "state" | "isOwed"> & {
		count: number;
		member: string;
		bytes: number;
		heldMs?: number;
	};
	/** Rows of the archive, all of which hold the word `found`. */
	archive?: { count: number; bytes: number; room: string };
}
