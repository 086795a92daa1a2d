/**
 * The room: what it decides, and nothing else. `turn` handles everything that has arrived since
 * the last one, commits once, and says what the platform shall do.
 *
 * Memory is only a cache of the store and the sessions' attachments: a room that sleeps, that is
 * rolled back or that crashed is woken from them, and nobody can see the difference (G7).
 *
 * Within a turn, the order that must hold:
 *   1. inputs, in the order in which they came; events get their places;
 *   2. each concern writes, in the order of their list (G1: the transaction commits before any effect);
 *   3. welcomes, replays and history pages are read, so they hold all that this turn added;
 *   4. deadlines become one alarm.
 */

import type { Decoded } from "../protocol/codec.ts";
import { CLOSE, closeCodeOfRefusedJoin } from "../protocol/codes.ts";
import { ALARM_RETRY_MS, MALFORMED_PER_MINUTE_MAX } from "../protocol/limits.ts";
import type { HistoryRequest } from "../protocol/messages.ts";
import type { Task } from "../protocol/outcome.ts";
import { earlier } from "./deadlines.ts";
import type { Door } from "./door.ts";
import type { Effects } from "./effects.ts";
import { regulate } from "./flow.ts";
import type { Page } from "./history.ts";
import { type Alarm, type Frame, type Input, idOf, type Join, type Wipe } from "./inputs.ts";
import type { JobsPage, JobsQuery } from "./job-list.ts";
import { keysOf } from "./keys.ts";
import { type MembersPage, type MembersQuery, membersPage } from "./member-list.ts";
import { furnish, type Parts, type World } from "./parts.ts";
import type { Attachment, Session } from "./session.ts";
import type { StateList } from "./state-list.ts";
import type { Meta, RoomStore } from "./store.ts";
import { Turn } from "./turn.ts";

export class Room {
	readonly #parts: Parts;

	private constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** The room as its store and its sessions' attachments hold it. Writes nothing. */
	static wake(store: RoomStore, attachments: readonly Attachment[], world: World): Room {
		return new Room(furnish(store, attachments, world));
	}

	get name(): string {
		return this.#parts.name;
	}

	/** Asked by the platform before it lets somebody do what it need not trouble a turn with. */
	get door(): Door {
		return this.#parts.door;
	}

	/** True where the room has something to do though nothing has arrived: members lost in a crash, replays cut off. */
	get isRestless(): boolean {
		return this.#parts.concerns.some(({ isRestless }) => isRestless === true);
	}

	/** The sessions whose sockets are full. */
	get paused(): ReadonlySet<string> {
		return this.#parts.sessions.paused;
	}

	/** Whose a session is, and the keyed hash of the address that a guest's comes from: null for everyone else. */
	ownerOf(session: string): Readonly<Pick<Session, "member" | "address">> | undefined {
		return this.#parts.sessions.get(session);
	}

