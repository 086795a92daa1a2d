/** Where jobs are asked after: by the consumer that does them, the platform that took them, and operators. */
import type { Event } from "../protocol/messages.ts";
import type { Task } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Reply } from "./effects.ts";
import { giveUp } from "./given-up.ts";
import { type History, ROOM_MEMBER } from "./history.ts";
import type { Sent } from "./inputs.ts";
import { JobList, type JobsPage, type JobsQuery } from "./job-list.ts";
import { encodeJob, encodeRange } from "./job-view.ts";
import { type JobHead, type JobRow, jobNumber, type Publication, type RangeRow } from "./jobs.ts";
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
		// What an erased member asked for is known to nobody any more.
		const isErased = row.purpose === "asked" && row.outcome === "null";
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

	/** What is to be done for a job: null where nothing is any more, `moot` where what it was about is gone. */
	task({ epoch, job, run }: Taking, now: number): Task | "moot" | null {
		if (epoch !== this.#epoch) return null;
		const n = jobNumber(epoch, job);
		if (n === null) return null;
		const range = this.#room.ranges.inFlight(n);
		if (range !== undefined) return run <= range.run ? this.#rangeTask(range, now) : null;
		const head = this.#room.outbox.open(n);
		if (head === undefined || run > head.run) return null;
		if (head.purpose === "asked" || head.purpose === "hold") return this.#askedTask(head);
		return this.#eventTask(head, now);
	}

	/** What a member asked for, or a held event: that one has no place in the history yet, so its seq is 0. */
	#askedTask({ n, kind, purpose, member, at }: JobHead): Task | "moot" {
		const { input, name } = this.#room.outbox.row(n) ?? { input: "null", name: "" };
		if (purpose === "asked") return { kind, input, event: null, range: null, by: byOf(member, name) };
		const held = JSON.parse(input) as Publication | null;
		if (held === null) return "moot";
		const { id, author, name: eventName, data } = held;
		const event = { type: "event", seq: 0, at, from: member, author, id, name: eventName, data };
		return {
			kind,
			input: JSON.stringify(data),
			event: JSON.stringify(event),
			range: null,
			by: byOf(member, author),
		};
	}

	/** What an event set off, or what a range's receiver did not take. */
	#eventTask({ kind, seq }: JobHead, asOf: number): Task | "moot" {
		const body = seq === null ? undefined : this.#room.history.at(seq)?.body;
		if (seq === null || body === undefined) return "moot";
		const event = JSON.parse(body) as Event;
		if (event.redacted === true) return "moot";
		const by = byOf(event.from, event.author);
		if (!this.#isOfRanges(kind)) return { kind, input: JSON.stringify(event.data), event: body, range: null, by };
		const range = { from: seq, to: seq, events: `[${body}]`, asOf, ...this.#standing(), wiped: [], erased: [] };
		return { kind, input: "null", event: null, range };
	}

	#rangeTask({ kind, through, to, told, wiped, erased }: RangeRow, asOf: number): Task {
		const from = through + 1;
		const events = `[${this.#room.history.stored(from, to ?? through).join(",")}]`;
		// The count is the one that was noted as told: of another it would not be known that it has changed since.
		const range = { from, to: to ?? through, events, asOf, ...this.#standing(), count: told, wiped, erased };
		return { kind, input: "null", event: null, range };
	}

	#standing(): { head: number; count: number } {
		return { head: this.#room.record.meta.head, count: this.#room.roster.count };
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

/** What the room wrote itself, nobody asked for. */
function byOf(member: string | null, name: string): NonNullable<Task["by"]> | null {
	return member === null || member === ROOM_MEMBER ? null : { member, name };
}
