/** Gives an event its place in the history, and owes what it starts. */
import { ROOM_AUTHOR, ROOM_MEMBER } from "../protocol/ids.ts";
import type { EventRule, Rules } from "../protocol/rules.ts";
import type { DroppedJobs } from "./dropped-jobs.ts";
import type { Appending, History } from "./history.ts";
import type { Starter } from "./job-counts.ts";
import type { JobDraft } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";

export interface Placed {
	event: Appending;
	data: unknown;
	/** The data as JSON. */
	dataJson: string;
	rule: EventRule | null;
}

/** An event of the room's own. */
export interface OwnEvent {
	name: string;
	data: unknown;
	dataJson: string;
	rule: EventRule;
}

/** Why the room itself says something: the event at which a rule did, and whoever that was from. */
export interface Cause {
	/** Null where that is no event: a coming, a going, a deadline. */
	seq: number | null;
	/** Who answers for what it starts; null where that is the room alone. */
	by: Starter | null;
	/** The id under which it was published. */
	id: string | null;
}

/** Who answers for what nobody in particular has started. */
const NOBODY: Starter = { member: ROOM_MEMBER, address: null };

interface Needs {
	rules: Rules;
	history: History;
	outbox: Outbox;
	dropped: DroppedJobs;
}

export class Placing {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Gives its seq. */
	place({ event, ...placed }: Placed, by: Starter, now: number): number {
		const { seq } = this.#room.history.append(event, placed.dataJson, now);
		const owed = { member: by.member, ask: event.id ?? null };
		this.#start({ ...placed, name: event.name, seq, owed }, by, now);
		return seq;
	}

	/** Likewise. What it starts counts for the member at whose event the room says it. */
	placeOwn({ name, dataJson, ...own }: OwnEvent, { seq: of, by, id }: Cause, now: number): number {
		const event = { from: ROOM_MEMBER, author: ROOM_AUTHOR, name, ...(of === null ? {} : { of, about: of }) };
		const { seq } = this.#room.history.append(event, dataJson, now);
		this.#start({ ...own, name, seq, owed: { member: by?.member ?? null, ask: id } }, by ?? NOBODY, now);
		return seq;
	}

	#start({ seq, name, data, rule, owed }: Starting, by: Starter, now: number): void {
		const { rules, outbox, dropped } = this.#room;
		const job = { ...owed, seq, input: "null", deadlineAt: null };
		for (const kind of rule?.starts ?? []) {
			if (rules.kind(kind)?.wants({ name, data }) !== true) continue;
			if (outbox.dropsStarted(by)) dropped.add(kind);
			else outbox.add({ ...job, kind, purpose: "event" }, now, by.address);
		}
		if (rule?.check?.when === "after")
			outbox.add({ ...job, kind: rule.check.kind, purpose: "review" }, now, by.address);
	}

	/** Owes a job that a rule asks for, about the event at which it does. */
	owe(kind: string, input: string, { seq, by, id }: Cause, now: number): void {
		const draft: JobDraft = {
			kind,
			purpose: "rule",
			member: by?.member ?? null,
			ask: id,
			seq,
			input,
			deadlineAt: null,
		};
		this.#room.outbox.add(draft, now, by?.address ?? null);
	}

	/** Why the room can owe no such job now, or null. */
	refusesRule({ by }: Cause): string | null {
		return this.#room.outbox.dropsStarted(by ?? NOBODY) ? "The room has too many jobs to do; try again later." : null;
	}

	/** Why an event of the room's own cannot be reviewed, as it must be, or null. */
	refusesReview({ check }: EventRule, { by }: Cause): string | null {
		return check?.when === "after" ? this.#room.outbox.fullFor(by ?? NOBODY, "review", 0) : null;
	}
}

interface Starting {
	seq: number;
	name: string;
	data: unknown;
	rule: EventRule | null;
	/** Whom its jobs concern. */
	owed: Pick<JobDraft, "member" | "ask">;
}
