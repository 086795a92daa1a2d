/**
 * The jobs that the room still owes an outcome: waiting → sent → settled. A job is written in the
 * transaction of what caused it, sent again as a higher run when its lease has passed, and settled
 * once, whatever happens to the messages in between (G5).
 *
 * In memory are only the heads of what is owed; what a job holds stays in the store.
 */

import { JOBS_PENDING_MAX, OUTCOME_KEPT_MS, SEND_MS_MAX } from "../protocol/job-limits.ts";
import type { JobNotice } from "../protocol/messages.ts";
import type { Outcome } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import { JobCounts, type Starter } from "./job-counts.ts";
import { gistOf, noticeOf } from "./job-notice.ts";
import {
	type AskKey,
	countsFor,
	headOf,
	type JobChange,
	type JobDraft,
	type JobHead,
	type JobRow,
	jobId,
	keyOf,
	type Purpose,
} from "./jobs.ts";
import { KeptOutcomes } from "./kept-outcomes.ts";
import { OpenJobs } from "./open-jobs.ts";
import type { RoomRecord } from "./record.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";
import type { Veil } from "./veil.ts";

export class Outbox implements Concern {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;
	readonly #veil: Veil;
	readonly #rules: Rules;
	readonly #counts = new JobCounts();
	readonly #open = new OpenJobs();
	readonly #outcomes: KeptOutcomes;
	/** What is open and was asked for or is held, by what makes a repeat of it. */
	#asked = new Map<string, number>();
	/** This turn's repeats, by what makes them so. */
	#known = new Map<string, JobHead>();
	#added = new Map<number, JobRow>();
	#changed = new Map<number, JobChange>();

	constructor(store: RoomStore, record: RoomRecord, veil: Veil, rules: Rules) {
		this.#store = store;
		this.#record = record;
		this.#veil = veil;
		this.#rules = rules;
		this.#outcomes = new KeptOutcomes(store);
		for (const head of store.jobsInHand()) {
			if (head.state === "done" || head.state === "failed") this.#owe(veil.overJob(head));
			else this.#hold(head);
			// What was on its way when the room fell asleep may have arrived or not: it is sent again, as the same run.
			if (head.state === "waiting") this.#open.send(head.n);
		}
	}

	/** True where something is to be sent though nothing has arrived. */
	get isRestless(): boolean {
		return this.#open.hasDue;
	}

	get isEmpty(): boolean {
		return this.#open.size === 0 && this.#outcomes.isEmpty;
	}

