/**
 * Erasing a member: it is durable with the turn in which it is asked for, and from then on nothing of the member is
 * told (veil.ts). What is stored is taken back in pieces of bounded work, turn by turn, through sleep and crash; the
 * archive owes the same.
 */
import { formerIdOf } from "../protocol/ids.ts";
import {
	ERASE_BYTES_MAX,
	ERASE_EVENTS_MAX,
	ERASE_JOBS_MAX,
	ERASE_RETRY_MS,
	ERASE_ROWS_MAX,
	REMAINS_PAUSE_MS,
	REMAINS_ROWS_MAX,
} from "../protocol/limits.ts";
import { ERASE_ENTRIES_MAX } from "../protocol/state-limits.ts";
import type { Concern } from "./concern.ts";
import { fitting } from "./fitting.ts";
import type { History } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Sessions } from "./sessions.ts";
import type { State } from "./state.ts";
import type { ErasureRow, RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";
import type { Veil } from "./veil.ts";

interface Needs {
	store: RoomStore;
	record: RoomRecord;
	history: History;
	sessions: Sessions;
	roster: Roster;
	outbox: Outbox;
	ranges: Ranges;
	state: State;
	veil: Veil;
}

export class Erasures implements Concern {
	readonly #room: Needs;
	/** After a piece that wrote many rows it rests: until when, Unix ms; 0 where it has written none since the wake. */
	#restsUntil = 0;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** After a wake: what rests is called by its alarm. */
	get isRestless(): boolean {
		return !this.isEmpty && this.#restsUntil === 0;
	}

	get isEmpty(): boolean {
		return this.#room.veil.rows.size === 0;
	}

	/** One that a crash cut off is gone on with by the alarm. */
	deadline(now: number): number | null {
		if (this.isEmpty) return null;
		return now < this.#restsUntil ? this.#restsUntil : now + ERASE_RETRY_MS;
	}

	setBack(now: number): boolean {
		this.#restsUntil = Math.min(this.#restsUntil, now);
		return false;
	}

	/** `by`: who erases. What the member says from now on is another matter; what it said under the id that it had before is not. */
	begin(member: string, by: string, turn: Turn): void {
		if (!this.#room.record.isStored) return;
		const former = formerIdOf(member);
		for (const id of former === null ? [member] : [member, former]) this.#begin(id, by, turn);
	}

	#begin(member: string, by: string, turn: Turn): void {
		const { store, record, history, sessions, roster, outbox, ranges, state, veil } = this.#room;
		ranges.erase(member);
		const notices = outbox.erase(member, turn.now);
		// Whoever waits for an answer gets it.
		for (const session of sessions.of(member)) {
			session.name = member;
			if (session.greeting !== null) continue;
			for (const notice of notices) turn.tell(session.id, notice);
			turn.attach(session);
		}
		roster.unname(member);
		// What this turn has published is not stored yet, and would be shared at its end.
		for (const seq of history.freshOf(member, (n) => outbox.row(n)?.member === member)) {
			history.redact(seq, by, turn.now, true);
		}
		state.eraseFresh({ member, by }, turn.now);
		const events = { through: turn.headBefore, done: record.meta.kept - 1 };
		const entries = { stateThrough: turn.versionBefore, stateDone: 0 };
		const row: ErasureRow = { member, by, ...events, jobsThrough: record.meta.jobs, jobsDone: 0, ...entries };
		veil.rows.set(member, row);
		store.saveErasure(row);
	}

	/** The next piece of the first of them. Before the history is written: what is redacted is said. */
	flush(turn: Turn): void {
		const { store, veil } = this.#room;
		const [row] = veil.rows.values();
		if (row === undefined || turn.now < this.#restsUntil) return;
		const done = row.done < row.through ? this.#eraseEvents(row, turn) : row.done;
		const jobsDone = done < row.through ? row.jobsDone : this.#eraseJobs(row, turn);
		const stateDone = row.stateDone < row.stateThrough ? this.#eraseEntries(row, turn) : row.stateDone;
		if (done >= row.through && jobsDone >= row.jobsThrough && stateDone >= row.stateThrough) {
			veil.rows.delete(row.member);
			store.dropErasure(row.member);
		} else {
			veil.rows.set(row.member, { ...row, done, jobsDone, stateDone });
			store.saveErasure({ ...row, done, jobsDone, stateDone });
		}
		if (!this.isEmpty && turn.now >= this.#restsUntil) turn.again();
	}

	/** A piece of its events; gives the seq up to which they are taken back. */
	#eraseEvents(row: ErasureRow, turn: Turn): number {
		const { store, record, history, veil } = this.#room;
		const from = Math.max(row.done, record.meta.kept - 1);
		const limit = Math.min(ERASE_ROWS_MAX, row.through - from);
		const most = fitting(limit, ERASE_BYTES_MAX, (first, many) => store.sizesAfter(from + first, many));
		const events = most > 0 ? store.after(from, most) : [];
		let done = from;
		let count = 0;
		for (const event of events) {
			if (count === ERASE_EVENTS_MAX) break;
			if (veil.whose(event) === row.member) {
				history.redact(event.seq, row.by, turn.now, true);
				count++;
			}
			done = event.seq;
		}
		return events.length === 0 ? row.through : done;
	}

	/** Likewise of its entries; gives the version up to which. */
	#eraseEntries(row: ErasureRow, { now }: Turn): number {
		const heads = this.#room.store.entryHeads(row.stateDone, row.stateThrough, ERASE_ENTRIES_MAX);
		this.#room.state.eraseStored(heads, row, now);
		return heads.length < ERASE_ENTRIES_MAX ? row.stateThrough : (heads.at(-1)?.version ?? row.stateThrough);
	}

	/** Likewise of its jobs; gives the number up to which. Rows are written by the second: it rests after them. */
	#eraseJobs(row: ErasureRow, { now }: Turn): number {
		if (row.jobsDone >= row.jobsThrough) return row.jobsDone;
		const { done, count } = this.#room.store.eraseJobs(row, ERASE_JOBS_MAX, ERASE_BYTES_MAX);
		this.#restsUntil = now + Math.round((count * REMAINS_PAUSE_MS) / REMAINS_ROWS_MAX);
		return done;
	}

	wipe(): void {
		this.#room.veil.rows.clear();
	}
}
