/**
 * The room: what it decides, and nothing else. `turn` handles everything that has arrived since
 * the last one, commits once, and says what the platform shall do.
 *
 * Memory is only a cache of the store and the sessions' attachments: a room that sleeps, that is
 * rolled back or that crashed is woken from them, and nobody can tell the difference (G7).
 *
 * Within a turn, the order that must hold:
 *   1. inputs, in the order in which they came; events get their places;
 *   2. presence and events are written (G1: the transaction commits before any effect);
 *   3. welcomes, replays and history pages are read, so they hold all that this turn added;
 *   4. deadlines become one alarm.
 */

import type { Decoded } from "../protocol/codec.ts";
import { CLOSE, closeCodeOfRefusedJoin, type Refusal } from "../protocol/codes.ts";
import { ALARM_RETRY_MS, MALFORMED_PER_MINUTE_MAX, PAGE_EVENTS_DEFAULT, SEEN_REFRESH_MS } from "../protocol/limits.ts";
import type { HistoryRequest } from "../protocol/messages.ts";
import type { Task } from "../protocol/outcome.ts";
import { NO_RULES, type Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { Audience } from "./audience.ts";
import { Buckets } from "./buckets.ts";
import { Door } from "./door.ts";
import type { Effects, Reply } from "./effects.ts";
import { Emptiness } from "./emptiness.ts";
import { steer } from "./flow.ts";
import { History, type Page } from "./history.ts";
import type { Alarm, Frame, Input, Join, Moderate, Post, Wipe } from "./inputs.ts";
import { JobDesk } from "./job-desk.ts";
import type { JobView } from "./job-view.ts";
import type { JobState } from "./jobs.ts";
import { keysOf } from "./keys.ts";
import { Moderation } from "./moderation.ts";
import { Outbox } from "./outbox.ts";
import { Roster } from "./presence.ts";
import { type Published, Publishing } from "./publish.ts";
import { Ranges } from "./ranges.ts";
import { Requests } from "./requests.ts";
import { Retention } from "./retention.ts";
import { Sanctions } from "./sanctions.ts";
import { type Attachment, attachmentOf, type Session } from "./session.ts";
import { Settlement } from "./settlement.ts";
import type { Meta, RoomStore } from "./store.ts";
import { Turn } from "./turn.ts";

/** What a room is told of the world when it wakes. */
export interface World {
	room: string;
	settings: Settings;
	/** Unix ms. */
	now: number;
	/** A random epoch, for a room in which nothing is stored yet. */
	epochIfNew: string;
	/** A random key, for the same. */
	saltIfNew?: string;
	rules?: Rules;
}

export class Room {
	readonly name: string;
	/** Asked by the platform before it lets somebody do what it need not trouble a turn with. */
	readonly door: Door;
	readonly #store: RoomStore;
	readonly #settings: Settings;
	readonly #rules: Rules;
	readonly #history: History;
	readonly #audience: Audience;
	readonly #sanctions: Sanctions;
	readonly #moderation: Moderation;
	readonly #roster: Roster;
	readonly #retention: Retention;
	readonly #outbox: Outbox;
	readonly #ranges: Ranges;
	readonly #publishing: Publishing;
	readonly #requests: Requests;
	readonly #emptiness: Emptiness;
	readonly #settlement: Settlement;
	readonly #desk: JobDesk;

	private constructor(store: RoomStore, attachments: readonly Attachment[], world: World) {
		const { room, settings, now, epochIfNew, saltIfNew = "", rules = NO_RULES } = world;
		const buckets = new Buckets();
		this.name = room;
		this.#store = store;
		this.#settings = settings;
		this.#rules = rules;
		this.#history = new History(store, epochIfNew, saltIfNew);
		this.#sanctions = new Sanctions(store);
		this.#audience = new Audience(attachments, this.#sanctions, settings.memberSessionsMax, now);
		this.#roster = new Roster(store.roster(), this.#audience.values(), now);
		this.#retention = new Retention(settings);
		const history = this.#history;
		const roster = this.#roster;
		this.#outbox = new Outbox(store, history, rules, settings.jobsPendingPerMemberMax);
		this.#ranges = new Ranges(store, history, rules.ranges);
		this.#publishing = new Publishing(history, this.#outbox, rules, buckets, settings);
		const audience = this.#audience;
		this.#moderation = new Moderation(store, history, audience, roster, this.#ranges, this.#outbox, this.#sanctions);
		const epoch = (): string => history.meta.epoch;
		this.#requests = new Requests(
			roster,
			this.#publishing,
			this.#outbox,
			this.#moderation,
			rules,
			buckets,
			settings,
			epoch,
		);
		this.door = new Door(history, roster, this.#sanctions, buckets);
		this.#emptiness = new Emptiness(history, audience, roster, this.#outbox, this.#ranges, this.#sanctions);
		this.#settlement = new Settlement(history, this.#outbox, this.#ranges, this.#publishing, roster, rules);
		this.#desk = new JobDesk(store, history, this.#outbox, this.#ranges, rules);
	}

	/** The room as its store and its sessions' attachments hold it. Writes nothing. */
	static wake(store: RoomStore, attachments: readonly Attachment[], world: World): Room {
		return new Room(store, attachments, world);
	}

	/** True where the room has something to do though nothing has arrived: members lost in a crash, replays cut off. */
	get isRestless(): boolean {
		return this.#roster.isDirty || this.#audience.behind.size > 0 || this.#outbox.isRestless || this.#ranges.isRestless;
	}

	/** The sessions whose sockets are full. */
	get paused(): ReadonlySet<string> {
		return this.#audience.paused;
	}

	get meta(): Readonly<Meta> {
		return this.#history.meta;
	}

	/** False for a room in which nothing has ever been stored; its epoch is not yet real. */
	get isStored(): boolean {
		return this.#history.isStored;
	}

	/** How many members are here. */
	get count(): number {
		return this.#roster.count;
	}

	/** The members that messages name, as JSON. */
	members(): string {
		return this.#roster.list();
	}

	/** A page of the history: before or after a seq, or the newest. */
	page(request: Pick<HistoryRequest, "before" | "after" | "limit">): Page {
		const limit = request.limit ?? PAGE_EVENTS_DEFAULT;
		if (request.after !== undefined) return this.#history.after(request.after, limit);
		return this.#history.before(request.before ?? this.meta.head + 1, limit);
	}

	/**
	 * Handles `inputs` at the time `now` (Unix ms), in one transaction. Where it throws, the store
	 * is as it was and this Room is not to be used again: wake another one.
	 */
	turn(inputs: readonly Input[], now: number): Effects {
		return this.#store.transaction((): Effects => {
			const turn = new Turn(now, this.meta.head, this.#audience.behind, this.#audience.paused);
			const { publishes, asks } = keysOf(inputs, this.#audience, this.#rules);
			this.#publishing.begin(publishes, this.#store);
			this.#outbox.begin(asks);
			this.#moderation.expire(turn);
			for (const input of inputs) this.#take(input, turn);
			this.#roster.expire(now);
			this.#emptiness.note(now);
			const presence = this.#roster.flush(this.#store);
			const events = this.#history.flushEvents();
			this.#ranges.freeze(
				this.#roster.count,
				inputs.some(({ type }) => type === "alarm"),
				now,
			);
			turn.jobs.push(...this.#outbox.takeDue(now), ...this.#ranges.takeDue(now));
			this.#outbox.flush();
			this.#ranges.flush();
			this.#history.flushMeta();
			if (this.#audience.size > 0) {
				for (const message of presence) turn.shared.push(message);
				for (const event of events) turn.shared.push(event.body);
				for (const signal of turn.signals.encoded()) turn.shared.push(signal);
			}
			this.#answerHistories(turn);
			this.#audience.catchUp(this.name, this.#history, this.#roster, this.#outbox, this.#settings, turn);
			turn.forget = inputs.some(({ type }) => type === "alarm") && this.#emptiness.isOver(now);
			turn.alarmAt = turn.forget ? null : this.#nextDeadline(now);
			return turn;
		});
	}

	/** What the sender of an input learns when the input made a turn throw: nothing of it was kept. */
	refuseInternal(input: Input, now: number): Effects {
		const turn = new Turn(now, this.meta.head, this.#audience.behind, this.#audience.paused);
		const code = "internal";
		const message = "The room failed at this and kept nothing of it; try again.";
		if ("reply" in input && input.reply !== null)
			turn.replies.set(input.reply, { outcome: "refused", refusal: { code, message } });
		if (input.type === "join") {
			turn.closes.push({ session: input.session, code: CLOSE.restarting, reason: "try again" });
		}
		if (input.type === "frame") {
			for (const decoded of input.messages) turn.refuse(input.session, { id: idOf(decoded), code, message });
			const session = this.#audience.get(input.session);
			if (session !== undefined) this.#noteLife(session, turn);
			this.#audience.holdBack(this.#roster, turn);
		}
		const deadline = this.#nextDeadline(now);
		// What failed at its deadline is not tried again at once.
		turn.alarmAt = input.type === "alarm" ? Math.max(deadline ?? 0, now + ALARM_RETRY_MS) : deadline;
		return turn;
	}

	#take(input: Input, turn: Turn): void {
		switch (input.type) {
			case "join":
				return this.#join(input, turn);
			case "frame":
				return this.#frame(input, turn);
			case "leave":
				return this.#audience.leave(input.session, this.#roster, turn.now);
			case "post":
				return this.#post(input, turn);
			case "alarm":
				return this.#alarm(input, turn);
			case "sent":
				return this.#desk.sent(input, turn.now);
			case "settle":
				this.#settlement.settle(input, turn);
				if (input.reply !== null) turn.replies.set(input.reply, { outcome: "done" });
				return;
			case "replay":
				turn.replies.set(input.reply, this.#desk.replay(input.job, turn.now));
				return;
			case "wipe":
				return this.#wipe(input, turn);
			case "moderate":
				return this.#moderate(input, turn);
			case "flow":
				return steer(input, this.#audience, this.#roster, turn);
		}
	}

	/** When the room next needs an alarm, Unix ms; null where it needs none. Asked once after a wake. */
	deadline(now: number): number | null {
		return this.#nextDeadline(now);
	}

	#join(join: Join, turn: Turn): void {
		const refusal = this.door.refusesJoin(join, turn.now);
		if (refusal === null) return this.#audience.join(join, this.#roster, this.#sanctions, turn);
		turn.refuse(join.session, refusal);
		const code = closeCodeOfRefusedJoin(refusal.code);
		turn.closes.push({ session: join.session, code, reason: refusal.code });
	}

	#moderate({ action, by, after, reply }: Moderate, turn: Turn): void {
		const refuse = (refusal: Refusal): void => void turn.replies.set(reply, { outcome: "refused", refusal });
		const refusedAtDoor = this.door.refusesModerator(by, turn.now);
		if (refusedAtDoor !== null) return refuse(refusedAtDoor);
		if (action.action === "erase") {
			const next = this.#moderation.erase(action.member, after, by.member, turn);
			turn.replies.set(reply, next === null ? { outcome: "done" } : { outcome: "more", after: next });
			return;
		}
		const refusal = this.#moderation.moderate(action, by.member, turn);
		if (refusal !== null) return refuse(refusal);
		turn.replies.set(reply, { outcome: "done" });
	}

	#frame(frame: Frame, turn: Turn): void {
		this.#audience.expire(this.#roster, turn);
		const session = this.#audience.get(frame.session);
		if (session === undefined) return;
		this.#noteLife(session, turn);
		for (const decoded of frame.messages) {
			if (this.#audience.get(session.id) === undefined) return;
			if ("message" in decoded) this.#requests.handle(session, decoded.message, turn);
			else this.#refuse(session, decoded, turn);
		}
	}

	/** A message is a sign of life, whatever came of it. */
	#noteLife(session: Session, turn: Turn): void {
		session.seenAt = turn.now;
		if (turn.now - session.seenSaved >= SEEN_REFRESH_MS) turn.attachments.set(session.id, attachmentOf(session));
	}

	#refuse(session: Session, { refusal }: Exclude<Decoded, { message: unknown }>, turn: Turn): void {
		turn.refuse(session.id, refusal);
		if (refusal.code !== "malformed") return;
		session.malformed.push(turn.now);
		if (session.malformed.length < MALFORMED_PER_MINUTE_MAX) return;
		const oldest = session.malformed.shift() ?? turn.now;
		if (turn.now - oldest > 60_000) return;
		turn.closes.push({ session: session.id, code: CLOSE.violated, reason: "too many malformed messages" });
		this.#audience.leave(session.id, this.#roster, turn.now);
	}

	#post(post: Post, turn: Turn): void {
		const { member, name, address = null } = post;
		const refusal = this.door.refusesPost(post, turn.now);
		if (refusal !== null) {
			turn.replies.set(post.reply, { outcome: "refused", refusal });
			return;
		}
		const author = { member, name, can: this.#sanctions.effective(member, post.can), address };
		const published = this.#publishing.publish(author, post.publish, turn.now);
		turn.replies.set(post.reply, this.#replyTo(published));
	}

	#replyTo(published: Published): Reply {
		const { epoch } = this.meta;
		if (published.outcome === "held") return { outcome: "held", job: this.#publishing.jobOf(published.job) };
		return published.outcome === "refused" ? published : { ...published, epoch };
	}

	#alarm(alarm: Alarm, turn: Turn): void {
		this.#audience.expire(this.#roster, turn);
		this.#audience.sweep(alarm.pings, this.#roster, turn);
		for (const head of this.#outbox.expire(turn.now)) this.#settlement.lapse(head, turn);
		this.#ranges.expire(turn.now);
		const lostBefore = this.#retention.trim(this.#history, this.#store, this.#ranges.neededFrom, turn.now);
		if (lostBefore === null) return;
		for (const kind of this.#ranges.trimmedBefore(lostBefore)) this.#desk.lost(kind, lostBefore, turn.now);
	}

	/** Everything that was said goes; who was here is told to stop, and the archive's copy is owed its removal. */
	#wipe({ epoch, reply }: Wipe, turn: Turn): void {
		turn.replies.set(reply, { outcome: "done" });
		if (!this.isStored && this.meta.head === 0 && this.meta.jobs === 0 && this.count === 0) return;
		this.#audience.dismiss(CLOSE.wiped, "the room was wiped", turn);
		if (this.isStored) this.#store.wipe();
		this.#publishing.forget();
		this.#ranges.wipe(this.meta.epoch);
		this.#outbox.clear();
		this.#roster.clear();
		this.#history.wipe(epoch);
	}

	#answerHistories(turn: Turn): void {
		const { floor, head } = this.meta;
		for (const { session, request } of turn.histories) {
			const { bodies, more } = this.page(request);
			turn.tellEncoded(session, [
				`{"type":"history","id":${JSON.stringify(request.id)},"events":[${bodies.join(",")}],"floor":${floor},"head":${head},"more":${more}}`,
			]);
		}
	}

	#nextDeadline(now: number): number | null {
		const deadlines = [
			this.#roster.nextExpiry(),
			this.#audience.nextSweep(this.#roster.count, now),
			this.#retention.nextTrim(this.#history, this.#ranges.neededFrom, now),
			this.#audience.nextExpiry,
			this.#sanctions.nextDeadline(),
			this.#outbox.nextDeadline(),
			this.#ranges.nextDeadline(),
			this.#emptiness.deadline,
		].filter((deadline) => deadline !== null);
		return deadlines.length === 0 ? null : Math.max(now, Math.min(...deadlines));
	}

	// What the consumer of jobs and the operator read.

	task(epoch: string, job: string, run: number, now: number): Task | "moot" | null {
		return this.#desk.task(epoch, job, run, now, this.count);
	}

	jobs(state: JobState | null, limit: number): JobView[] {
		return this.#desk.list(state, limit);
	}

	job(id: string): JobView | null {
		return this.#desk.view(id);
	}
}

function idOf(decoded: Decoded): string | undefined {
	return "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
}
