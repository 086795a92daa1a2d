/** What the statements of one transaction came to: what a turn costs, and not what it was asked. */

export class Work {
	/** Events that were read in a row, with what they hold. */
	listed = 0;
	/** Events that were looked up one by one, with what they hold. */
	found = 0;
	/** Events of which only the size was read. */
	sizes = 0;
	/** Jobs that were read with what they hold. */
	jobs = 0;
	/** The most rows that one statement read. */
	rowsMost = 0;
	/** What was looked for twice, where something was. */
	twice: string | null = null;
	/** Rows of what was wiped that were to go. */
	removed = 0;
	/** The jobs that an erasure was to look at, and how many bytes of them it was to take back. */
	erasedJobs = 0;
	erasedBytes = 0;
	/** True where rows remain of what was wiped. */
	hasRemains = false;
	/** True where a member's erasure is under way. */
	isErasing = false;

	/** A statement read events, of which at most `limit` were asked for. */
	readEvents(rows: number, limit: number): void {
		if (limit > 1) this.listed += rows;
		else this.found += rows;
		this.#read(rows);
	}

	readSizes(rows: number): void {
		this.sizes += rows;
		this.#read(rows);
	}

	readJobs(rows: number): void {
		this.jobs += rows;
		this.#read(rows);
	}

	eraseJobs(rowsMax: number, bytesMax: number): void {
		this.erasedJobs += rowsMax;
		this.erasedBytes += bytesMax;
	}

	/** A statement looked for rows by their keys. */
	lookedFor(keys: readonly string[]): void {
		this.#read(keys.length);
		const seen = new Set<string>();
		for (const key of keys) {
			if (seen.has(key)) this.twice = key;
			seen.add(key);
		}
	}

	#read(rows: number): void {
		if (rows > this.rowsMost) this.rowsMost = rows;
	}
}
