/** What can be written into a room's store before anyone comes. */
import type { JobRow } from "../../../../src/room/jobs.ts";

export interface Preparation {
	/** So many events of a member, from seq 1 on. */
	events?: { count: number; bytes: number; from: string; ageMs: number };
	/** Idempotency keys of events that are gone. */
	keys?: { count: number; ageMs: number };
	/** Jobs of a member: what it asked for, or what its events started. */
	jobs?: Pick<JobRow, "purpose" | "state" | "isOwed"> & { count: number; member: string; bytes: number };
	/** Rows of the archive, all of which hold the word `found`. */
	archive?: { count: number; bytes: number; room: string };
}