	/** Looks up a whole turn's asks at once. */
	begin(keys: readonly AskKey[]): void {
		if (this.#known.size > 0) this.#known = new Map();
		if (keys.length === 0) return;
		for (const head of this.#store.findAsks(keys)) this.#known.set(keyOf(head), this.#veil.overJob(head));
	}

	/** The job that was asked for, or whose event is held, under this id already. */
	known(member: string, ask: string, purpose: Purpose): JobHead | undefined {
		if (this.#known.size === 0 && this.#asked.size === 0) return undefined;
		const key = keyOf({ member, ask, purpose });
		return this.#known.get(key) ?? this.#open.get(this.#asked.get(key) ?? 0);
	}

	/** Why no further job can be owed, or null. `perMember`: how many of what was asked for or is held one may have. */
	fullFor(by: Starter, purpose: Exclude<Purpose, "event" | "rule">, perMember: number): string | null {
		if (this.#open.size >= JOBS_PENDING_MAX) return "The room has too many jobs to do; try again a little later.";
		if (purpose === "review") {
			if (!this.#counts.isFullOfReviewed(by)) return null;
			return "Too many events wait to be looked at; publish this one again a little later.";
		}
		if (!this.#counts.isFullOfWaited(by, perMember)) return null;
		return `You have ${perMember} jobs under way, or your network many; wait until one of them is done.`;
	}

	/** True where an event of theirs starts no job now: what it would start is dropped, the event is not. */
	dropsStarted(by: Starter): boolean {
		return this.#open.size >= JOBS_PENDING_MAX || this.#counts.isFullOfStarted(by);
	}

	/** `address`: of the guest who asks, or whose event it is about. */
	add(draft: JobDraft, now: number, address: string | null = null): JobHead {
		const n = this.#record.nextJob();
		const state = { state: "waiting", run: 1, dueAt: now, isOwed: false, outcome: "null", at: now } as const;
		const row: JobRow = { name: "", digest: "", ...draft, n, ...state };
		const head = headOf(row);
		this.#added.set(n, row);
		if (row.ask !== null) this.#known.set(keyOf(row), head);
		this.#hold(head, address);
		this.#open.send(n);
		return head;
	}

	/** The job if it is still owed an outcome. */
	open(n: number): JobHead | undefined {
		return this.#open.get(n);
	}

	/** The heads of the open jobs of one state. */
	inState(state: JobHead["state"]): JobHead[] {
		return [...this.#open.values()].filter((head) => head.state === state);
	}

	/** A job with what it holds, settled or not, as this turn has it. */
	row(n: number): JobRow | null {
		const row = this.#added.get(n) ?? this.#store.job(n);
		return row === null ? null : this.#veil.overJob({ ...row, ...this.#changed.get(n) });
	}

	/** What a job holds, in bytes, without reading it. */
	inputBytes(n: number): number {
		const added = this.#added.get(n);
		return added === undefined ? this.#store.inputBytes(n) : utf8Bytes(added.input);
	}

	/** Keeps a change for this turn's end, and for whoever asks before that. */
	#note(row: JobChange): void {
		this.#changed.set(row.n, row);
		if (row.ask !== null) this.#known.set(keyOf(row), headOf(row));
	}

	/** Settles a job: once, since it is open only once. `isOwed`: someone is to be told, now or when they are back. */
	settle(head: JobHead, outcome: Outcome, isOwed: boolean, now: number): void {
		this.#close(head, outcome, isOwed, now);
		// What was held is in the history now, or nowhere: nothing refused leaves a trace.
		const input = head.purpose === "hold" ? "null" : (this.row(head.n)?.input ?? "null");
		this.#note({ ...head, input, outcome: JSON.stringify(gistOf(outcome)) });
		if (head.isOwed) this.#owe(head);
	}

	#close(head: JobHead, { state }: Pick<Outcome, "state">, isOwed: boolean, now: number): void {
		this.#open.delete(head.n);
		this.#counts.end(head);
		if (countsFor(head)) this.#asked.delete(keyOf(head));
		head.state = state;
		head.isOwed = isOwed && head.member !== null;
		head.dueAt = now + OUTCOME_KEPT_MS;
		this.#outcomes.keep(head.dueAt);
	}

	/** The events in hold of those members. */
	held(isTheirs: (member: string) => boolean): JobHead[] {
		return [...this.#open.values()].filter(
			({ purpose, member }) => purpose === "hold" && member !== null && isTheirs(member),
		);
	}

	/** A member is erased: nothing of it is under way any more, nor owed. Gives what it is told of what it waits for. */
	erase(member: string, now: number): JobNotice[] {
		const notices: JobNotice[] = [];
		const error = { code: "rejected", message: "Its author was erased." };
		for (const head of [...this.#open.values()]) {
			if (head.member !== member) continue;
			// What its event started is about nothing now: what comes of that in the end would be of its words.
			const isWaitedFor = countsFor(head);
			this.#close(head, { state: isWaitedFor ? "failed" : "done" }, false, now);
			this.#note({ ...head, name: "", input: "null", outcome: "null" });
			if (isWaitedFor) notices.push(noticeOf(head, error, this.#record.epoch));
		}
		this.#outcomes.owed.drop(member);
		// What this turn has settled or looked up would be written back, or told again.
		const nothing = { name: "", input: "null", outcome: "null", isOwed: false };
		for (const [n, row] of this.#changed) if (row.member === member) this.#changed.set(n, { ...row, ...nothing });
		for (const [key, head] of this.#known) if (head.member === member) this.#known.set(key, { ...head, isOwed: false });
		return notices;
	}

	/** Puts a failed job on its way again. */
	replay(row: JobRow, now: number): void {
		if (row.member !== null) this.#outcomes.owed.take(row.member, row.n);
		const again: JobRow = { ...row, state: "waiting", run: row.run + 1, dueAt: now, isOwed: false, outcome: "null" };
		this.#hold(headOf(again));
		this.#open.send(row.n);
		this.#note(again);
	}

	/** Outcomes that have arrived, so that they are not sent again. */
	received(member: string, numbers: readonly number[]): void {
		for (const n of numbers) {
			if (!this.#outcomes.owed.take(member, n)) continue;
			const row = this.row(n);
			if (row !== null) this.#note({ ...row, isOwed: false });
		}
	}

	/** The numbers of the jobs after `after` whose outcome a member has not received yet, ascending. */
	owedTo(member: string, after: number): number[] {
		return this.#outcomes.owed.after(member, after);
	}

	/** What the member who asked is told of a job. Reads what came of it, where it is settled. */
	notice(head: JobHead & { outcome?: string }): JobNotice {
		const isSettled = head.state === "done" || head.state === "failed";
		const outcome = isSettled ? (head.outcome ?? this.row(head.n)?.outcome) : undefined;
		return noticeOf(head, JSON.parse(outcome ?? "null"), this.#record.epoch);
	}

	// On its way.

	/** The platform has a job: its lease begins. */
	sent(n: number, run: number, now: number): void {
		const head = this.#open.get(n);
		if (head === undefined || head.state !== "waiting" || head.run !== run) return;
		head.state = "sent";
		head.dueAt = now + (this.#rules.kind(head.kind)?.leaseMs ?? SEND_MS_MAX);
		this.#open.taken(head);
		this.#changed.set(n, head);
	}

	/** The platform could not take a job: it is tried again a little later. */
	unsent(n: number, now: number): void {
		const head = this.#open.get(n);
		if (head?.state === "waiting") this.#open.refused(head, now);
	}

	/** Of what is due a part; the rest at once. Sends again what is unsent, or unsettled past its lease; gives the holds whose deadline has come. */
	expire(now: number): JobHead[] {
		const late: JobHead[] = [];
		for (const head of this.#open.due(now)) {
			if (head.deadlineAt !== null && head.deadlineAt <= now) {
				late.push(head);
			} else if (head.state === "waiting") {
				this.#open.sendIdle(head.n, now);
			} else if (head.dueAt <= now) {
				head.state = "waiting";
				head.run++;
				head.dueAt = now;
				this.#open.send(head.n);
				this.#changed.set(head.n, head);
			}
		}
		this.#outcomes.forget(now);
		return late;
	}

	setBack(now: number): boolean {
		this.#outcomes.setBack(now);
		const changed = this.#open.setBack(now, (kind) => this.#rules.kind(kind)?.leaseMs ?? SEND_MS_MAX);
		for (const head of changed) this.#changed.set(head.n, head);
		return changed.length > 0;
	}

	deadline(): number | null {
		return earlier(this.#open.deadline, this.#outcomes.deadline);
	}

	/** Nothing is owed any more. */
	wipe(): void {
		const all = [this.#open, this.#outcomes, this.#asked, this.#known, this.#added, this.#changed, this.#counts];
		for (const each of all) each.clear();
	}

	/** Hands over what is due, and writes what changed. */
	flush(turn: Turn): void {
		turn.send(this.#open.take(turn.now).map(({ n, run }) => ({ job: jobId(this.#record.epoch, n), run })));
		if (this.#open.hasDue) turn.again();
		if (this.#added.size > 0) this.#store.addJobs([...this.#added.values()]);
		if (this.#changed.size > 0) this.#store.changeJobs([...this.#changed.values()]);
		if (this.#added.size > 0) this.#added = new Map();
		if (this.#changed.size > 0) this.#changed = new Map();
	}

	#hold(head: JobHead, address: string | null = null): void {
		this.#open.add(head);
		this.#counts.begin(head, address);
		if (countsFor(head)) this.#asked.set(keyOf(head), head.n);
	}

	#owe(head: JobHead): void {
		if (head.member === null || !head.isOwed) return;
		const oldest = this.#outcomes.owed.add(head.member, head.n);
		if (oldest !== null) this.received(head.member, [oldest]);
	}
}
