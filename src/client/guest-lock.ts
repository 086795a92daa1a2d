/** A lock on a guest, which one tab at a time can have. Loaded only where a tab may have been duplicated. */
import { GUEST_LOCK_MS_MAX } from "../protocol/limits.ts";

/** The locks that this page has, by guest, and how many rooms lean on each: a page may join a room twice. */
const locks = new Map<string, { rooms: number; isOurs: Promise<boolean>; release: () => void }>();

/** Holds the guest's lock for a room more. False where another tab has it. */
export function lock(guest: string): Promise<boolean> {
	const held = locks.get(guest);
	if (held !== undefined) {
		held.rooms++;
		return held.isOurs;
	}
	const { promise: until, resolve: release } = Promise.withResolvers<void>();
	const { promise: isOurs, resolve: answer } = Promise.withResolvers<boolean>();
	// The page that is being reloaded may have it for a moment more.
	navigator.locks
		.request(`rotunda ${guest}`, { signal: AbortSignal.timeout(GUEST_LOCK_MS_MAX) }, () => {
			answer(true);
			return until;
		})
		.catch(() => answer(false));
	locks.set(guest, { rooms: 1, isOurs, release });
	return isOurs;
}

export function unlock(guest: string): void {
	const held = locks.get(guest);
	if (held === undefined || --held.rooms > 0) return;
	locks.delete(guest);
	held.release();
}
