/** The truth: what was committed, epoch by epoch, from the store's own transactions. The checkers ask it. */
import { ROOM_MEMBER } from "../../src/protocol/ids.ts";
import type { Event as Published } from "../../src/protocol/messages.ts";
import type { Failure } from "../../src/protocol/outcome.ts";
import type { JobRow } from "../../src/room/jobs.ts";
import type { Meta, NewEvent, RosterRow } from "../../src/room/store.ts";
import { unsaid } from "../../src/room/veil.ts";
import { hold } from "./broken.ts";
import type { Commit } from "./disk.ts";

interface Event<Data> {
	name: string;
	data: Data;
}

export class Epoch {
	readonly name: string;
	/** Every event that was ever in it, also those that are trimmed by now; by seq from 1. */
	readonly events: NewEvent[] = [];
	readonly jobs = new Map<number, JobRow>();
	floor = 1;
	isWiped = false;
	/** The room deleted itself: what the archive has of it stays. */
	isForgotten = false;
	/** What lies before this was given up for the ranges that had not had it. */
	lostBefore = 1;

	constructor(name: string) {
		this.name = name;
	}

	get head(): number {
		return this.events.length;
	}

	/** By member that was erased, the newest event before that. */
	readonly erased = new Map<string, number>();

	at(seq: number): NewEvent | undefined {
		return this.events[seq - 1];
	}

	/** The seq of the event that tells of a redaction; infinite where none does. */
	redactionOf(seq: number): number {
		const event = this.events.find(({ from, body }) => {
			if (from !== ROOM_MEMBER) return false;
			const { name, data } = JSON.parse(body) as Event<{ seq: number }>;
			return name === "room.redacted" && data.seq === seq;
		});
		return event?.seq ?? Number.POSITIVE_INFINITY;
	}
}

export class Ledger {
	readonly epochs = new Map<string, Epoch>();
	/** Null until something is first stored, and after the room has forgotten itself. */
	current: Epoch | null = null;
	meta: Meta | null = null;
	readonly roster = new Map<string, RosterRow>();
	/** True while a turn is told that wiped what it had answered before: its answers speak of the epoch that is gone. */
	isWiping = false;
	/** Counts the commits that touched the roster. */
	rosterVersion = 0;

	commit(commit: Commit): void {
		this.isWiping = commit.isWiped;
		if (commit.isWiped) {
			if (this.current !== null) this.current.isWiped = true;
			this.current = null;
			this.roster.clear();
			this.rosterVersion++;
		}
		if (commit.meta !== null) this.#meet(commit.meta);
		for (const { type, ...input } of commit.heeded) {
			const action = type === "moderate" && "action" in input ? input.action : null;
			if (action?.action !== "erase") continue;
			this.current?.erased.set(action.member, this.current.head);
			this.#eraseJobs(action.member);
		}
		this.#append(commit.appended);
		for (const rewrite of commit.rewritten) this.#rewrite(rewrite.seq, rewrite.body);
		for (const member of commit.rosterDropped) this.roster.delete(member);
		for (const row of commit.rosterSaved) this.roster.set(row.member, row);
		if (commit.rosterDropped.length + commit.rosterSaved.length > 0) this.rosterVersion++;
		for (const { after } of commit.jobsChanged) this.#note(after);
		for (const job of commit.jobsAdded) this.current?.jobs.set(job.n, job);
		for (const { after } of commit.jobsChanged) this.current?.jobs.set(after.n, after);
		const { current, meta } = this;
		if (current === null || meta === null || commit.meta === null) return;
		hold(meta.head === current.head, "G1", () => `the head ${meta.head} was stored, but ${current.head} events`);
		current.floor = meta.floor;
	}

	/** From the turn of its erasure on nothing is told of what a member's jobs hold, whether it is still stored or not. */
	#eraseJobs(member: string): void {
		for (const [n, job] of this.current?.jobs ?? []) {
			if (job.member !== member) continue;
			this.current?.jobs.set(n, { ...job, name: "", input: "null", outcome: "null", isOwed: false });
		}
	}

	/** The room deleted all that it stored. */
	forget(): void {
		if (this.current !== null) this.current.isForgotten = true;
		this.current = null;
		this.meta = null;
		this.roster.clear();
		this.rosterVersion++;
	}

	/** What the ranges lost is said as a job that failed: nobody needs to look for it. */
	#note({ state, outcome }: JobRow): void {
		if (state !== "failed" || !outcome.includes('"trimmed"') || this.current === null) return;
		const before = /^Events before (\d+) were trimmed/.exec((JSON.parse(outcome) as Failure).message)?.[1];
		if (before !== undefined) this.current.lostBefore = Number(before);
	}

	#meet(meta: Meta): void {
		const before = this.current;
		hold(
			before === null || before.name === meta.epoch,
			"G1",
			() => `the epoch ${before?.name} became ${meta.epoch} without a wipe`,
		);
		if (before === null) {
			hold(!this.epochs.has(meta.epoch), "G4", () => `the epoch ${meta.epoch} began a second time`);
			this.current = new Epoch(meta.epoch);
			this.epochs.set(meta.epoch, this.current);
		} else {
			hold(meta.head >= before.head, "G1", () => `the head went back from ${before.head} to ${meta.head}`);
			hold(meta.floor >= before.floor, "G4", () => `the floor went back from ${before.floor} to ${meta.floor}`);
		}
		this.meta = meta;
	}

	#append(events: readonly NewEvent[]): void {
		for (const event of events) {
			const { current } = this;
			hold(current !== null, "G1", () => `the event ${event.seq} was stored before its epoch`);
			hold(
				event.seq === current.head + 1,
				"G2",
				() => `the event ${event.seq} was stored after ${current.head} of ${current.name}`,
			);
			const { id, at } = JSON.parse(event.body) as Pick<Published, "id" | "at">;
			hold(at >= (current.at(current.head)?.at ?? 0), "G2", () => `the time of event ${event.seq} goes back`);
			current.events.push({ ...event, at, id: id ?? null });
		}
	}

	#rewrite(seq: number, body: string): void {
		const event = this.current?.at(seq);
		hold(event !== undefined, "G2", () => `the event ${seq}, which there never was, was rewritten`);
		const before = JSON.parse(event.body) as { from: string } & Record<string, unknown>;
		const after = JSON.stringify({ ...before, data: null, redacted: true });
		// One that is erased loses its name too.
		const isErased = this.current?.erased.has(before.from) && JSON.stringify(JSON.parse(body)) === unsaid(event.body);
		hold(
			isErased || JSON.stringify(JSON.parse(body)) === after,
			"G2",
			() => `the event ${seq} was rewritten as something else than its redaction: ${body}`,
		);
		event.body = body;
	}

	/** The event as it stands now; undefined where there is none. */
	event(epoch: string, seq: number): NewEvent | undefined {
		return this.epochs.get(epoch)?.at(seq);
	}
}
