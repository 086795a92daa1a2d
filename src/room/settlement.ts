/** What a job's outcome changes in the room: an event for everyone, word to one member, a held event's fate. */

import { isRedacted } from "../protocol/codec.ts";
import { digestOfGuest, ROOM_AUTHOR, ROOM_JOB, ROOM_MEMBER } from "../protocol/ids.ts";
import { HELD_BYTES_MAX, OUTCOME_BYTES_MAX } from "../protocol/job-limits.ts";
import { verdictIn } from "../protocol/jobs.ts";
import type { Failed, Outcome } from "../protocol/outcome.ts";
import type { RoomJob } from "../protocol/room-events.ts";
import type { Rules } from "../protocol/rules.ts";
import { exceedsBytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import { giveUp } from "./given-up.ts";
import type { History } from "./history.ts";
import type { Settle } from "./inputs.ts";
import { gistOf, noticeOf } from "./job-notice.ts";
import { type JobHead, jobId, jobNumber, type Publication, type RangeRow } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { Publishing } from "./publish.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Decisions } from "./rules/decisions.ts";
import type { Sanctions } from "./sanctions.ts";
import type { Sessions } from "./sessions.ts";
import type { Turn } from "./turn.ts";
import { turnBytesFor } from "./turn-bytes.ts";

interface Needs {
	rules: Rules;
	record: RoomRecord;
	history: History;
	publishing: Publishing;
	outbox: Outbox;
	ranges: Ranges;
	sessions: Sessions;
	roster: Roster;
	sanctions: Sanctions;
	decisions: Decisions;
}

/** Told to one who was silenced while its event was held or its job was done. */
const SILENCED: Failed = {
	state: "failed",
	error: { code: "rejected", message: "You may not publish in this room any more, so it was not told." },
};

export class Settlement implements Concern {
	readonly #room: Needs;
	/** Of the held events that this turn has taken up. */
	#heldBytes = 0;
	/** True where there was no room for one: those after it wait too. */
	#isFull = false;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Also with what it releases: what this turn has no room for is answered in one of the next. */
	settle(settle: Settle, turn: Turn): void {
		const n = settle.epoch === this.#room.record.epoch ? jobNumber(settle.epoch, settle.job) : null;
		if (n !== null && !this.#hasRoomFor(n)) return turn.later(settle);
		if (n !== null) this.#settle(n, settle, turn);
		turn.answer(settle.reply, { outcome: "done" });
	}

	/** True where the turn may take up what the job holds. */
	#hasRoomFor(n: number): boolean {
		const { outbox, sessions, decisions } = this.#room;
		if (outbox.open(n)?.purpose !== "hold") return true;
		if (this.#isFull || decisions.isSpent) return false;
		const bytes = outbox.inputBytes(n);
		const most = Math.min(HELD_BYTES_MAX, turnBytesFor(sessions.size));
		this.#isFull = this.#heldBytes > 0 && this.#heldBytes + bytes > most;
		if (!this.#isFull) this.#heldBytes += bytes;
		return !this.#isFull;
	}

	flush(): void {
		this.#heldBytes = 0;
		this.#isFull = false;
	}

	/** `done` counts from any run, `failed` only from the newest; a second settlement and an unknown job are nothing. */
	#settle(n: number, { run, outcome }: Settle, turn: Turn): void {
		const { ranges, outbox } = this.#room;
		const isStale = (newest: number): boolean => outcome.state === "failed" && run !== null && run < newest;
		const range = ranges.inFlight(n);
		if (range !== undefined) {
			if (outcome.state === "done") ranges.settle(range, turn.now);
			else if (!isStale(range.run)) this.#failRange(range, outcome, turn.now);
			return;
		}
		const head = outbox.open(n);
		if (head !== undefined && !isStale(head.run)) this.#conclude(head, bounded(outcome), turn);
	}

	/** Sends again what is due again. A held event whose check did not come back in time is refused or published, as the app says. */
	due(turn: Turn): void {
		const error = { code: "unchecked", message: "It could not be checked in time." };
		for (const head of this.#room.outbox.expire(turn.now)) {
			// What this turn has no room for is due still, so the next alarm comes at once.
			if (!this.#hasRoomFor(head.n)) break;
			this.#conclude(head, { state: "failed", error }, turn);
		}
	}

	/** An event that a range's receiver will never take is a failed job of its own, to be seen and tried again. */
	#failRange(range: RangeRow, failed: Failed, now: number): void {
		const seq = this.#room.ranges.fail(range, failed, now);
		if (seq !== null) giveUp(this.#room.outbox, { kind: range.kind, seq }, failed.error, now);
	}

	#conclude(head: JobHead, outcome: Outcome, turn: Turn): void {
		switch (head.purpose) {
			case "hold":
				return this.#concludeHold(head, outcome, turn);
			case "review":
				if (outcome.state === "done" && refusalOf(outcome.result) !== null && head.seq !== null) {
					this.#room.history.redact(head.seq, ROOM_MEMBER, turn.now);
					this.#room.ranges.hurry();
				}
				return this.#room.outbox.settle(head, outcome, false, turn.now);
			case "asked":
				if (this.#isUnheard(head, turn.now)) return this.#settleAndTell(head, SILENCED, turn);
				if (outcome.state === "done") this.#announce(head, outcome.result, turn);
				return this.#settleAndTell(head, outcome, turn);
			case "event":
			case "rule":
				if (outcome.state === "done" && !this.#isUnheard(head, turn.now)) this.#announce(head, outcome.result, turn);
				if (this.#room.rules.kind(head.kind)?.concerns === "member") return this.#settleAndTell(head, outcome, turn);
				return this.#room.outbox.settle(head, outcome, false, turn.now);
		}
	}

	#concludeHold(head: JobHead, outcome: Outcome, turn: Turn): void {
		const publication = JSON.parse(this.#room.outbox.row(head.n)?.input ?? "null") as Publication | null;
		const reason = outcome.state === "done" ? refusalOf(outcome.result) : null;
		if (reason !== null) {
			return this.#settleAndTell(head, { state: "failed", error: { code: "rejected", message: reason } }, turn);
		}
		const isCleared = outcome.state === "done" && verdictIn(outcome.result) !== null;
		const isPublished = isCleared || this.#room.rules.event(publication?.name ?? "")?.check?.unchecked === "publish";
		if (publication === null || head.member === null || !isPublished) {
			const error =
				outcome.state === "failed" ? outcome.error : { code: "unchecked", message: "The check gave no verdict." };
			return this.#settleAndTell(head, { state: "failed", error }, turn);
		}
		if (!this.#mayBeHeard(head.member, turn.now)) return this.#settleAndTell(head, SILENCED, turn);
		// Its event is the author's acknowledgement.
		const released = this.#room.publishing.release(head.member, publication, turn.now);
		if ("refusal" in released) {
			return this.#settleAndTell(head, { state: "failed", error: released.refusal }, turn);
		}
		head.seq = released.seq;
		this.#room.outbox.settle(head, { state: "done", result: null }, false, turn.now);
	}

	/** A moderator has silenced members: what they have in hold appears no more, however its check ends. */
	reject(isSilenced: (member: string) => boolean, turn: Turn): void {
		for (const head of this.#room.outbox.held(isSilenced)) this.#settleAndTell(head, SILENCED, turn);
	}

	/** The room would hear what came of it, and may not from this member any more. */
	#isUnheard({ kind, member }: JobHead, now: number): boolean {
		if (member === null || this.#room.rules.kind(kind)?.concerns !== "room") return false;
		return !this.#mayBeHeard(member, now);
	}

	#mayBeHeard(member: string, now: number): boolean {
		const { sanctions, roster } = this.#room;
		// A guest without a socket is called by its address.
		return sanctions.mayBeHeard(member, roster.addressOf(member, now) ?? digestOfGuest(member), now);
	}

	/** The outcome as an event, where the kind concerns the room. What is said of an event that is gone is not said. */
	#announce(head: JobHead, result: unknown, turn: Turn): void {
		if (this.#room.rules.kind(head.kind)?.concerns !== "room") return;
		if (head.seq !== null) {
			const subject = this.#room.history.at(head.seq);
			if (subject === null || isRedacted(subject)) return;
		}
		const job = jobId(this.#room.record.epoch, head.n);
		const data: RoomJob = { job, name: head.kind, of: head.seq, result: result ?? null };
		const facts = { about: head.seq, job: head.n };
		this.#room.history.append(
			{ from: ROOM_MEMBER, author: ROOM_AUTHOR, name: ROOM_JOB, ...facts },
			JSON.stringify(data),
			turn.now,
		);
	}

	/** Settles, and tells the member: those of its sessions that are here now, and each that comes until one has received it. */
	#settleAndTell(head: JobHead, outcome: Outcome, turn: Turn): void {
		this.#room.outbox.settle(head, outcome, true, turn.now);
		const notice = noticeOf(head, gistOf(outcome), this.#room.record.epoch);
		for (const session of this.#room.sessions.of(head.member ?? "")) {
			// One that is not welcomed yet is told with its welcome.
			if (session.greeting === null) turn.tell(session.id, notice);
		}
	}
}

/** The reason of a verdict that refuses, or null. */
function refusalOf(result: unknown): string | null {
	const verdict = verdictIn(result);
	return verdict?.verdict === "refuse" ? verdict.reason : null;
}

function bounded(outcome: Outcome): Outcome {
	if (outcome.state !== "done" || !exceedsBytes(JSON.stringify(outcome.result ?? null), OUTCOME_BYTES_MAX))
		return outcome;
	return { state: "failed", error: { code: "too_large", message: "The job's result is too large to be told." } };
}
