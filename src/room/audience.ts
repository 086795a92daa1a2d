/**
 * The sessions of a room: who is live, who is behind and being caught up, and who has fallen
 * silent. Those that are live cost nothing in a turn; only those behind are looked at.
 */
import { CLOSE } from "../protocol/codes.ts";
import { formatCursor } from "../protocol/ids.ts";
import {
	PAGE_EVENTS_DEFAULT,
	PAUSED_PRIVATE_BYTES_MAX,
	REPLAY_BYTES_PER_TURN_MAX,
	SILENCE_MS_MAX,
	SWEEP_INTERVAL_MS_MIN,
} from "../protocol/limits.ts";
import type { Settings } from "../protocol/settings.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { History, Page } from "./history.ts";
import type { Join } from "./inputs.ts";
import type { Outbox } from "./outbox.ts";
import type { Roster } from "./presence.ts";
import type { Sanctions } from "./sanctions.ts";
import { type Attachment, attachmentOf, type Mode, type Session, wakeSession } from "./session.ts";
import type { Turn } from "./turn.ts";
import { replayTo, welcomeTo } from "./welcome.ts";

export class Audience {
	readonly #sessions = new Map<string, Session>();
	/** Those that are not live. */
	readonly #behind = new Set<string>();
	readonly #paused = new Set<string>();
	#sweepAt: number | null = null;
	/** When the first token expires, Unix ms. */
	#expiryAt: number | null = null;
	readonly #memberSessionsMax: number;

	constructor(attachments: readonly Attachment[], sanctions: Sanctions, memberSessionsMax: number, now: number) {
		this.#memberSessionsMax = memberSessionsMax;
		for (const attachment of attachments) {
			const can = sanctions.effective(attachment.member, attachment.granted);
			const session = wakeSession(attachment, can, now);
			this.#sessions.set(session.id, session);
			this.setMode(session, session.mode);
			this.#noteExpiry(session.expiresAt);
		}
	}

	get size(): number {
		return this.#sessions.size;
	}

	get behind(): ReadonlySet<string> {
		return this.#behind;
	}

	get paused(): ReadonlySet<string> {
		return this.#paused;
	}

	setMode(session: Session, mode: Mode): void {
		session.mode = mode;
		if (mode.kind === "live") this.#behind.delete(session.id);
		else this.#behind.add(session.id);
		if (mode.kind === "paused") this.#paused.add(session.id);
		else this.#paused.delete(session.id);
	}

	get(id: string): Session | undefined {
		return this.#sessions.get(id);
	}

	values(): Iterable<Session> {
		return this.#sessions.values();
	}

