/** G7: a room that wakes now is the room that falls asleep. */
import type { Room } from "../../../src/room/room.ts";
import type { Meta } from "../../../src/room/store.ts";
import { hold } from "../broken.ts";

const JOBS_MAX = 50;

/**
 * `now`: by the room's clock, `stored`: what both woke with. That the clock was set back since the latest turn, a room
 * that wakes knows before the one that sleeps; and what no turn has written of it yet each mends at its own wake.
 */
export function compareTwin(room: Room, twin: Room, stored: Meta | null, now: number): void {
	// Where the clock has caught up since, what was known is of no use any more.
	const isCaughtUp = stored !== null && stored.at <= now && room.meta.setBack?.at !== stored.setBack?.at;
	const isFirst = isCaughtUp || twin.meta.setBack?.at === now;
	const ahead = timesOf(stored).map((at) => at !== null && at > now);
	const [before, after] = [show(room, now, ahead, isFirst), show(twin, now, ahead, isFirst)];
	hold(before === after, "G7", () => `a room that woke is another one: ${before} became ${after}`);
}

function timesOf(meta: Meta | null): (number | null)[] {
	return [meta?.floorAt, meta?.oldestKey?.at, meta?.olderKeys?.at, meta?.emptySince].map((at) => at ?? null);
}

/** What can be seen of a room from outside. `ahead`: which of its times are stored as ones that cannot have been yet. */
function show(room: Room, now: number, ahead: readonly boolean[], isSetBack: boolean): string {
	const { floorAt: _, oldestKey, olderKeys, emptySince: __, setBack, ...rest } = room.meta;
	const times = timesOf(room.meta).map((at, index) => (ahead[index] === true ? now : Math.min(at ?? now, now)));
	if (isSetBack) times.shift();
	const told = [rest, oldestKey?.seq, olderKeys?.seq, times, isSetBack ? null : setBack];
	return JSON.stringify([
		room.isStored ? told : 0,
		room.count,
		room.members(),
		[...room.paused].sort(),
		room.jobs({ state: null, limit: JOBS_MAX, cursor: null }),
	]).replace(/(?<=\\"at\\":)\d+/g, (at) => `${Math.min(Number(at), now)}`);
}
