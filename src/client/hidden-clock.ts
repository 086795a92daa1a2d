/**
 * Time that goes on in a hidden page. Browsers slow the timers of hidden pages to one a minute, too slow for a
 * heartbeat, but not those of a worker: one keeps the time for every room of the page, and ends with the last of them.
 */
const WORKER = `let timers = {};
onmessage = ({ data: [id, delayMs] }) => {
	clearTimeout(timers[id]);
	delete timers[id];
	if (delayMs !== null) timers[id] = setTimeout(() => postMessage(id), delayMs);
};`;

/** Why the page has no worker where it could have had one; told once. */
const NO_WORKER =
	"The page's Content-Security-Policy forbids the worker that keeps time in a hidden tab, which may be cut off for that. Add `worker-src blob:`, or pass `worker: false`.";

/** What is rung. */
interface Clock {
	due(): void;
	/** There is no worker any more. */
	fallBack(): void;
}

let worker: Worker | null = null;
let isForbidden = false;
let lastId = 0;
/** The clocks that the worker rings, by id. */
const clocks = new Map<number, Clock>();

/** One clock's part in the worker. */
export interface HiddenTimer {
	/** Calls the clock's `due` after so many ms, and forgets any earlier request; null calls nothing. */
	set(delayMs: number | null): void;
	stop(): void;
}

/** A timer of the page's one worker; null where it can have none. `warn` is told where that is its policy's doing. */
export function hiddenTimer(clock: Clock, warn: (sentence: string) => void): HiddenTimer | null {
	if (typeof Blob === "undefined" || typeof URL.createObjectURL !== "function") return null;
	if (!isForbidden) worker ??= startWorker(warn);
	if (worker === null) return null;
	const id = ++lastId;
	clocks.set(id, clock);
	return {
		set: (delayMs) => worker?.postMessage([id, delayMs]),
		stop: () => {
			clocks.delete(id);
			if (clocks.size > 0) return;
			worker?.terminate();
			worker = null;
		},
	};
}

function startWorker(warn: (sentence: string) => void): Worker | null {
	const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
	try {
		const started = new Worker(url);
		started.onmessage = ({ data }) => clocks.get(data)?.due();
		started.onerror = () => {
			worker = null;
			isForbidden = true;
			warn(NO_WORKER);
			for (const clock of clocks.values()) clock.fallBack();
			clocks.clear();
		};
		return started;
	} catch {
		isForbidden = true;
		warn(NO_WORKER);
		return null;
	} finally {
		URL.revokeObjectURL(url);
	}
}
