/**
 * Range jobs: kinds that work on the history itself, in order, without a job for each event. One row
 * a kind says what is settled through and which range is in flight. A range is frozen when it is first
 * sent, so its retries are the same delivery; while it is in flight, what comes gathers for the next.
 */
import { DIRECTORY_LAG_MS, RANGE_PAUSE_MS, SEND_MS_MAX } from "../protocol/job-limits.ts";
import type { Failed } from "../protocol/outcome.ts";
import type { RangeRule } from "../protocol/rules.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import { jobId, type RangeRow } from "./jobs.ts";
import { afterFailure, mostAfter } from "./range-failure.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import { Sendings } from "./sendings.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	store: RoomStore;
	record: RoomRecord;
	roster: Roster;
}

/** Nothing is in flight, and nothing was found out about its receiver. */
const IDLE = { to: null, n: 0, state: "idle", run: 0, dueAt: 0, waitMs: 0, reason: "", most: 0, aside: 0 } as const;

export class Ranges implements Concern {
	readonly #room: Needs;
	readonly #rules = new Map<string, RangeRule>();
	#rows = new Map<string, RangeRow>();
	readonly #sendings = new Sendings<string>();
	#dirty = new Set<string>();
	/** When a change of the count alone is to be sent, Unix ms. */
	#countDueAt: number | null = null;

	constructor(rules: readonly RangeRule[], needs: Needs) {
		this.#room = needs;
		for (const row of needs.store.ranges()) this.#rows.set(row.kind, row);
		for (const rule of rules) {
			this.#rules.set(rule.name, rule);
			const row = this.#rows.get(rule.name) ?? this.#begin(rule);
			if (row.state === "waiting" && row.reason === "") this.#sendings.add(rule.name);
			// Nobody knows any more since when: it is sent now.
			if (rule.listsRooms && needs.record.isStored && row.count !== needs.roster.count) this.#countDueAt = 0;
		}
	}

	get isRestless(): boolean {
		return this.#sendings.hasDue;
	}

	/** True where nothing is in flight and no wiped epoch waits for its removal. */
	get isEmpty(): boolean {
		return [...this.rows()].every((row) => isAtRest(row) && row.wiped.length === 0 && row.erased.length === 0);
	}

	/** The lowest seq that an unsettled range may still need; everything above is kept for it. */
	get neededFrom(): number {
		let needed = Number.POSITIVE_INFINITY;
		for (const { state, through } of this.rows()) if (state !== "stopped") needed = Math.min(needed, through + 1);
		return needed;
	}