	join(join: Join, roster: Roster, sanctions: Sanctions, turn: Turn): void {
		const { session: id, member, name, can, address = null, expiresAt = null } = join;
		this.#makeRoomFor(member, roster, turn);
		this.#sessions.set(id, {
			id,
			member,
			name,
			host: join.host ?? "",
			granted: can,
			can: sanctions.effective(member, can),
			address,
			expiresAt,
			mode: { kind: "replaying", cursor: 0 },
			seenAt: turn.now,
			seenSaved: turn.now,
			malformed: [],
		});
		this.#behind.add(id);
		turn.withheld.add(id);
		turn.joins.push(join);
		turn.joining.add(id);
		this.#noteExpiry(expiresAt);
		roster.enter(member, name, id, address);
	}

	/** Its socket is gone, or will be. Its member's grace begins at `at`, Unix ms. */
	leave(id: string, roster: Roster, at: number): void {
		const session = this.#sessions.get(id);
		if (session === undefined) return;
		this.#sessions.delete(id);
		this.#behind.delete(id);
		this.#paused.delete(id);
		roster.leave(session.member, id, at);
	}

	/** Closes sessions that were not heard for SILENCE_MS_MAX. `pings`: when the platform last heard each, Unix ms. */
	sweep(pings: ReadonlyMap<string, number>, roster: Roster, turn: Turn): void {
		for (const session of [...this.#sessions.values()]) {
			session.seenAt = Math.max(session.seenAt, pings.get(session.id) ?? 0);
			if (turn.now - session.seenAt < SILENCE_MS_MAX) continue;
			turn.closes.push({ session: session.id, code: CLOSE.heartbeatLost, reason: "no heartbeat" });
			// It was gone when it was last heard: its grace is long over.
			this.leave(session.id, roster, session.seenAt);
		}
		this.#sweepAt = null;
	}

	/** Closes a session from the room's side. */
	close(id: string, code: number, reason: string, roster: Roster, turn: Turn): void {
		turn.closes.push({ session: id, code, reason });
		this.leave(id, roster, turn.now);
	}

	/** Gives a member's sessions what its grants and sanctions leave it, and tells them where that changed. */
	regrant(member: string, sanctions: Sanctions, roster: Roster, turn: Turn): void {
		for (const id of roster.sessionsOf(member)) {
			const session = this.#sessions.get(id);
			if (session === undefined) continue;
			const can = sanctions.effective(member, session.granted);
			if (can.size === session.can.size) continue;
			session.can = can;
			turn.tell(id, { type: "access", can: [...can] });
		}
	}

	/** Closes the sessions whose token has expired: they may come back with a new one. */
	expire(roster: Roster, turn: Turn): void {
		if (this.#expiryAt === null || this.#expiryAt > turn.now) return;
		this.#expiryAt = null;
		for (const session of [...this.#sessions.values()]) {
			if (session.expiresAt === null) continue;
			if (session.expiresAt > turn.now) this.#noteExpiry(session.expiresAt);
			else this.close(session.id, CLOSE.tokenRefused, "the token has expired", roster, turn);
		}
	}

	/** When the first token expires, Unix ms. */
	get nextExpiry(): number | null {
		return this.#expiryAt;
	}

	#noteExpiry(at: number | null): void {
		if (at !== null && (this.#expiryAt === null || at < this.#expiryAt)) this.#expiryAt = at;
	}

	/** A member has a bounded number of sessions: one more replaces the one that was longest silent, as far as their attachments tell. */
	#makeRoomFor(member: string, roster: Roster, turn: Turn): void {
		const theirs = [...roster.sessionsOf(member)].flatMap((id) => this.#sessions.get(id) ?? []);
		if (theirs.length < this.#memberSessionsMax) return;
		const silent = theirs.reduce((a, b) => (b.seenSaved < a.seenSaved ? b : a));
		this.close(silent.id, CLOSE.replaced, "a newer session of yours took its place", roster, turn);
	}

	/** Closes everyone for good. */
	dismiss(code: number, reason: string, turn: Turn): void {
		for (const session of this.#sessions.keys()) turn.closes.push({ session, code, reason });
		// What else this turn brings is of a history that is not theirs, nor of those whom it has closed before.
		for (const { session } of turn.closes) turn.withheld.add(session);
		this.#sessions.clear();
		this.#behind.clear();
		this.#paused.clear();
	}

	/** When a session could first be found dead, Unix ms; nobody needs to know while one member is alone. */
	nextSweep(memberCount: number, now: number): number | null {
		if (memberCount < 2 || this.#sessions.size === 0) {
			this.#sweepAt = null;
		} else if (this.#sweepAt === null) {
			let seenAt = now;
			for (const session of this.#sessions.values()) seenAt = Math.min(seenAt, session.seenAt);
			this.#sweepAt = Math.max(now + SWEEP_INTERVAL_MS_MIN, seenAt + SILENCE_MS_MAX);
		}
		return this.#sweepAt;
	}

	/** Welcomes those who joined in this turn, and sends everyone who is behind the next page. */
	catchUp(room: string, history: History, roster: Roster, outbox: Outbox, settings: Settings, turn: Turn): void {
		if (this.#behind.size === 0) return;
		const welcomes = new Map<string, string>();
		for (const join of turn.joins) {
			const session = this.#sessions.get(join.session);
			if (session === undefined) continue;
			welcomes.set(join.session, welcomeTo(session, join, room, history, roster, settings));
		}
		this.holdBack(roster, turn);
		const pages = new Map<number, Page>();
		let bytesLeft = REPLAY_BYTES_PER_TURN_MAX;
		for (const id of [...this.#behind]) {
			const session = this.#sessions.get(id);
			if (session === undefined || session.mode.kind === "paused") continue;
			// Where many catch up at once, those who came first do so first; a welcome waits for nobody.
			if (bytesLeft <= 0 && !welcomes.has(id)) {
				turn.again = true;
				continue;
			}
			// A client may speak before it is welcomed, but what it hears begins with the welcome and what it missed.
			const answers = turn.private.get(id) ?? [];
			const welcome = welcomes.get(id) ?? this.#resetIfOvertaken(session, room, history, roster, settings);
			turn.private.set(id, welcome === undefined ? [] : [welcome]);
			if (bytesLeft > 0) replayTo(session, !welcomes.has(id), history, roster, pages, turn);
			for (const message of turn.private.get(id) ?? []) bytesLeft -= message.length;
			turn.tellEncoded(id, answers);
			// Outcomes that came while the member was away.
			if (welcomes.has(id)) for (const notice of outbox.owedTo(session.member)) turn.tell(id, notice);
			turn.attachments.set(id, attachmentOf(session));
			this.setMode(session, session.mode);
			if (session.mode.kind !== "live") turn.again = true;
		}
	}

	/** A new welcome, as a reset, for one whose cursor the floor has passed: what it missed is no longer kept (G4). */
	#resetIfOvertaken(
		session: Session,
		room: string,
		history: History,
		roster: Roster,
		settings: Settings,
	): string | undefined {
		const { epoch, floor } = history.meta;
		if (session.mode.kind !== "replaying" || session.mode.cursor >= floor - 1) return undefined;
		const since = formatCursor({ epoch, seq: session.mode.cursor });
		return welcomeTo(session, { since, history: PAGE_EVENTS_DEFAULT, resume: null }, room, history, roster, settings);
	}

	/** Counts what paused sessions are told in private, also of a turn that failed; more than a little is more than they take. */
	holdBack(roster: Roster, turn: Turn): void {
		for (const id of [...this.#paused]) {
			const session = this.#sessions.get(id);
			const told = turn.private.get(id);
			if (told === undefined || session?.mode.kind !== "paused") continue;
			session.mode.told += told.reduce((bytes, message) => bytes + utf8Bytes(message), 0);
			turn.attachments.set(id, attachmentOf(session));
			if (session.mode.told <= PAUSED_PRIVATE_BYTES_MAX) continue;
			turn.private.delete(id);
			this.close(id, CLOSE.tooSlow, "too slow", roster, turn);
			// The roster of this turn is written already: when its member's grace begins, the next turn writes.
			turn.again = true;
		}
	}
}
