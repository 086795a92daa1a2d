/** The queue as a room sees it: it takes jobs, refuses them, or says nothing for as long as it pleases. */
import type { Sending } from "../../src/room/jobs.ts";

interface Batch {
	jobs: readonly Sending[];
	hear: (isSent: boolean) => void;
}

export class Postbox {
	/** `hangs`: what comes is neither taken nor refused until {@link release} says so. */
	mood: "takes" | "refuses" | "hangs" = "takes";
	/** All that it ever took, in order. */
	readonly letters: Sending[] = [];
	#hanging: Batch[] = [];

	send(jobs: readonly Sending[], hear: Batch["hear"]): void {
		const batch = { jobs: jobs.map(({ job, run }) => ({ job, run })), hear };
		if (this.mood === "hangs") this.#hanging.push(batch);
		else this.#answer(batch, this.mood === "takes");
	}

	/** Answers the oldest of what hangs. */
	release(isSent: boolean): void {
		const batch = this.#hanging.shift();
		if (batch === undefined) throw new Error("Nothing hangs.");
		this.#answer(batch, isSent);
	}

	#answer({ jobs, hear }: Batch, isSent: boolean): void {
		if (isSent) this.letters.push(...jobs);
		hear(isSent);
	}

	/** The newest run that it took of each job. */
	get runs(): Record<string, number> {
		return Object.fromEntries(this.letters.map(({ job, run }) => [job, run]));
	}
}
