/** What one turn tells everyone. */
import { BUFFERED_BYTES_MAX, TURN_BYTES_MAX } from "../protocol/limits.ts";

/** What a turn takes at most: so much that all sockets of its audience may be handed it at once. */
export function turnBytesFor(audience: number): number {
	return Math.min(TURN_BYTES_MAX, BUFFERED_BYTES_MAX / 4 / Math.max(1, audience));
}
