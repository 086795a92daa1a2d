/** G7: a room that wakes now is the room that falls asleep. */
import type { Room } from "../../../src/room/room.ts";
import { hold } from "../broken.ts";

const JOBS_MAX = 50;

export function compareTwin(room: Room, twin: Room): void {
	const [before, after] = [show(room), show(twin)];
	hold(before === after, "G7", () => `a room that woke is another one: ${before} became ${after}`);
}

/** What can be seen of a room from outside. */
function show(room: Room): string {
	return JSON.stringify([
		room.isStored ? room.meta : 0,
		room.count,
		room.members(),
		[...room.paused].sort(),
		room.jobs({ state: null, limit: JOBS_MAX, cursor: null }),
	]);
}
