/**
 * The sessions of a room: who is live, who is behind, and who has fallen silent. Those that are live
 * cost nothing in a turn; only those behind are looked at.
 */
import { CLOSE } from "../protocol/codes.ts";
import { OPERATOR } from "../protocol/ids.ts";
import { ALONE_SWEEP_INTERVAL_MS, SEEN_REFRESH_MS, SILENCE_MS_MAX, SWEEP_INTERVAL_MS_MIN } from "../protocol/limits.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import type { Join } from "./inputs.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Sanctions } from "./sanctions.ts";
import { type Attachment, type Mode, type Session, seen, wakeSession } from "./session.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	record: RoomRecord;
	roster: Roster;
	sanctions: Sanctions;
	memberSessionsMax: number;
}

/** The platform notes heartbeats by the same clock, which may have gone on since the turn began; later than that they were noted before it was set back. */
const PING_AHEAD_MS_MAX = 1_000;

interface Sweep {
	/** Unix ms. */
	at: number;
	/** True where it was chosen for one who was alone. */
	isAlone: boolean;
}

export class Sessions implements Concern {
	readonly #room: Needs;
	readonly #sessions = new Map<string, Session>();
	/** Those that are not live. */
	readonly #behind = new Set<string>();
	readonly #paused = new Set<string>();
	/** Those that want no entries. */
	readonly #stateless = new Set<string>();
	/** Those of operators, who follow a room and are not in it: nobody is told of them. */
	readonly #operators = new Set<string>();
	/** When the next session could be found dead; null where that is not known yet. */
	#next: Sweep | null = null;
	/** Until the first sweep after it what is known of pings is old: the alarm that stands is of before. Unix ms. */
	#wokenAt: number;
	/** When the clock was last set back as far as that is known, Unix ms: what was noted later than it shows was noted by then. */
	#backAt: number;
	/** True where heartbeats may have been noted by a clock that was ahead: the next sweep tells them from those to come. */
	#looksSoon = false;
	/** When the first token expires, Unix ms. */
	#expiryAt: number | null = null;
	/** Those whose attachments hold a time that cannot have been yet. */
	#ahead = new Set<Session>();

	constructor(attachments: readonly Attachment[], now: number, needs: Needs) {
		this.#room = needs;
		this.#wokenAt = this.#backAt = now;
		for (const attachment of attachments) {
			const can = needs.sanctions.effective(attachment.member, attachment.granted);
			this.#add(wakeSession(attachment, can, now));
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

	get stateless(): ReadonlySet<string> {
		return this.#stateless;
	}

	get isRestless(): boolean {
		return this.#behind.size > 0;
	}

	get isEmpty(): boolean {
		return this.#sessions.size === 0;
	}

	/** The one place where a session's mode changes. Who has had its turn at catching up comes after all others. */
	setMode(session: Session, mode: Mode): void {
		session.mode = mode;
		this.#behind.delete(session.id);
		if (mode.kind !== "live") this.#behind.add(session.id);
		if (mode.kind === "paused") this.#paused.add(session.id);
		else this.#paused.delete(session.id);
	}

	get(id: string): Session | undefined {
		return this.#sessions.get(id);
	}

	values(): Iterable<Session> {
		return this.#sessions.values();
	}

	of(member: string): Session[] {
		const ids = member === OPERATOR ? this.#operators : this.#room.roster.sessionsOf(member);
		return [...ids].flatMap((id) => this.#sessions.get(id) ?? []);
	}

	join(join: Join, turn: Turn): void {
		const { session: id, member, name, can, address = null, expiresAt = null } = join;
		this.#makeRoomFor(member, turn);
		this.#add({
			id,
			member,
			name,
			host: join.host ?? "",
			granted: can,
			can: this.#room.sanctions.effective(member, can),
			address,
			expiresAt,
			mode: { kind: "replaying", cursor: 0 },
			greeting: join,
			withoutState: join.withoutState,
			seenAt: turn.now,
			assumedMs: 0,
			seenSaved: turn.now,
			malformed: [],
			isBehind: false,
			pagesAwaited: 0,
		});
		turn.withhold(id);
		// Nothing is noted of one who is not seen; but the epoch that it is told must outlive a sleep.
		if (member === OPERATOR) this.#room.record.exist();
		else this.#room.roster.enter({ id: member, name, session: id, address });
	}

	#add(session: Session): void {
		this.#sessions.set(session.id, session);
		if (session.withoutState === true) this.#stateless.add(session.id);
		if (session.member === OPERATOR) this.#operators.add(session.id);
		this.setMode(session, session.mode);
		this.#noteExpiry(session.expiresAt);
	}

	/** A message is a sign of life, whatever came of it. */
	heard(session: Session, turn: Turn): void {
		seen(session, turn.now);
		if (turn.now - session.seenSaved >= SEEN_REFRESH_MS) turn.attach(session);
	}

