/** What an input may cost the room and the others. Decided before the first run was looked at, and not by what came of it. */
import { BURST_SECONDS } from "../../../src/protocol/limits.ts";
import type { Cost } from "../../support/probe/cost/cost.ts";

const MIB = 1024 * 1024;

export interface Bounds {
	/** How much more the engine may hold after the attack than in the calm before, garbage collected. */
	heapBytesMax: number;
	/** How much more the process may have held at its fullest. */
	memoryBytesMax: number;
	/** The same in a room of CROWD_MEMBERS or more: their sockets' buffers are the room's too. */
	crowdMemoryBytesMax: number;
	turnMsMax: number;
	p99MsMax: number;
	/** Of everyone's inputs together; as of a bucket, BURST_SECONDS of it may come at once besides. */
	rowsReadPerSecondMax: number;
	rowsWrittenPerSecondMax: number;
}

export const CROWD_MEMBERS = 200;

export const BOUNDS: Bounds = {
	/** Three eighths of what the platform grants an object. */
	heapBytesMax: 48 * MIB,
	/** Room for buffers outside the heap and for garbage, in which an object of 128 MB still lives. */
	memoryBytesMax: 120 * MIB,
	crowdMemoryBytesMax: 250 * MIB,
	/** A third of what people notice. */
	turnMsMax: 50,
	p99MsMax: 100,
	/** The pages of a hundred readers at their rate, read once for their sizes and once for their bodies: 5 × 200 × 2 × 100, halved. */
	rowsReadPerSecondMax: 100_000,
	/** ROOM_PUBLISH_PER_SECOND events with their key and a job each, and the room's own row. */
	rowsWrittenPerSecondMax: 10_000,
};

/** For a short run beside other tests on a shared machine: what is counted is held to the same bounds, time to these. */
export const SHARED_MACHINE: Bounds = { ...BOUNDS, turnMsMax: 250, p99MsMax: 1_000 };

/** Of one attacker; null is what nobody could measure, because the process was gone. */
export interface Measured {
	hasDied: boolean;
	seconds: number;
	/** All that everyone sent to the room meanwhile, and got from it. */
	bytesIn: number;
	bytesOut: number;
	/** In the calm before, and at the end with all sockets still open. */
	calmHeapBytes: number;
	heapBytes: number | null;
	/** In the calm before, and the most of it. */
	calmMemoryBytes: number;
	memoryBytes: number;
	p50Ms: number;
	p99Ms: number;
	cost: Cost | null;
	/** Everyone who is in the room when the attack begins. */
	members: number;
	/** What the attacker itself has to say: where it harmed others in a way that no figure shows. */
	harm: readonly string[];
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;

/** What costs more than it may, as sentences; empty where nothing does. */
export function excesses(measured: Measured, bounds: Bounds): string[] {
	const said: string[] = [...measured.harm];
	if (measured.hasDied) said.push("The process died.");
	if (measured.heapBytes === null && !measured.hasDied) said.push("The room did not come back to itself in 30 s.");
	const { heapBytes, calmHeapBytes, calmMemoryBytes, memoryBytes, members, seconds } = measured;
	const isOver = (what: string, value: number, most: number, unit: string): void => {
		if (value > most) said.push(`${what}: ${Math.round(value)}${unit}, where ${most} are allowed.`);
	};
	if (heapBytes !== null && heapBytes - calmHeapBytes > bounds.heapBytesMax)
		said.push(`Live heap: ${mib(heapBytes - calmHeapBytes)} more than in the calm.`);
	const memoryMax = members >= CROWD_MEMBERS ? bounds.crowdMemoryBytesMax : bounds.memoryBytesMax;
	if (memoryBytes - calmMemoryBytes > memoryMax)
		said.push(`Process: ${mib(memoryBytes - calmMemoryBytes)} more than in the calm.`);
	isOver("The victim's p99", measured.p99Ms, bounds.p99MsMax, " ms");
	if (measured.cost === null) return said;
	const { longest, longestTurnMs, rowsRead, rowsWritten } = measured.cost;
	isOver(`Longest turn (${longest})`, longestTurnMs, bounds.turnMsMax, " ms");
	isOver("Rows read", rowsRead, bounds.rowsReadPerSecondMax * (seconds + BURST_SECONDS), "");
	isOver("Rows written", rowsWritten, bounds.rowsWrittenPerSecondMax * (seconds + BURST_SECONDS), "");
	return said;
}
