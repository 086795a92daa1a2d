/**
 * The page's time, and one alarm a room. Time is the monotonic kind: a clock that is set back an hour moves nothing.
 * Browsers slow the timers of hidden pages to one a minute, too slow for a heartbeat, but not those of a worker: so
 * where there are workers, one keeps the time for every room of the page, and ends with the last of them.
 */
const WORKER = `let timers = {};
onmessage = ({ data: [id, delayMs] }) => {
	clearTimeout(timers[id]);
	delete timers[id];
	if (delayMs !== null) timers[id] = setTimeout(() => postMessage(id), delayMs);
};`;

/** Monotonic, ms; what it counts from is nobody's business. */
export function monotonicMs(): number {
	return typeof performance === "undefined" ? Date.now() : performance.now();
}

let worker: Worker | null = null;
let lastId = 0;
/** The clocks that the worker rings, by id. */
const clocks = new Map<number, AlarmClock>();

/** Why the page has no worker where it could have had one; told once. */
const NO_WORKER =
	"The page's Content-Security-Policy forbids the worker that keeps time in a hidden tab, which may be cut off for that. Add `worker-src blob:`, or pass `worker: false`.";

function startWorker(warn: (sentence: string) => void): Worker | null {
	if (typeof Worker === "undefined" || typeof Blob === "undefined" || typeof URL.createObjectURL !== "function")
		return null;
	const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
	try {
		const started = new Worker(url);
		started.onmessage = ({ data }) => clocks.get(data)?.due();
		started.onerror = () => {
			if (worker === started) worker = null;
			warn(NO_WORKER);
			for (const clock of clocks.values()) clock.again();
		};
		return started;
	} catch {
		warn(NO_WORKER);
		return null;
	} finally {
		URL.revokeObjectURL(url);
	}
}

export class AlarmClock {
	readonly #ring: () => void;
	readonly #id = ++lastId;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#at: number | null = null;

	/** `warn` is told once where a worker is wanted and forbidden. */
	constructor(ring: () => void, wantsWorker: boolean, warn: (sentence: string) => void) {
		this.#ring = ring;
		if (!wantsWorker) return;
		worker ??= startWorker(warn);
		clocks.set(this.#id, this);
	}

	/** Rings at that time, monotonic ms, and not at any earlier one that was set; null does not ring. */
	set(at: number | null): void {
		if (at === this.#at) return;
		this.#at = at;
		this.again();
	}

	/** Sets the timer for what was asked of it. */
	again(): void {
		const delayMs = this.#at === null ? null : Math.max(0, this.#at - monotonicMs());
		if (worker !== null && clocks.has(this.#id)) return worker.postMessage([this.#id, delayMs]);
		clearTimeout(this.#timer);
		if (delayMs !== null) this.#timer = setTimeout(() => this.due(), delayMs);
	}

	due(): void {
		if (this.#at === null) return;
		if (this.#at > monotonicMs()) return this.again();
		this.#at = null;
		this.#ring();
	}

	stop(): void {
		this.set(null);
		clocks.delete(this.#id);
		if (clocks.size > 0) return;
		worker?.terminate();
		worker = null;
	}
}