	/** Its socket is gone, or will be. Its member's grace begins at `at`, Unix ms. */
	leave(id: string, at: number): void {
		const session = this.#sessions.get(id);
		if (session === undefined) return;
		this.#sessions.delete(id);
		for (const group of [this.#behind, this.#paused, this.#stateless, this.#operators]) group.delete(id);
		this.#room.roster.leave(session.member, id, at);
	}

	/** Closes a session from the room's side. */
	close({ id }: Session, code: number, reason: string, turn: Turn): void {
		turn.close(id, code, reason);
		this.leave(id, turn.now);
	}

	/** Gives a member's sessions what its grants and sanctions leave it, and tells them where that changed. */
	regrant(member: string, turn: Turn): void {
		for (const session of this.of(member)) {
			const can = this.#room.sanctions.effective(member, session.granted);
			if (can.size === session.can.size) continue;
			session.can = can;
			turn.tell(session.id, { type: "access", can: [...can] });
		}
	}

	/** Closes the sessions whose token has expired: they may come back with a new one. Every turn begins so: the alarm may be late. */
	expire(turn: Turn): void {
		if (this.#expiryAt === null || this.#expiryAt > turn.now) return;
		this.#expiryAt = null;
		for (const session of [...this.#sessions.values()]) {
			if (session.expiresAt === null) continue;
			if (session.expiresAt > turn.now) this.#noteExpiry(session.expiresAt);
			else this.close(session, CLOSE.tokenRefused, "The token has expired.", turn);
		}
	}

	#noteExpiry(at: number | null): void {
		this.#expiryAt = earlier(this.#expiryAt, at);
	}

	due(turn: Turn): void {
		if (turn.alarm !== null) this.sweep(turn.alarm.pings, turn);
	}

	/** True where, as far as is known without looking at their pings, a session may have been silent for too long. */
	mayBeDead(now: number): boolean {
		for (const { seenAt } of this.#sessions.values()) if (now - seenAt >= SILENCE_MS_MAX) return true;
		return false;
	}

	/** Closes sessions that were not heard for SILENCE_MS_MAX. */
	sweep(pings: ReadonlyMap<string, number>, turn: Turn): void {
		for (const session of [...this.#sessions.values()]) {
			this.#pinged(session, pings.get(session.id) ?? 0, turn);
			if (turn.now - session.seenAt < SILENCE_MS_MAX) continue;
			turn.close(session.id, CLOSE.heartbeatLost, "no heartbeat");
			// It was gone when it was last heard: its grace is long over.
			this.leave(session.id, session.seenAt);
		}
		this.#next = null;
		this.#wokenAt = 0;
		this.#looksSoon = false;
	}

	/**
	 * Its latest heartbeat, Unix ms. One that cannot have been yet is of before the clock was set back: found again, it is
	 * the same one, also when the clock has caught up with it.
	 */
	#pinged(session: Session, at: number, turn: Turn): void {
		if (at === session.aheadPing) return;
		if (at <= turn.now + PING_AHEAD_MS_MAX) {
			seen(session, Math.min(at, turn.now));
		} else {
			session.aheadPing = at;
			seen(session, this.#backAt);
			turn.attach(session);
		}
	}

	/** A member has a bounded number of sessions: one more replaces the one that was longest silent, as far as their attachments say. */
	#makeRoomFor(member: string, turn: Turn): void {
		const theirs = this.of(member);
		if (theirs.length < this.#room.memberSessionsMax) return;
		const silent = theirs.reduce((a, b) => (b.seenSaved < a.seenSaved ? b : a));
		this.close(silent, CLOSE.replaced, "A newer session of yours took the place of this one.", turn);
	}

	/** When a token expires is not ours to say: that stays. */
	setBack(now: number): boolean {
		this.#next = null;
		this.#backAt = now;
		this.#wokenAt = Math.min(this.#wokenAt, now);
		for (const session of this.#sessions.values()) {
			if (session.seenAt > now || session.seenSaved > now) this.#looksSoon = true;
			session.seenAt = Math.min(session.seenAt, now);
			session.malformed = session.malformed.filter((at) => at <= now);
			if (session.seenSaved > now) this.#ahead.add(session);
		}
		return this.#ahead.size > 0;
	}

	flush(turn: Turn): void {
		for (const session of this.#ahead) if (this.#sessions.has(session.id)) turn.attach(session);
		if (this.#ahead.size > 0) this.#ahead = new Set();
		this.#next = this.#nextSweep(turn.now);
	}

	deadline(now: number): number | null {
		return earlier(this.#nextSweep(now)?.at ?? null, this.#expiryAt);
	}

	/** When a session could first be found dead; of one who is alone that is seldom worth waking for. */
	#nextSweep(now: number): Sweep | null {
		if (this.#sessions.size === 0) return null;
		const isAlone = this.#room.roster.count < 2;
		// What was chosen for one who was alone is too late for two.
		if (this.#next !== null && (isAlone || !this.#next.isAlone)) return this.#next;
		if (this.#looksSoon) return { at: now + SWEEP_INTERVAL_MS_MIN, isAlone };
		let seenAt = now;
		for (const session of this.#sessions.values()) seenAt = Math.min(seenAt, session.seenAt);
		const latest = isAlone ? Math.max(seenAt, this.#wokenAt) + ALONE_SWEEP_INTERVAL_MS : seenAt + SILENCE_MS_MAX;
		return { at: Math.max(now + SWEEP_INTERVAL_MS_MIN, latest), isAlone };
	}

	/** Closes everyone for good. */
	wipe(turn: Turn): void {
		for (const session of this.#sessions.keys())
			turn.close(session, CLOSE.wiped, "The room was wiped: what was said in it is gone.");
		this.#sessions.clear();
		for (const group of [this.#behind, this.#paused, this.#stateless, this.#operators]) group.clear();
	}
}
