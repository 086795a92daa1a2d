/** What the jobs of the house rules do, and the archive that the range job writes: run by the real consumer. */
import * as v from "valibot";
import { type Kind, NonRetryableError, type Range, type RangeKind } from "../../src/jobs/kind.ts";
import type { Event } from "../../src/protocol/messages.ts";
import type { Coverage } from "./coverage.ts";

export const RETRY = { attempts: 3, firstSeconds: 1, mostSeconds: 4 };
/** Real time, of which a simulated run takes none: its timer only has to be dropped some day. */
export const RUN_MS_MAX = 2_000;

/** What a job makes of its input, so that a checker can tell. */
export function resultOf(kind: string, input: unknown): unknown {
	return { kind, made: `${JSON.stringify(input)}!` };
}

/** What the jobs' outside world does to them. */
export interface Mood {
	/** True where this run fails and may be tried again. */
	fails(): boolean;
}

function kind(name: string, mood: Mood, run: (input: unknown) => unknown): Kind {
	return {
		name,
		input: v.unknown(),
		asked: true,
		concerns: "nobody",
		retry: RETRY,
		runMsMax: RUN_MS_MAX,
		run: async (input) => {
			if (input === "hopeless") throw new NonRetryableError("invalid", "It cannot be done.");
			if (mood.fails()) throw new Error("It is broken.");
			return run(input);
		},
	} as Kind;
}

export function kindsOf(mood: Mood): Kind[] {
	return [
		...["card", "bill", "sum"].map((name) => kind(name, mood, (input) => resultOf(name, input))),
		kind("check", mood, (input) =>
			input === "rude" ? { verdict: "refuse", reason: "It is rude." } : input === "odd" ? {} : { verdict: "clear" },
		),
	];
}

/** The archive as a model: an epoch's events by seq, as they were written first or redacted later. */
export class Archive {
	readonly epochs = new Map<string, Map<number, Event>>();
	readonly wiped = new Set<string>();
	/** How many members each epoch's room was last said to have. */
	readonly counts = new Map<string, number>();
	/** Every range that was written, in order. */
	readonly ranges: { epoch: string; from: number; to: number }[] = [];

	/** The ranges that did not hold what they say. */
	readonly misfits: string[] = [];

	write(epoch: string, range: Range): void {
		const seqs = range.events.map(({ seq }) => seq);
		const isWhole = seqs.length === range.to - range.from + 1 && seqs.every((seq, index) => seq === range.from + index);
		if (!isWhole) this.misfits.push(`the range from ${range.from} to ${range.to} of ${epoch} held ${seqs}`);
		for (const gone of range.wiped) {
			this.wiped.add(gone);
			this.epochs.delete(gone);
		}
		if (this.wiped.has(epoch)) return;
		this.counts.set(epoch, range.count);
		const events = this.epochs.get(epoch) ?? new Map<number, Event>();
		this.epochs.set(epoch, events);
		this.ranges.push({ epoch, from: range.from, to: range.to });
		for (const event of range.events) {
			const kept = events.get(event.seq);
			if (kept === undefined || event.redacted === true) events.set(event.seq, event);
			if (event.name === "room.redacted") this.#redact(events, (event.data as { seq: number }).seq);
		}
		for (const member of range.erased) this.#erase(member, epoch, range.from);
	}

	/** As the real one does: what the range itself brings is redacted by the room, and what came later is not erased. */
	#erase(member: string, epoch: string, from: number): void {
		for (const [name, events] of this.epochs) {
			for (const event of events.values()) {
				if (!isTheirs(event, member, events) || (name === epoch && event.seq >= from)) continue;
				this.#redact(events, event.seq);
				// One that is erased has no name any more.
				const kept = events.get(event.seq);
				if (kept?.from === member) events.set(event.seq, { ...kept, author: "" });
			}
		}
	}

	#redact(events: Map<number, Event>, seq: number): void {
		const event = events.get(seq);
		if (event !== undefined) events.set(seq, { ...event, data: null, redacted: true });
	}
}

/** What the member said, or what a job or a rule made of it. */
export function isTheirs(event: Event, member: string, events: ReadonlyMap<number, Event>): boolean {
	if (event.from === member) return true;
	const of = event.name === "room.job" ? (event.data as { of: number | null } | null)?.of : event.of;
	return events.get(of ?? 0)?.from === member;
}

export function archiveKind(archive: Archive, mood: Mood, coverage: Coverage): RangeKind {
	return {
		name: "archive",
		begins: "floor",
		retry: RETRY,
		runMsMax: RUN_MS_MAX,
		isActive: () => true,
		run: async (range, { epoch }) => {
			if (mood.fails()) throw new Error("It is broken.");
			coverage.reach("job", "range");
			archive.write(epoch, range);
		},
	} as RangeKind;
}
