/** How far a run is, told at most once a second. */
export class Progress {
	readonly #all: number;
	readonly #startedAt = performance.now();
	#done = 0;
	#failures = 0;
	#toldAt = 0;

	constructor(all: number) {
		this.#all = all;
	}

	add(done: number, failures: number): void {
		this.#done += done;
		this.#failures = failures;
		if (performance.now() - this.#toldAt >= 1_000) this.#tell();
	}

	/** Says something between two lines of progress. */
	say(line: string): void {
		process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
	}

	end(): void {
		this.#tell();
		if (process.stdout.isTTY) process.stdout.write("\n");
	}

	#tell(): void {
		this.#toldAt = performance.now();
		const seconds = (this.#toldAt - this.#startedAt) / 1_000;
		const perSecond = this.#done / seconds;
		const share = this.#done / this.#all;
		const bar = "#".repeat(Math.round(share * 30)).padEnd(30, ".");
		const left = Math.ceil((this.#all - this.#done) / Math.max(1, perSecond));
		const line = `[${bar}] ${this.#done} of ${this.#all} seeds, ${Math.round(perSecond)} a second, ${left} s left, ${this.#failures} failed`;
		process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
	}
}
