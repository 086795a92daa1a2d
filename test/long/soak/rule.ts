/**
 * What flat means, decided before the first run was looked at.
 *
 * The first fifth, and at least two minutes, is warm-up: the history is full after two minutes (no event younger than
 * a minute is trimmed, and a trim comes a minute after the first excess), dead windows are swept after two, and the
 * engine's heap has seen its largest garbage. Of the rest, the first quarter is compared with the last, each by its
 * median: a median forgives one collection or one busy moment of the machine, and a leak that matters shows between
 * quarters whatever its shape. A tenth, or the 24 MiB that are the engine's own slack between two collections of the
 * young generation and SQLite's page cache, is what memory may move by. Latency below 25 ms is the machine's own
 * noise, not the room's.
 *
 * Changed since, with data in view: not a bound, but what is sampled, and how. A run of ten minutes failed, 263.6 to
 * 297.0 MiB, by some 4 MiB a minute. In another run, whose engine was told to collect its garbage every ten seconds, the heap held
 * 3 to 4 MiB throughout and the process stayed within 2 MiB for two minutes on end; so memory is now looked at after a
 * collection. That the growth without one ends by itself was not shown.
 * Three runs of half an hour failed by latency, whose 99th percentile is the worst beat of each ten seconds. Counting all
 * rows at every sample had come to hold the room for 45 ms, and the network of the load kept every line that it had cut:
 * its own process stood still for longer and longer. Rows are now counted with the collection, and the lines let go.
 */
export interface Sample {
	/** Since the start, ms. */
	atMs: number;
	/** Of the whole process, after the latest collection. */
	residentBytes: number;
	wakes: number;
	turns: number;
	/** The store's file, and the rows in it. */
	bytes: number;
	events: number;
	keys: number;
	jobs: number;
	roster: number;
	sockets: number;
	/** What all sockets were given and have not taken, bytes. */
	unsent: number;
	/** Of the last ten seconds; null where none was measured. */
	p50Ms: number | null;
	p99Ms: number | null;
}

const WARM_UP_SHARE = 0.2;
const WARM_UP_MS_MIN = 120_000;
const MEMORY_SHARE_MAX = 0.1;
const MEMORY_BYTES_MAX = 24 * 1024 * 1024;
const LATENCY_TIMES_MAX = 1.5;
const LATENCY_NOISE_MS = 25;

/** An idempotency key is kept for a day and a settled job for a week, by promise: a known number of bytes each, indexes and half-empty pages included. */
const KEY_BYTES = 200;
const JOB_BYTES = 800;
const EVENT_OVERHEAD_BYTES = 300;
const STORAGE_SLACK_BYTES = 4 * 1024 * 1024;

export interface Bounds {
	/** The most events that the history may hold at the load's rate: those of two minutes, and those that are kept. */
	eventsMax: number;
	/** The bytes of their data, together at most. */
	eventBytesMax: number;
}

const median = (values: readonly number[]): number => {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** What is not flat, as sentences; empty where everything is. */
export function unevenness(samples: readonly Sample[], { eventsMax, eventBytesMax }: Bounds): string[] {
	const endMs = samples.at(-1)?.atMs ?? 0;
	const warmMs = Math.max(WARM_UP_MS_MIN, endMs * WARM_UP_SHARE);
	const steady = samples.filter(({ atMs }) => atMs >= warmMs);
	const quarter = Math.floor(steady.length / 4);
	if (quarter < 3) return ["The run was too short to tell: it takes at least 4 minutes."];
	const [first, last] = [steady.slice(0, quarter), steady.slice(-quarter)];
	const faults: string[] = [];

	const [before, after] = [first, last].map((part) => median(part.map(({ residentBytes }) => residentBytes))) as [
		number,
		number,
	];
	const mayGrow = Math.max(before * MEMORY_SHARE_MAX, MEMORY_BYTES_MAX);
	if (!(after - before <= mayGrow)) faults.push(`Memory went from ${mib(before)} to ${mib(after)}.`);

	const [early, late] = [first, last].map((part) => median(part.flatMap(({ p99Ms }) => p99Ms ?? []))) as [
		number,
		number,
	];
	if (!(late <= Math.max(early * LATENCY_TIMES_MAX, LATENCY_NOISE_MS)))
		faults.push(`The 99th percentile of latency went from ${early.toFixed(1)} to ${late.toFixed(1)} ms.`);

	for (const { atMs, events, keys, jobs, bytes } of steady) {
		const second = Math.round(atMs / 1000);
		if (events > eventsMax)
			faults.push(`At ${second} s the history held ${events} events, and its bound is ${eventsMax}.`);
		const bytesMax =
			eventBytesMax + eventsMax * EVENT_OVERHEAD_BYTES + keys * KEY_BYTES + jobs * JOB_BYTES + STORAGE_SLACK_BYTES;
		if (bytes > bytesMax) faults.push(`At ${second} s the store was ${mib(bytes)}, and its bound is ${mib(bytesMax)}.`);
	}
	return faults;
}
