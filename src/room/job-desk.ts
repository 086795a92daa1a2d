/** Where jobs are asked after: by the consumer that does them, the platform that took them, and operators. */
import type { Event } from "../protocol/messages.ts";
import type { Task } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Reply } from "./effects.ts";
import type { History } from "./history.ts";
import type { Sent } from "./inputs.ts";
import { JobList, type JobsPage, type JobsQuery } from "./job-list.ts";
import { encodeJob, encodeRange } from "./job-view.ts";
import { type JobRow, jobNumber, type Publication, type RangeRow } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { RoomStore } from "./store.ts";

interface Needs {
	store: RoomStore;
	rules: Rules;
	record: RoomRecord;
	history: History;
	outbox: Outbox;
	ranges: Ranges;
	roster: Roster;
}

/** Which job is meant, and which time it was sent. */
export interface Taking {
	epoch: string;
	job: string;
	run: number;
}

export class JobDesk {
	readonly #room: Needs;
	readonly #list: JobList;

	constructor(needs: Needs) {
		this.#room = needs;
		this.#list = new JobList(needs.store, needs.record, needs.ranges);
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
		const nobodys = { member: null, ask: null, seq: null, input: "null", deadlineAt: null };
		const head = this.#room.outbox.add({ kind, purpose: "event", ...nobodys }, now);
		this.#room.outbox.settle(head, { state: "failed", error: { code: "trimmed", message } }, false, now);
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
		// What an erased member asked for is known to nobody any more.
		const isErased = row.purpose === "asked" && row.outcome === "null";
		if (!isDead || isErased || row.purpose === "hold" || this.#room.rules.kind(row.kind) === null) return false;
		this.#room.outbox.replay(row, now);
		return true;
	}

	/** What is to be done for a job: null where nothing is any more, `moot` where what it was about is gone. */
	task({ epoch, job, run }: Taking, now: number): Task | "moot" | null {
		if (epoch !== this.#epoch) return null;
		const n = jobNumber(epoch, job);
		if (n === null) return null;
		const range = this.#room.ranges.inFlight(n);
		if (range !== undefined) return run <= range.run ? this.#rangeTask(range, now) : null;
		const head = this.#room.outbox.open(n);
		if (head === undefined || run > head.run) return null;
		const { kind, purpose, seq } = head;
		if (purpose === "asked")
			return { kind, input: this.#room.outbox.row(n)?.input ?? "null", event: null, range: null };
		if (purpose === "hold") {
			const held = JSON.parse(this.#room.outbox.row(n)?.input ?? "null") as Publication | null;
			return held === null ? "moot" : { kind, input: JSON.stringify(held.data), event: null, range: null };
		}
		const body = seq === null ? undefined : this.#room.history.at(seq)?.body;
		if (body === undefined) return "moot";
		const event = JSON.parse(body) as Event;
		return event.redacted === true ? "moot" : { kind, input: JSON.stringify(event.data), event: body, range: null };
	}

	#rangeTask({ kind, through, to, wiped, erased }: RangeRow, asOf: number): Task {
		const from = through + 1;
		const events = `[${this.#room.history.stored(from, to ?? through).join(",")}]`;
		const { head } = this.#room.record.meta;
		const { count } = this.#room.roster;
		const range = { from, to: to ?? through, events, asOf, head, count, wiped, erased };
		return { kind, input: "null", event: null, range };
	}

	/** Jobs for an operator; null where the cursor is none. */
	list(query: JobsQuery): JobsPage | null {
		return this.#list.page(query);
	}

	/** One job, encoded, or null where there is none of that id. */
	view(id: string): string | null {
		const epoch = this.#epoch;
		const n = jobNumber(epoch, id);
		if (n === null) return null;
		const range = this.#room.ranges.inFlight(n);
		if (range !== undefined) return encodeRange(range, epoch);
		const row = this.#room.outbox.row(n);
		return row === null ? null : encodeJob(row, epoch);
	}

	get #epoch(): string {
		return this.#room.record.epoch;
	}
}
