/** The queue as a room sees it: it takes jobs, refuses them, or says nothing for as long as it pleases. */
import type { Input } from "../../src/room/inputs.ts";
import type { Sending } from "../../src/room/jobs.ts";

export class Postbox {
	/** `hangs`: what comes is neither taken nor refused until {@link release} says so. */
	mood: "takes" | "refuses" | "hangs" = "takes";
	/** All that it ever took, in order. */
	readonly letters: Sending[] = [];
	#answers: Input[] = [];
	#hanging: (readonly Sending[])[] = [];

	take(jobs: readonly Sending[]): void {
		if (jobs.length === 0) return;
		if (this.mood === "hangs") this.#hanging.push(jobs);
		else this.#answer(jobs, this.mood === "takes");
	}

	/** Answers the oldest of what hangs. */
	release(isSent: boolean): void {
		const jobs = this.#hanging.shift();
		if (jobs === undefined) throw new Error("Nothing hangs.");
		this.#answer(jobs, isSent);
	}

	#answer(jobs: readonly Sending[], isSent: boolean): void {
		if (isSent) this.letters.push(...jobs);
		this.#answers.push({ type: "sent", jobs, isSent });
	}

	/** What the room is still to be told, once. */
	answers(): Input[] {
		return this.#answers.splice(0);
	}

	/** The newest run that it took of each job. */
	get runs(): Record<string, number> {
		return Object.fromEntries(this.letters.map(({ job, run }) => [job, run]));
	}
}
