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
import { CLOSE } from "../protocol/codes.ts";
import { EMPTY_ROOM_MS, MALFORMED_PER_MINUTE_MAX, PAGE_EVENTS_DEFAULT, SEEN_REFRESH_MS } from "../protocol/limits.ts";
import type { HistoryRequest } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { Audience } from "./audience.ts";
import { Buckets } from "./buckets.ts";
import type { Effects } from "./effects.ts";
import { History, type Page } from "./history.ts";
import type { Alarm, Frame, Input, Post } from "./inputs.ts";
import { Roster } from "./presence.ts";
import { Publishing } from "./publish.ts";
import { Requests } from "./requests.ts";
import { Retention } from "./retention.ts";
import { type Attachment, attachmentOf, type Session } from "./session.ts";
import type { Meta, PublishKey, RoomStore } from "./store.ts";
import { Turn } from "./turn.ts";

/** What a room is told of the world when it wakes. */
export interface World {
	room: string;
	settings: Settings;
	/** Unix ms. */
	now: number;
	/** A random epoch, for a room in which nothing is stored yet. */
	epochIfNew: string;
}

export class Room {
	readonly name: string;
	readonly #store: RoomStore;
	readonly #settings: Settings;
	readonly #history: History;
	readonly #audience: Audience;
	readonly #roster: Roster;
	readonly #retention: Retention;
	readonly #publishing: Publishing;
	readonly #requests: Requests;

	private constructor(store: RoomStore, attachments: readonly Attachment[], world: World) {
		const { room, settings, now, epochIfNew } = world;
		const buckets = new Buckets();
		this.name = room;
		this.#store = store;
		this.#settings = settings;
		this.#history = new History(store, epochIfNew);
		this.#audience = new Audience(attachments, now);
		this.#roster = new Roster(store.roster(), this.#audience.values(), now);
		this.#retention = new Retention(settings);
		this.#publishing = new Publishing(this.#history, buckets, settings);
		this.#requests = new Requests(this.#roster, this.#publishing, buckets, settings);
	}

	/** The room as its store and its sessions' attachments hold it. Writes nothing. */
	static wake(store: RoomStore, attachments: readonly Attachment[], world: World): Room {
		return new Room(store, attachments, world);
	}

	/** True where the room has something to do though nothing has arrived: members lost in a crash, replays cut off. */
	get isRestless(): boolean {
		return this.#roster.isDirty || this.#audience.behind.size > 0;
	}

	get meta(): Readonly<Meta> {
		return this.#history.meta;
	}

	/** False for a room in which nothing has ever been stored; its epoch is not yet real. */
	get isStored(): boolean {
		return this.#history.stored;
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
			const turn = new Turn(now, this.#audience.behind);
			this.#publishing.begin(publishKeys(inputs, this.#audience), this.#store);
			for (const input of inputs) this.#take(input, turn);
			this.#roster.expire(now);
			this.#noteEmptiness(now);
			const presence = this.#roster.flush(this.#store);
			const events = this.#history.flush();
			if (this.#audience.size > 0) {
				for (const message of presence) turn.shared.push(message);
				for (const event of events) turn.shared.push(event.body);
				for (const signal of turn.signals.encoded()) turn.shared.push(signal);
			}
			this.#answerHistories(turn);
			this.#audience.catchUp(this.name, this.#history, this.#roster, this.#settings, turn);
			turn.alarmAt = this.#nextDeadline(now);
			return turn;
		});
	}

	/** What the sender of an input learns when the input made a turn throw: nothing of it was kept. */
	refuseInternal(input: Input, now: number): Effects {
		const turn = new Turn(now, this.#audience.behind);
		const code = "internal";
		const message = "The room failed at this and kept nothing of it; try again.";
		if (input.type === "post") turn.replies.set(input.reply, { outcome: "refused", refusal: { code, message } });
		if (input.type === "join") {
			turn.closes.push({ session: input.session, code: CLOSE.restarting, reason: "try again" });
		}
		if (input.type === "frame") {
			for (const decoded of input.messages) turn.refuse(input.session, { id: idOf(decoded), code, message });
		}
		turn.alarmAt = this.#nextDeadline(now);
		return turn;
	}

	#take(input: Input, turn: Turn): void {
		switch (input.type) {
			case "join":
				return this.#audience.join(input, this.#roster, turn);
			case "frame":
				return this.#frame(input, turn);
			case "leave":
				return this.#audience.leave(input.session, this.#roster, turn.now);
			case "post":
				return this.#post(input, turn);
			case "alarm":
				return this.#alarm(input, turn);
		}
	}

	#frame(frame: Frame, turn: Turn): void {
		const session = this.#audience.get(frame.session);
		if (session === undefined) return;
		session.seenAt = turn.now;
		if (turn.now - session.seenSaved >= SEEN_REFRESH_MS) turn.attachments.set(session.id, attachmentOf(session));
		for (const decoded of frame.messages) {
			if (this.#audience.get(session.id) === undefined) return;
			if ("message" in decoded) this.#requests.handle(session, decoded.message, turn);
			else this.#refuse(session, decoded, turn);
		}
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
		const author = { member: post.member, name: post.name, can: new Set(post.can) };
		const published = this.#publishing.publish(author, post.publish, turn.now);
		const { epoch } = this.meta;
		turn.replies.set(post.reply, published.outcome === "refused" ? published : { ...published, epoch });
	}

	#alarm(alarm: Alarm, turn: Turn): void {
		const { emptySince } = this.meta;
		if (emptySince !== null && emptySince + EMPTY_ROOM_MS <= turn.now && this.#isEmpty()) {
			turn.forget = true;
			return;
		}
		this.#audience.sweep(alarm.pings, this.#roster, turn);
		this.#retention.trim(this.#history, this.#store, turn.now);
	}

	#isEmpty(): boolean {
		const { head, floor, oldestKey } = this.meta;
		return this.#audience.size === 0 && this.#roster.count === 0 && head < floor && oldestKey === null;
	}

	#noteEmptiness(now: number): void {
		const { emptySince } = this.meta;
		if (!this.isStored) {
			// The first that is ever stored makes the epoch real.
			if (this.#roster.isDirty) this.#history.change({});
		} else if (this.#isEmpty()) {
			if (emptySince === null) this.#history.change({ emptySince: now });
		} else if (emptySince !== null) {
			this.#history.change({ emptySince: null });
		}
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
		const { emptySince } = this.meta;
		const deadlines = [
			this.#roster.nextExpiry(),
			this.#audience.nextSweep(this.#roster.count, now),
			this.#retention.nextTrim(this.#history, now),
			emptySince === null ? null : emptySince + EMPTY_ROOM_MS,
		].filter((deadline) => deadline !== null);
		return deadlines.length === 0 ? null : Math.min(...deadlines);
	}
}

function idOf(decoded: Decoded): string | undefined {
	return "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
}

/** The idempotency keys of a turn's publishes, by member: one who joins in this very turn may have published before. */
function publishKeys(inputs: readonly Input[], audience: Audience): PublishKey[] {
	const keys: PublishKey[] = [];
	const joining = new Map<string, string>();
	for (const input of inputs) {
		if (input.type === "join") joining.set(input.session, input.member);
		if (input.type === "post") keys.push({ member: input.member, id: input.publish.id });
		if (input.type !== "frame") continue;
		const member = audience.get(input.session)?.member ?? joining.get(input.session);
		if (member === undefined) continue;
		for (const decoded of input.messages) {
			if ("message" in decoded && decoded.message.type === "publish") keys.push({ member, id: decoded.message.id });
		}
	}
	return keys;
}
