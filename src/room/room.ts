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
import {
	EMPTY_ROOM_MS,
	HISTORY_PER_SECOND,
	MALFORMED_PER_MINUTE_MAX,
	PAGE_EVENTS_DEFAULT,
	PRESENCE_BYTES_MAX,
	PRESENCE_PER_SECOND,
	SEEN_REFRESH_MS,
	SIGNAL_BYTES_MAX,
	SILENCE_MS_MAX,
	SWEEP_INTERVAL_MS_MIN,
} from "../protocol/limits.ts";
import type {
	Capability,
	ClientMessage,
	HistoryRequest,
	PresenceRequest,
	SignalRequest,
} from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes } from "../protocol/text.ts";
import { Buckets } from "./buckets.ts";
import type { Effects } from "./effects.ts";
import { History, type Page } from "./history.ts";
import type { Alarm, Frame, Input, Join, Post } from "./inputs.ts";
import { Roster } from "./presence.ts";
import { Publishing } from "./publish.ts";
import { Retention } from "./retention.ts";
import { type Attachment, attachmentOf, type Session, wakeSession } from "./session.ts";
import { encodeSignal } from "./signals.ts";
import type { Meta, PublishKey, RoomStore } from "./store.ts";
import { Turn } from "./turn.ts";
import { replayTo, welcomeTo } from "./welcome.ts";

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
	readonly #roster: Roster;
	readonly #retention: Retention;
	readonly #buckets = new Buckets();
	readonly #publishing: Publishing;
	readonly #sessions = new Map<string, Session>();
	/** Those that are not live. */
	readonly #behind = new Set<string>();
	#sweepAt: number | null = null;

	private constructor(store: RoomStore, attachments: readonly Attachment[], world: World) {
		this.name = world.room;
		this.#store = store;
		this.#settings = world.settings;
		this.#history = new History(store, world.epochIfNew);
		for (const attachment of attachments) {
			const session = wakeSession(attachment, world.now);
			this.#sessions.set(session.id, session);
			if (session.mode.kind !== "live") this.#behind.add(session.id);
		}
		this.#roster = new Roster(store.roster(), this.#sessions.values(), world.now);
		this.#retention = new Retention(world.settings);
		this.#publishing = new Publishing(this.#history, this.#buckets, world.settings);
	}

	/** The room as its store and its sessions' attachments hold it. Writes nothing. */
	static wake(store: RoomStore, attachments: readonly Attachment[], world: World): Room {
		return new Room(store, attachments, world);
	}

	/** True where the room has something to do though nothing has arrived: members lost in a crash, replays cut off. */
	get isRestless(): boolean {
		return this.#roster.isDirty || this.#behind.size > 0;
	}

	get meta(): Readonly<Meta> {
		return this.#history.meta;
	}

	/** False for a room in which nothing has ever been stored; its epoch is not yet real. */
	get isStored(): boolean {
		return this.#history.stored;
	}

	get count(): number {
		return this.#roster.count;
	}

	get sessionCount(): number {
		return this.#sessions.size;
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
			const turn = new Turn(now, this.#behind);
			this.#publishing.begin(publishKeys(inputs, this.#sessions), this.#store);
			for (const input of inputs) this.#take(input, turn);
			this.#roster.expire(now);
			this.#noteEmptiness(turn);
			const presence = this.#roster.flush(this.#store);
			const events = this.#history.flush();
			if (this.#sessions.size > 0) {
				for (const message of presence) turn.shared.push(message);
				for (const event of events) turn.shared.push(event.body);
				for (const signal of turn.signals.encoded()) turn.shared.push(signal);
			}
			this.#answerHistories(turn);
			this.#welcome(turn);
			turn.alarmAt = this.#nextDeadline(now);
			return turn;
		});
	}

	/** What the sender of an input learns when the input made a turn throw: nothing of it was kept. */
	refuseInternal(input: Input, now: number): Effects {
		const turn = new Turn(now, this.#behind);
		const refusal = {
			code: "internal",
			message: "The room failed at this and kept nothing of it; try again.",
		} as const;
		if (input.type === "post") turn.replies.set(input.reply, { outcome: "refused", refusal });
		if (input.type === "join")
			turn.closes.push({ session: input.session, code: CLOSE.restarting, reason: "try again" });
		if (input.type === "frame") {
			for (const decoded of input.messages) {
				const id = "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
				turn.refuse(input.session, { ...refusal, id });
			}
		}
		turn.alarmAt = this.#nextDeadline(now);
		return turn;
	}

	#take(input: Input, turn: Turn): void {
		switch (input.type) {
			case "join":
				return this.#join(input, turn);
			case "frame":
				return this.#frame(input, turn);
			case "leave":
				return this.#forgetSession(input.session, turn.now);
			case "post":
				return this.#post(input, turn);
			case "alarm":
				return this.#alarm(input, turn);
		}
	}

	#join(join: Join, turn: Turn): void {
		const { session: id, member, name } = join;
		this.#sessions.set(id, {
			id,
			member,
			name,
			can: new Set(join.can),
			mode: { kind: "replaying", cursor: 0 },
			seenAt: turn.now,
			seenSaved: turn.now,
			malformed: [],
		});
		this.#behind.add(id);
		turn.withheld.add(id);
		turn.joins.push(join);
		this.#roster.enter(member, name, id);
	}

	#forgetSession(id: string, at: number): void {
		const session = this.#sessions.get(id);
		if (session === undefined) return;
		this.#sessions.delete(id);
		this.#behind.delete(id);
		this.#roster.leave(session.member, id, at);
	}

	#frame(frame: Frame, turn: Turn): void {
		const session = this.#sessions.get(frame.session);
		if (session === undefined) return;
		session.seenAt = turn.now;
		if (turn.now - session.seenSaved >= SEEN_REFRESH_MS) turn.attachments.set(session.id, attachmentOf(session));
		for (const decoded of frame.messages) {
			if (!this.#sessions.has(session.id)) return;
			if ("message" in decoded) this.#message(session, decoded.message, turn);
			else this.#refused(session, decoded, turn);
		}
	}

	#refused(session: Session, decoded: Exclude<Decoded, { message: unknown }>, turn: Turn): void {
		turn.refuse(session.id, decoded.refusal);
		if (decoded.refusal.code !== "malformed") return;
		session.malformed.push(turn.now);
		if (session.malformed.length < MALFORMED_PER_MINUTE_MAX) return;
		const oldest = session.malformed.shift() ?? turn.now;
		if (turn.now - oldest > 60_000) return;
		turn.closes.push({ session: session.id, code: CLOSE.violated, reason: "too many malformed messages" });
		this.#forgetSession(session.id, turn.now);
	}

	#message(session: Session, message: ClientMessage, turn: Turn): void {
		switch (message.type) {
			case "publish": {
				const published = this.#publishing.publish(session, message, turn.now);
				if (published.outcome === "repeated")
					turn.tell(session.id, { type: "ack", id: message.id, seq: published.seq });
				if (published.outcome === "refused") turn.refuse(session.id, published.refusal);
				return;
			}
			case "signal":
				return this.#signal(session, message, turn);
			case "presence":
				return this.#presence(session, message, turn);
			case "history":
				if (this.#allowed(session, "read", HISTORY_PER_SECOND, message.id, turn)) {
					turn.histories.push({ session: session.id, request: message });
				}
				return;
			case "job":
				return turn.refuse(session.id, {
					id: message.id,
					code: "unknown_job",
					message: "This room has no job of that name that a member may ask for.",
				});
			case "moderate":
				return turn.refuse(session.id, {
					id: message.id,
					code: "forbidden",
					message: "You may not moderate this room.",
				});
			case "received":
				return;
		}
	}

	/** Capability first, then the member's bucket; tells the refusal. A rate of 0 is no limit. */
	#allowed(session: Session, capability: Capability, perSecond: number, id: string | undefined, turn: Turn): boolean {
		if (!session.can.has(capability)) {
			turn.refuse(session.id, {
				id,
				code: "forbidden",
				message: `You lack the capability \`${capability}\` in this room.`,
			});
			return false;
		}
		const retryAfterMs =
			perSecond === 0 ? 0 : this.#buckets.take(`${capability} ${session.member}`, perSecond, turn.now);
		if (retryAfterMs === 0) return true;
		turn.refuse(session.id, {
			id,
			code: "rate_limited",
			message: "Too many of these; wait a little and try again.",
			retryAfterMs,
		});
		return false;
	}

	#signal(session: Session, message: SignalRequest, turn: Turn): void {
		if (!this.#allowed(session, "signal", this.#settings.signalPerSecond, undefined, turn)) return;
		const dataJson = JSON.stringify(message.data);
		if (exceedsBytes(dataJson, SIGNAL_BYTES_MAX)) {
			return turn.refuse(session.id, {
				code: "too_large",
				message: `The data of a signal holds at most ${SIGNAL_BYTES_MAX} bytes of JSON.`,
			});
		}
		const signal = { from: session.member, session: session.id, name: message.name };
		if (message.to === undefined) return turn.signals.put(signal, dataJson);
		for (const to of this.#roster.sessionsOf(message.to)) turn.tellEncoded(to, [encodeSignal(signal, dataJson)]);
	}

	#presence(session: Session, message: PresenceRequest, turn: Turn): void {
		if (!this.#allowed(session, "presence", PRESENCE_PER_SECOND, undefined, turn)) return;
		const state = JSON.stringify(message.state);
		if (exceedsBytes(state, PRESENCE_BYTES_MAX)) {
			return turn.refuse(session.id, {
				code: "too_large",
				message: `A presence state holds at most ${PRESENCE_BYTES_MAX} bytes of JSON.`,
			});
		}
		this.#roster.setState(session.member, state);
	}

	#post(post: Post, turn: Turn): void {
		const author = { member: post.member, name: post.name, can: new Set(post.can) };
		const published = this.#publishing.publish(author, post.publish, turn.now);
		turn.replies.set(
			post.reply,
			published.outcome === "refused" ? published : { ...published, epoch: this.meta.epoch },
		);
	}

	#alarm(alarm: Alarm, turn: Turn): void {
		const { meta } = this.#history;
		if (meta.emptySince !== null && meta.emptySince + EMPTY_ROOM_MS <= turn.now && this.#isEmpty()) {
			turn.forget = true;
			return;
		}
		for (const session of [...this.#sessions.values()]) {
			session.seenAt = Math.max(session.seenAt, alarm.pings.get(session.id) ?? 0);
			if (turn.now - session.seenAt < SILENCE_MS_MAX) continue;
			turn.closes.push({ session: session.id, code: CLOSE.heartbeatLost, reason: "no heartbeat" });
			// It was gone when it was last heard: its grace is long over.
			this.#forgetSession(session.id, session.seenAt);
		}
		this.#sweepAt = null;
		this.#retention.trim(this.#history, this.#store, turn.now);
	}

	#isEmpty(): boolean {
		const { head, floor, oldestKey } = this.#history.meta;
		return this.#sessions.size === 0 && this.#roster.count === 0 && head < floor && oldestKey === null;
	}

	#noteEmptiness(turn: Turn): void {
		const { meta } = this.#history;
		if (!this.isStored) {
			// The first that is ever stored makes the epoch real.
			if (this.#roster.isDirty) this.#history.change({});
		} else if (this.#isEmpty()) {
			if (meta.emptySince === null) this.#history.change({ emptySince: turn.now });
		} else if (meta.emptySince !== null) {
			this.#history.change({ emptySince: null });
		}
	}

	#answerHistories(turn: Turn): void {
		const { floor, head } = this.#history.meta;
		for (const { session, request } of turn.histories) {
			const page = this.page(request);
			turn.tellEncoded(session, [
				`{"type":"history","id":${JSON.stringify(request.id)},"events":[${page.bodies.join(",")}],"floor":${floor},"head":${head},"more":${page.more}}`,
			]);
		}
	}

	/** Welcomes those who joined in this turn, and sends everyone who is behind the next page. */
	#welcome(turn: Turn): void {
		if (this.#behind.size === 0) return;
		const welcomes = new Map<string, string>();
		for (const join of turn.joins) {
			const session = this.#sessions.get(join.session);
			if (session === undefined) continue;
			welcomes.set(join.session, welcomeTo(session, join, this.name, this.#history, this.#roster, this.#settings));
		}
		const pages = new Map<number, Page>();
		for (const id of this.#behind) {
			const session = this.#sessions.get(id);
			if (session === undefined) continue;
			// A client may speak before it is welcomed, but what it hears begins with the welcome and what it missed.
			const answers = turn.private.get(id) ?? [];
			const welcome = welcomes.get(id);
			turn.private.set(id, welcome === undefined ? [] : [welcome]);
			replayTo(session, welcome === undefined, this.#history, this.#roster, pages, turn);
			turn.tellEncoded(id, answers);
			turn.attachments.set(id, attachmentOf(session));
			if (session.mode.kind === "live") this.#behind.delete(id);
			else turn.again = true;
		}
	}

	#nextDeadline(now: number): number | null {
		const { meta } = this.#history;
		const deadlines = [
			this.#roster.nextExpiry(),
			this.#nextSweep(now),
			this.#retention.nextTrim(this.#history, now),
			meta.emptySince === null ? null : meta.emptySince + EMPTY_ROOM_MS,
		].filter((deadline) => deadline !== null);
		return deadlines.length === 0 ? null : Math.min(...deadlines);
	}

	/** When a session could first be found dead; nobody needs to know while one member is alone. */
	#nextSweep(now: number): number | null {
		if (this.#roster.count < 2 || this.#sessions.size === 0) this.#sweepAt = null;
		else if (this.#sweepAt === null) {
			let seenAt = now;
			for (const session of this.#sessions.values()) seenAt = Math.min(seenAt, session.seenAt);
			this.#sweepAt = Math.max(now + SWEEP_INTERVAL_MS_MIN, seenAt + SILENCE_MS_MAX);
		}
		return this.#sweepAt;
	}
}

function publishKeys(inputs: readonly Input[], sessions: ReadonlyMap<string, Session>): PublishKey[] {
	const keys: PublishKey[] = [];
	const joining = new Map<string, string>();
	for (const input of inputs) {
		if (input.type === "join") joining.set(input.session, input.member);
		if (input.type === "post") keys.push({ member: input.member, id: input.publish.id });
		if (input.type !== "frame") continue;
		const member = sessions.get(input.session)?.member ?? joining.get(input.session);
		if (member === undefined) continue;
		for (const decoded of input.messages) {
			if ("message" in decoded && decoded.message.type === "publish") keys.push({ member, id: decoded.message.id });
		}
	}
	return keys;
}
