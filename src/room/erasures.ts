/**
 * Erasing a member: it is durable with the turn in which it is asked for, and from then on nothing of the member is
 * told (veil.ts). What is stored is taken back in pieces of bounded work, turn by turn, through sleep and crash; the
 * archive owes the same.
 */
import { formerIdOf } from "../protocol/ids.ts";
import { ERASE_BYTES_MAX, ERASE_EVENTS_MAX, ERASE_RETRY_MS, ERASE_ROWS_MAX } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import { fitting } from "./fitting.ts";
import type { History } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Sessions } from "./sessions.ts";
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
	veil: Veil;
}

export class Erasures implements Concern {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	get isRestless(): boolean {
		return !this.isEmpty;
	}

	get isEmpty(): boolean {
		return this.#room.veil.rows.size === 0;
	}

	/** One that a crash cut off is gone on with by the alarm. */
	deadline(now: number): number | null {
		return this.isEmpty ? null : now + ERASE_RETRY_MS;
	}

	/** `by`: who erases. What the member says from now on is another matter; what it said under the id that it had before is not. */
	begin(member: string, by: string, turn: Turn): void {
		if (!this.#room.record.isStored) return;
		const former = formerIdOf(member);
		for (const id of former === null ? [member] : [member, former]) this.#begin(id, by, turn);
	}

	#begin(member: string, by: string, turn: Turn): void {
		const { store, record, history, sessions, roster, outbox, ranges, veil } = this.#room;
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
		const row: ErasureRow = { member, by, through: turn.headBefore, done: record.meta.kept - 1 };
		veil.rows.set(member, row);
		store.saveErasure(row);
	}

	/** The next piece of the first of them. Before the history is written: what is redacted is said. */
	flush(turn: Turn): void {
		const [row] = this.#room.veil.rows.values();
		if (row === undefined) return;
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
		if (events.length === 0 || done >= row.through) {
			veil.rows.delete(row.member);
			store.dropErasure(row.member);
		} else {
			veil.rows.set(row.member, { ...row, done });
			store.saveErasure({ ...row, done });
		}
		if (!this.isEmpty) turn.again();
	}

	wipe(): void {
		this.#room.veil.rows.clear();
	}
}
