/**
 * What the room's turns cost: how long the longest stretch took in which nobody else could do anything, and the rows
 * that SQLite read and wrote. The local clock runs while code does; a deployed one stands still.
 */
import { Platform } from "../../../../src/durable/platform.ts";
import type { Room } from "../../../../src/room/room.ts";
import type { Cost } from "./cost.ts";

const cost: Cost = { longestTurnMs: 0, longest: "", rowsRead: 0, rowsWritten: 0 };
/** A cursor counts as it is read: it is looked at when the next statement runs, and held until then. */
let latest: SqlStorageCursor<Record<string, SqlStorageValue>> | null = null;

function addUp(): void {
	cost.rowsRead += latest?.rowsRead ?? 0;
	cost.rowsWritten += latest?.rowsWritten ?? 0;
	latest = null;
}

/** Since this was last called. */
export function takeCost(): Cost {
	const taken = readCost();
	Object.assign(cost, { longestTurnMs: 0, longest: "", rowsRead: 0, rowsWritten: 0 });
	return taken;
}

export function readCost(): Cost {
	addUp();
	return { ...cost };
}

/** Counts the rows of all statements from here on. */
export function countRows({ sql }: DurableObjectStorage): void {
	const exec = sql.exec.bind(sql);
	Object.defineProperty(sql, "exec", {
		value: (statement: string, ...bindings: SqlStorageValue[]) => {
			addUp();
			latest = exec(statement, ...bindings);
			return latest;
		},
	});
}

function note(what: string, beganAt: number): void {
	const ms = performance.now() - beganAt;
	if (ms <= cost.longestTurnMs) return;
	cost.longestTurnMs = ms;
	cost.longest = what;
}

export function timed<T>(what: string, work: () => T): T {
	const beganAt = performance.now();
	try {
		return work();
	} finally {
		note(what, beganAt);
	}
}

/** Work after which the room sends: that is done before any promise goes on. */
function timedWithSending<T>(what: string, work: () => T): T {
	const beganAt = performance.now();
	queueMicrotask(() => note(what, beganAt));
	return work();
}

export class MeteredPlatform extends Platform {
	override after(ms: number, run: () => void): void {
		super.after(ms, () => timed("timer", run));
	}

	override wake(...given: Parameters<Platform["wake"]>): Room {
		const room = timed("wake", () => super.wake(...given));
		const { turn, page, members, jobs } = room;
		room.turn = (...of) => timedWithSending("turn", () => turn.apply(room, of));
		room.page = (...of) => timedWithSending("page", () => page.apply(room, of));
		room.members = (...of) => timedWithSending("members", () => members.apply(room, of));
		room.jobs = (...of) => timedWithSending("jobs", () => jobs.apply(room, of));
		return room;
	}
}