	/** Under which host the server was reached, as the session knows it that has been here longest; null where nobody is. */
	get host(): string | null {
		for (const { host } of this.#parts.sessions.values()) return host;
		return null;
	}

	get meta(): Readonly<Meta> {
		return this.#parts.record.meta;
	}

	/** False for a room in which nothing has ever been stored; its epoch is not yet real. */
	get isStored(): boolean {
		return this.#parts.record.isStored;
	}

	/** True where somebody who is listed may be gone: a look would show it. */
	isStale(now: number): boolean {
		const graceEnd = this.#parts.roster.deadline();
		return this.#parts.sessions.mayBeDead(now) || (graceEnd !== null && graceEnd <= now);
	}

	/** How many members are here. */
	get count(): number {
		return this.#parts.roster.count;
	}

	/** The members that messages name, as JSON. */
	members(): string {
		return this.#parts.roster.list();
	}

	/** A page of all who are here. */
	membersPage(query: MembersQuery): MembersPage {
		return membersPage(this.#parts.roster, query);
	}

	/** A page of the history: before or after a seq, or the newest. */
	page(request: Pick<HistoryRequest, "before" | "after" | "limit">): Page {
		return this.#parts.history.page(request);
	}

	/** The state, as it is read over HTTP. */
	get state(): StateList {
		return this.#parts.stateList;
	}

	/** Counts the changes of the state. */
	get version(): number {
		return this.#parts.state.version;
	}

	/**
	 * Handles `inputs` at the time `now` (Unix ms), in one transaction. Where it throws, the store
	 * is as it was and this Room is not to be used again: wake another one.
	 */
	turn(inputs: readonly Input[], now: number): Effects {
		const { store, rules, sessions, publishing, outbox, setting, state } = this.#parts;
		const { moderation, emptiness, answering, clock, decisions, ruleDeadlines } = this.#parts;
		return store.transaction((): Effects => {
			clock.stand(now);
			const turn = this.#begin(now);
			const keys = keysOf(inputs, sessions, rules);
			publishing.begin(keys.publishes);
			outbox.begin(keys.asks);
			setting.begin(keys.sets);
			state.begin(keys.entries, [...new Set(keys.sets.map(({ member }) => member))]);
			// First: who is out is told of no sanction that has ended.
			sessions.expire(turn);
			moderation.expire(turn);
			state.expire(turn);
			decisions.begin();
			ruleDeadlines.come(turn);
			for (const input of inputs) this.#hear(input, turn);
			for (const concern of answering.flush) concern.flush(turn);
			if (sessions.size === 0) turn.shareNothing();
			const forget = turn.alarm !== null && emptiness.isOver(now);
			return turn.effects({ forget, alarmAt: forget ? null : this.deadline(now) });
		});
	}

	#begin(now: number): Turn {
		const { state, sessions } = this.#parts;
		const { behind, stateless } = sessions;
		return new Turn(now, { head: this.meta.head, version: state.version, behind, stateless });
	}

	/** What the sender of an input learns when the input made a turn throw: nothing of it was kept. */
	refuseInternal(input: Input, now: number): Effects {
		const turn = this.#begin(now);
		const code = "internal";
		const message = "The room failed at this and kept nothing of it; try again.";
		if ("reply" in input) turn.answer(input.reply, { outcome: "refused", refusal: { code, message } });
		if (input.type === "join") turn.close(input.session, CLOSE.restarting, "try again");
		if (input.type === "page") turn.refuse(input.session, { id: input.request.id, code, message });
		if (input.type === "frame") {
			for (const decoded of input.messages) turn.refuse(input.session, { id: idOf(decoded), code, message });
			const session = this.#parts.sessions.get(input.session);
			if (session !== undefined) this.#parts.sessions.heard(session, turn);
			if (session !== undefined) this.#parts.patience.wear(session, turn.refusals(session.id), turn);
			this.#parts.catchUp.chargePaused(turn);
		}
		const deadline = this.deadline(now);
		// What failed at its deadline is not tried again at once.
		const alarmAt = input.type === "alarm" ? Math.max(deadline ?? 0, now + ALARM_RETRY_MS) : deadline;
		return turn.effects({ forget: false, alarmAt });
	}

	/** When the room next needs an alarm, Unix ms; null where it needs none. */
	deadline(now: number): number | null {
		let next: number | null = null;
		for (const concern of this.#parts.answering.deadline) next = earlier(next, concern.deadline(now));
		return next === null ? null : Math.max(now, next);
	}

	/**
	 * What a turn has no room for, because its rules have decided on so much, comes with the next one. But whose socket is
	 * full is known before anything more is sent.
	 */
	#hear(input: Input, turn: Turn): void {
		const { decisions, comings } = this.#parts;
		if (decisions.isSpent && input.type !== "flow") return turn.later(input);
		this.#take(input, turn);
		comings.tell(turn);
	}

	#take(input: Input, turn: Turn): void {
		const { sessions, posts, settlement, dispatch, catchUp } = this.#parts;
		switch (input.type) {
			case "join":
				return this.#join(input, turn);
			case "frame":
				return this.#frame(input, turn);
			case "leave":
				return sessions.leave(input.session, turn.now);
			case "post":
				return posts.post(input, turn);
			case "put":
				return posts.put(input, turn);
			case "alarm":
				return this.#alarm(input, turn);
			case "look":
				sessions.sweep(input.pings, turn);
				return turn.answer(input.reply, { outcome: "done" });
			case "sent":
				return dispatch.sent(input, turn.now);
			case "settle":
				return settlement.settle(input, turn);
			case "replay":
				return turn.answer(input.reply, dispatch.replay(input.job, turn.now));
			case "wipe":
				return this.#wipe(input, turn);
			case "moderate":
				return posts.moderate(input, turn);
			case "flow":
				return regulate(input, sessions, turn);
			case "page":
				return catchUp.askAgain(input);
			case "owed":
				return catchUp.owe(input.session, input.after);
		}
	}

