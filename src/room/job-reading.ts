/** Where jobs are read: by the consumer that does them, and by operators. Nothing here changes anything. */
import { ROOM_MEMBER } from "../protocol/ids.ts";
import type { Event } from "../protocol/messages.ts";
import type { Task } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import type { History } from "./history.ts";
import { JobList, type JobsPage, type JobsQuery } from "./job-list.ts";
import { encodeJob, encodeRange } from "./job-view.ts";
import { type JobHead, jobNumber, type Publication, type RangeRow } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { RoomStore } from "./store.ts";
import type { Veil } from "./veil.ts";

interface Needs {
	store: RoomStore;
	rules: Rules;
	record: RoomRecord;
	history: History;
	outbox: Outbox;
	ranges: Ranges;
	roster: Roster;
	veil: Veil;
}

/** Which job is meant, and which time it was sent. */
export interface Taking {
	epoch: string;
	job: string;
	run: number;
}

export class JobReading {
	readonly #room: Needs;
	readonly #list: JobList;

	constructor(needs: Needs) {
		this.#room = needs;
		this.#list = new JobList(needs);
	}

	/** What is to be done for a job: null where nothing is any more, `gone` where what it was about is gone. */
	task({ epoch, job, run }: Taking, now: number): Task | "gone" | null {
		if (epoch !== this.#epoch) return null;
		const n = jobNumber(epoch, job);
		if (n === null) return null;
		const range = this.#room.ranges.inFlight(n);
		if (range !== undefined) return run <= range.run ? this.#rangeTask(range, now) : null;
		const head = this.#room.outbox.open(n);
		if (head === undefined || run > head.run) return null;
		// What a rule asks for at a coming or going is about no event.
		const isRules = head.purpose === "rule" && head.seq === null;
		if (head.purpose === "asked" || head.purpose === "hold" || isRules) return this.#askedTask(head);
		return this.#eventTask(head, now);
	}

	/** What a member asked for, or a held event: that one has no place in the history yet, so its seq is 0. */
	#askedTask({ n, kind, purpose, member, at }: JobHead): Task | "gone" {
		const { input, name } = this.#room.outbox.row(n) ?? { input: "null", name: "" };
		if (purpose !== "hold") return { kind, input, event: null, range: null, by: byOf(member, name) };
		const held = JSON.parse(input) as Publication | null;
		if (held === null) return "gone";
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
	#eventTask({ n, kind, purpose, seq }: JobHead, asOf: number): Task | "gone" {
		const body = seq === null ? undefined : this.#room.history.at(seq)?.body;
		if (seq === null || body === undefined) return "gone";
		const event = JSON.parse(body) as Event;
		if (event.redacted === true) return "gone";
		const by = byOf(event.from, event.author);
		if (purpose === "rule")
			return { kind, input: this.#room.outbox.row(n)?.input ?? "null", event: body, range: null, by };
		if (!this.#isOfRanges(kind)) return { kind, input: JSON.stringify(event.data), event: body, range: null, by };
		const range = { from: seq, to: seq, events: `[${body}]`, asOf, ...this.#standing(), wiped: [], erased: [] };
		return { kind, input: "null", event: null, range };
	}

	#rangeTask({ kind, through, to, count, wiped, erased }: RangeRow, asOf: number): Task {
		const from = through + 1;
		const events = `[${this.#room.history.stored(from, to ?? through).join(",")}]`;
		// The count is the one that was noted as sent: of another it would not be known that it has changed since.
		const range = { from, to: to ?? through, events, asOf, ...this.#standing(), count, wiped, erased };
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

	#isOfRanges(kind: string): boolean {
		return this.#room.rules.ranges.some(({ name }) => name === kind);
	}

	get #epoch(): string {
		return this.#room.record.epoch;
	}
}

/** What the room wrote itself, nobody asked for. */
function byOf(member: string | null, name: string): NonNullable<Task["by"]> | null {
	return member === null || member === ROOM_MEMBER ? null : { member, name };
}