	rows(): Iterable<RangeRow> {
		return [...this.#rules.keys()].map((name) => this.#row(name));
	}

	inFlight(n: number): RangeRow | undefined {
		return [...this.#rows.values()].find((row) => row.state !== "idle" && row.n === n);
	}

	/** Freezes, sends and writes. After the history was written. */
	flush(turn: Turn): void {
		for (const [name, rule] of this.#room.record.isStored ? this.#rules : []) {
			if (rule.listsRooms) this.#compare(this.#row(name), turn);
			this.#freeze(this.#row(name), rule, turn);
		}
		this.#send(turn);
		for (const name of this.#dirty) this.#room.store.saveRange(this.#row(name));
		if (this.#dirty.size > 0) this.#dirty = new Set();
	}

	/** Freezes the next range of a kind that has none in flight and something to do. */
	#freeze(row: RangeRow, rule: RangeRule, turn: Turn): void {
		const { now } = turn;
		if (row.state !== "idle" || row.dueAt > now) return;
		if (!this.#hasWork(row) && !(rule.listsRooms && this.#countDueAt !== null && this.#countDueAt <= now)) return;
		if (rule.listsRooms) this.#countDueAt = null;
		const { record, roster } = this.#room;
		const { head, kept } = record.meta;
		const from = Math.max(row.through, kept - 1);
		const to = head > from ? from + this.#fitting(from, row, rule) : from;
		const n = record.nextJob();
		const count = rule.listsRooms ? roster.count : 0;
		this.#put({ ...row, through: from, to, n, state: "waiting", run: 1, dueAt: now, waitMs: 0, reason: "", count });
		this.#sendings.add(row.kind);
	}

	/** Notes since when the count is another than was sent, also while a range is in flight. */
	#compare(row: RangeRow, { now }: Turn): void {
		if (row.count === this.#room.roster.count) this.#countDueAt = null;
		else this.#countDueAt ??= now + DIRECTORY_LAG_MS;
	}

	#send(turn: Turn): void {
		const { epoch } = this.#room.record;
		for (const name of this.#sendings.take(turn.now, (due) => this.#row(due).state === "waiting")) {
			const { n, run } = this.#row(name);
			turn.send([{ job: jobId(epoch, n), run }]);
		}
	}

	/** A range is done: what it covered is settled. */
	settle(row: RangeRow, now: number): void {
		this.#sendings.taken(row.kind);
		const through = Math.max(row.through, row.to ?? 0);
		// What trickles in gathers for a while, so that a busy room costs a job a second and not one a turn.
		const eventsMax = this.#rules.get(row.kind)?.eventsMax ?? 0;
		const most = mostAfter(row, eventsMax);
		const isBehind = this.#room.record.meta.head - through >= (most || eventsMax);
		const dueAt = isBehind ? 0 : now + RANGE_PAUSE_MS;
		const settled = { to: null, state: "idle", reason: "", aside: 0, wiped: [], erased: [] } as const;
		this.#put({ ...row, through, dueAt, most, ...settled });
	}

	/** Something was taken back: copies of it are not left to wait. */
	hurry(): void {
		for (const row of this.rows()) if (row.state === "idle" && row.dueAt > 0) this.#put({ ...row, dueAt: 0 });
	}

	/** A range was not taken. Gives the seq of the event that is set aside for it, or null. */
	fail(row: RangeRow, failed: Failed, now: number): number | null {
		this.#sendings.taken(row.kind);
		const after = afterFailure(row, failed, now);
		this.#put(after);
		return after.through > row.through ? after.through : null;
	}

	/** Tries a failed range again now; says whether it had failed. */
	replay(row: RangeRow, now: number): boolean {
		if (row.state === "stopped") {
			// What it held may be gone since: it is frozen anew.
			this.#put({ ...row, to: null, state: "idle", dueAt: 0, reason: "" });
			return true;
		}
		if (row.state !== "waiting" || row.reason === "") return false;
		this.#put({ ...row, dueAt: now });
		this.#sendings.add(row.kind);
		return true;
	}

	/** Gives up what lies before `seq`, which is no longer kept. Gives the kinds that lose something. */
	trimmedBefore(seq: number): string[] {
		const lost = [...this.rows()].filter(({ through }) => through < seq - 1);
		for (const row of lost) {
			const rest = withoutBefore(row, seq);
			if (rest.to === null) this.#sendings.drop(row.kind);
			this.#put(rest);
		}
		return lost.map(({ kind }) => kind);
	}

	/** The history begins anew: nothing of the old one is owed but the removal of its traces. */
	wipe(): void {
		const { epoch } = this.#room.record;
		// Also a kind that is not configured now: the seqs that it has seen are of a history that is gone.
		for (const row of [...this.#rows.values()]) {
			const wiped = this.#rules.get(row.kind)?.keepsCopy === true ? [...row.wiped, epoch] : [];
			this.#put({ ...row, ...IDLE, through: 0, wiped });
		}
		this.#countDueAt = null;
		this.#sendings.clear();
	}

	/**
	 * A member is erased: kinds that keep a copy of the history owe the same. The range in flight is given
	 * up and frozen anew, so that its outcome cannot count for what it did not know of.
	 */
	erase(member: string): void {
		for (const [name, rule] of this.#rules) {
			const row = this.#row(name);
			if (!rule.keepsCopy) continue;
			this.#sendings.drop(name);
			this.#put({ ...row, to: null, state: "idle", dueAt: 0, erased: [...new Set([...row.erased, member])] });
		}
	}

	sent(n: number, run: number, now: number): void {
		const row = this.inFlight(n);
		if (row === undefined || row.state !== "waiting" || row.run !== run) return;
		this.#sendings.taken(row.kind);
		this.#put({ ...row, state: "sent", dueAt: now + (this.#rules.get(row.kind)?.leaseMs ?? SEND_MS_MAX) });
	}

	unsent(n: number, now: number): void {
		const row = this.inFlight(n);
		if (row?.state === "waiting") this.#sendings.refused(row.kind, now);
	}

	/** Sends again what is unsent, or unsettled past its lease. */
	due({ now }: Turn): void {
		for (const name of this.#rules.keys()) {
			const row = this.#row(name);
			if (isAtRest(row) || row.dueAt > now) continue;
			if (row.state === "sent") this.#put({ ...row, state: "waiting", run: row.run + 1, dueAt: now, waitMs: 0 });
			this.#sendings.addIdle(name, now);
		}
	}

	setBack(now: number): boolean {
		this.#sendings.setBack(now);
		if (this.#countDueAt !== null) this.#countDueAt = Math.min(this.#countDueAt, now + DIRECTORY_LAG_MS);
		let isMended = false;
		for (const row of this.rows()) {
			const leaseMs = this.#rules.get(row.kind)?.leaseMs ?? SEND_MS_MAX;
			const mostMs = { idle: RANGE_PAUSE_MS, waiting: row.waitMs, sent: leaseMs, stopped: 0 }[row.state];
			if (row.dueAt <= now + mostMs) continue;
			this.#put({ ...row, dueAt: now + mostMs });
			isMended = true;
		}
		return isMended;
	}

	deadline(): number | null {
		let next: number | null = null;
		for (const [name, { listsRooms }] of this.#rules) {
			const row = this.#row(name);
			if (!isAtRest(row)) next = earlier(next, Math.max(row.dueAt, this.#sendings.until(name) ?? 0));
			else if (row.state === "idle" && this.#hasWork(row)) next = earlier(next, row.dueAt);
			else if (listsRooms && this.#countDueAt !== null) next = earlier(next, Math.max(row.dueAt, this.#countDueAt));
		}
		return next;
	}

	/** A kind that has never been here: from now on, or from the first event that is kept. */
	#begin(rule: RangeRule): RangeRow {
		const { kept, head } = this.#room.record.meta;
		const row: RangeRow = {
			kind: rule.name,
			through: rule.begins === "head" ? head : kept - 1,
			count: 0,
			wiped: [],
			erased: [],
			...IDLE,
		};
		this.#rows.set(rule.name, row);
		if (this.#room.record.isStored) this.#dirty.add(rule.name);
		return row;
	}

	#row(name: string): RangeRow {
		const row = this.#rows.get(name);
		if (row === undefined) throw new Error("A range kind without a row.");
		return row;
	}

	#hasWork(row: RangeRow): boolean {
		return this.#room.record.meta.head > row.through || row.wiped.length > 0 || row.erased.length > 0;
	}

	#put(row: RangeRow): void {
		this.#rows.set(row.kind, row);
		this.#dirty.add(row.kind);
	}

	/** How many of the events after `from` fit into one range. */
	#fitting(from: number, { most }: RangeRow, { eventsMax, bytesMax }: RangeRule): number {
		const sizes = this.#room.store.sizesAfter(from, most === 0 ? eventsMax : Math.min(most, eventsMax));
		let bytes = 0;
		const end = sizes.findIndex((event, index) => {
			// Each has a comma.
			bytes += event.bytes + 1;
			return index > 0 && bytes > bytesMax;
		});
		return end === -1 ? sizes.length : end;
	}
}

/** True where nothing is on its way, nor will be by itself. */
function isAtRest({ state }: RangeRow): boolean {
	return state === "idle" || state === "stopped";
}

/**
 * The row when nothing before `seq` is kept any more. Of the range in flight all may have been taken already: what is
 * left of it stays the same delivery. It is a higher run, since a failure of the longer one says nothing of this one.
 */
function withoutBefore(row: RangeRow, seq: number): RangeRow {
	const through = seq - 1;
	if (row.state === "stopped") return { ...row, through, to: null };
	if (row.to !== null && row.to >= seq) return { ...row, through, run: row.run + 1 };
	return { ...row, through, to: null, state: "idle", dueAt: 0, reason: "" };
}
