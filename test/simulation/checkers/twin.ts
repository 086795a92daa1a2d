/** G7: a room that wakes now is the room that falls asleep. */
import type { Room } from "../../../src/room/room.ts";
import { hold } from "../broken.ts";

const JOBS_MAX = 50;

/** `now`: by the room's clock. That it was set back since the latest turn, a room that wakes knows before the one that sleeps. */
export function compareTwin(room: Room, twin: Room, now: number): void {
	const isFirst = twin.meta.setBack?.at === now;
	const [before, after] = [show(room, now, isFirst), show(twin, now, isFirst)];
	hold(before === after, "G7", () => `a room that woke is another one: ${before} became ${after}`);
}

/** What can be seen of a room from outside. */
function show(room: Room, now: number, isSetBack: boolean): string {
	const { floorAt, oldestKey, olderKeys, emptySince, setBack, ...rest } = room.meta;
	const times = [floorAt, oldestKey?.at, olderKeys?.at, emptySince].map((at) => Math.min(at ?? now, now));
	const told = [rest, oldestKey?.seq, olderKeys?.seq, times, isSetBack ? null : setBack];
	return JSON.stringify([
		room.isStored ? told : 0,
		room.count,
		room.members(),
		[...room.paused].sort(),
		room.jobs({ state: null, limit: JOBS_MAX, cursor: null }),
	]).replace(/(?<=\\"at\\":)\d+/g, (at) => `${Math.min(Number(at), now)}`);
}
