/**
 * What becomes of a range that was not taken. Where that is the receiver's fault it is held, and all that follows with
 * it. Where it is that of an event in it, which one is found by halving, and that one alone is set aside. No state:
 * what was found out so far stands in the row.
 */
import { RANGE_ASIDE_MAX, RANGE_RETRY_MS, RANGE_RETRY_MS_MAX } from "../protocol/job-limits.ts";
import type { Failed } from "../protocol/outcome.ts";
import type { RangeRow } from "./jobs.ts";

/** The row after a range in flight has failed. Where its `through` has moved, the event there was set aside. */
export function afterFailure(row: RangeRow, failed: Failed, now: number): RangeRow {
	const reason = failed.error.message;
	if (failed.blame === "gone") return { ...row, state: "stopped", reason };
	const count = (row.to ?? row.through) - row.through;
	if (failed.blame !== "events" || count === 0) return held(row, failed, now);
	const again: RangeRow = { ...row, to: null, state: "idle", dueAt: 0, reason: "" };
	if (count > 1) return { ...again, most: Math.floor(count / 2) };
	if (row.aside >= RANGE_ASIDE_MAX) return held(row, failed, now);
	return { ...again, through: row.through + 1, most: 1, aside: row.aside + 1 };
}

/** It stays what it is and is tried again later, visibly. */
function held(row: RangeRow, { error, retryAfterMs = RANGE_RETRY_MS }: Failed, now: number): RangeRow {
	const waitMs = Math.min(Math.max(retryAfterMs, 0), RANGE_RETRY_MS_MAX);
	return { ...row, state: "waiting", run: row.run + 1, dueAt: now + waitMs, waitMs, reason: error.message };
}

/** How many events the next range may hold, after one that was taken: the bound is lifted as fast as it was found. */
export function mostAfter({ most }: RangeRow, eventsMax: number): number {
	return most * 2 < eventsMax ? most * 2 : 0;
}
