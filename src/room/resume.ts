/** Coming back: exactly what was missed, or a reset with its reason (G4). */
import { parseCursor } from "../protocol/ids.ts";
import type { ResetReason } from "../protocol/messages.ts";
import type { Meta } from "./store.ts";

export interface Continuity {
	continuity: "fresh" | "resumed" | "reset";
	reason?: ResetReason;
	/** The seq after which the replay begins. */
	cursor: number;
	/** The version of the state that a resumed client holds. */
	version?: number | undefined;
}

/**
 * Decides where a join takes up the history. A cursor resumes where its epoch is the room's and
 * floor−1 ≤ seq ≤ head; anything else is told to begin anew, with the events of a fresh join.
 */
export function continuityOf(since: string | null, history: number, meta: Readonly<Meta>): Continuity {
	const cursor = Math.max(meta.floor - 1, meta.head - history);
	if (since === null) return { continuity: "fresh", cursor };
	const reset = (reason: ResetReason): Continuity => ({ continuity: "reset", reason, cursor });
	const seen = parseCursor(since);
	if (seen === null) return reset("malformed");
	if (seen.epoch !== meta.epoch) return reset("epoch");
	if (seen.seq < meta.floor - 1) return reset("trimmed");
	if (seen.seq > meta.head) return reset("ahead");
	return { continuity: "resumed", cursor: seen.seq, version: seen.version };
}
