/** What becomes of jobs on their way out: the platform has taken them, or could not; one is given up, or tried again. */
import type { Rules } from "../protocol/rules.ts";
import type { Reply } from "./effects.ts";
import { giveUp } from "./given-up.ts";
import type { History } from "./history.ts";
import type { Sent } from "./inputs.ts";
import { type JobRow, jobNumber } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";

interface Needs {
	rules: Rules;
	record: RoomRecord;
	history: History;
	outbox: Outbox;
	ranges: Ranges;
}

export class Dispatch {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** The platform has taken jobs, or could not. */
	sent({ jobs, isSent }: Sent, now: number): void {
		for (const { job, run } of jobs) {
			const n = jobNumber(this.#epoch, job);
			if (n === null) continue;
			for (const owed of [this.#room.outbox, this.#room.ranges]) {
				if (isSent) owed.sent(n, run, now);
				else owed.unsent(n, now);
			}
		}
	}

	/** What a range had to give up is said as a job that failed, so that somebody finds it. */
	lost(kind: string, before: number, now: number): void {
		const message = `Events before ${before} were trimmed before ${kind} had them: there was no room to keep them.`;
		giveUp(this.#room.outbox, { kind, seq: null }, { code: "trimmed", message }, now);
	}

	/** Has a failed job tried again. */
	replay(job: string, now: number): Reply {
		const n = jobNumber(this.#epoch, job);
		const range = n === null ? undefined : this.#room.ranges.inFlight(n);
		const row = n === null ? null : this.#room.outbox.row(n);
		const isReplayed =
			(range !== undefined && this.#room.ranges.replay(range, now)) || (row !== null && this.#replayRow(row, now));
		if (isReplayed) return { outcome: "done" };
		const message = "There is no failed job of that id that could be tried again.";
		return { outcome: "refused", refusal: { code: "not_found", message } };
	}

	/** A hold's author has been told already; what a trimmed range lost cannot be had again. */
	#replayRow(row: JobRow, now: number): boolean {
		const isDead = row.state === "failed" && this.#room.outbox.open(row.n) === undefined;
		// What an erased member asked for is known to nobody any more: every other failure has its reason.
		const isErased = row.outcome === "null";
		if (!isDead || isErased || row.purpose === "hold" || !this.#isDoable(row)) return false;
		this.#room.outbox.replay(row, now);
		return true;
	}

	/** True where the server still has the kind, and the room what the job is about. */
	#isDoable({ kind, seq }: JobRow): boolean {
		if (this.#room.rules.kind(kind) !== null) return true;
		return this.#isOfRanges(kind) && seq !== null && this.#room.history.at(seq) !== null;
	}

	#isOfRanges(kind: string): boolean {
		return this.#room.rules.ranges.some(({ name }) => name === kind);
	}

	get #epoch(): string {
		return this.#room.record.epoch;
	}
}
