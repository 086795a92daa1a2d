/** What one turn tells everyone. */
import { BUFFERED_BYTES_MAX, TURN_BYTES_MAX, TURNS_BUFFERED } from "../protocol/limits.ts";

/** What a turn takes at most: so much that all sockets of its audience may be handed it at once. */
export function turnBytesFor(audience: number): number {
	return Math.min(TURN_BYTES_MAX, BUFFERED_BYTES_MAX / TURNS_BUFFERED / Math.max(1, audience));
}
