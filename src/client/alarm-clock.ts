/**
 * One timer. Browsers slow the timers of hidden pages to one a minute, too slow for a heartbeat,
 * but not those of a worker: so where there are workers, one keeps the time.
 */
const WORKER = `let timer;
onmessage = ({ data }) => {
	clearTimeout(timer);
	if (data !== null) timer = setTimeout(() => postMessage(0), data);
};`;

export class AlarmClock {
	readonly #ring: () => void;
	#worker: Worker | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#at: number | null = null;

	constructor(ring: () => void) {
		this.#ring = ring;
		if (typeof Worker === "undefined" || typeof Blob === "undefined" || typeof URL.createObjectURL !== "function")
			return;
		const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
		try {
			const worker = new Worker(url);
			worker.onmessage = () => this.#due();
			// A page may forbid workers; then its own timers have to do.
			worker.onerror = () => {
				this.#worker = null;
				this.#set(this.#at);
			};
			this.#worker = worker;
		} catch {
			this.#worker = null;
		} finally {
			URL.revokeObjectURL(url);
		}
	}

	/** Rings at that time, Unix ms, and not at any earlier one that was set; null does not ring. */
	set(at: number | null): void {
		if (at === this.#at) return;
		this.#set(at);
	}

	#set(at: number | null): void {
		this.#at = at;
		const delayMs = at === null ? null : Math.max(0, at - Date.now());
		if (this.#worker !== null) {
			this.#worker.postMessage(delayMs);
			return;
		}
		clearTimeout(this.#timer);
		if (delayMs !== null) this.#timer = setTimeout(() => this.#due(), delayMs);
	}

	#due(): void {
		if (this.#at === null) return;
		const earlyMs = this.#at - Date.now();
		if (earlyMs > 0) return this.#set(this.#at);
		this.#at = null;
		this.#ring();
	}

	stop(): void {
		this.#at = null;
		clearTimeout(this.#timer);
		this.#worker?.terminate();
		this.#worker = null;
	}
}