	#join(join: Join, turn: Turn): void {
		const refusal = this.door.refusesComer(join, turn.now);
		if (refusal === null) return this.#parts.sessions.join(join, turn);
		turn.refuse(join.session, refusal);
		turn.close(join.session, closeCodeOfRefusedJoin(refusal.code), refusal.code);
	}

	#frame(frame: Frame, turn: Turn): void {
		const { sessions, requests, patience, decisions } = this.#parts;
		const session = sessions.get(frame.session);
		if (session === undefined) return;
		sessions.heard(session, turn);
		session.isBehind = frame.isBehind === true;
		const before = turn.refusals(session.id);
		for (const [index, decoded] of frame.messages.entries()) {
			if (sessions.get(session.id) === undefined) return;
			if (decisions.isSpent) {
				turn.later({ ...frame, messages: frame.messages.slice(index) });
				break;
			}
			if ("message" in decoded) requests.handle(session, decoded.message, turn);
			else this.#refuse(session, decoded, turn);
		}
		if (sessions.get(session.id) !== undefined) patience.wear(session, turn.refusals(session.id) - before, turn);
	}

	#refuse(session: Session, { refusal }: Exclude<Decoded, { message: unknown }>, turn: Turn): void {
		turn.refuse(session.id, refusal);
		if (refusal.code !== "malformed") return;
		session.malformed.push(turn.now);
		if (session.malformed.length < MALFORMED_PER_MINUTE_MAX) return;
		const oldest = session.malformed.shift() ?? turn.now;
		if (turn.now - oldest > 60_000) return;
		this.#parts.sessions.close(session, CLOSE.violated, "Too many of your messages were malformed.", turn);
	}

	#alarm(alarm: Alarm, turn: Turn): void {
		turn.alarm = alarm;
		for (const concern of this.#parts.answering.due) concern.due(turn);
	}

	/** Everything that was said goes; who was here is told to stop, and the archive's copy is owed its removal. */
	#wipe({ epoch, reply }: Wipe, turn: Turn): void {
		turn.answer(reply, { outcome: "done" });
		if (!this.isStored && this.meta.head === 0 && this.meta.jobs === 0 && this.count === 0) return;
		if (this.isStored) this.#parts.store.wipe();
		for (const concern of this.#parts.concerns) concern.wipe?.(turn);
		this.#parts.record.renew(epoch);
	}

	// What the consumer of jobs and the operator read.

	task(epoch: string, job: string, run: number, now: number): Task | "gone" | null {
		return this.#parts.jobs.task({ epoch, job, run }, now);
	}

	/** A page of jobs; null where its cursor is none of this epoch. */
	jobs(query: JobsQuery): JobsPage | null {
		return this.#parts.jobs.list(query);
	}

	/** A job, encoded. */
	job(id: string): string | null {
		return this.#parts.jobs.view(id);
	}
}
