/**
 * What the sockets were given and have not taken yet, by `bufferedAmount`. Read before each send, and once soon
 * after the last one; polled by a timer only while a socket holds something that it does not take, when the
 * unsent data keeps the object awake anyway.
 */
import {
	BEHIND_MS_MAX,
	BUFFER_PAUSE_BYTES,
	BUFFER_RESUME_BYTES,
	BUFFERED_BYTES_MAX,
	QUIET_MS,
	STUCK_MS_MAX,
} from "../protocol/limits.ts";
import type { Flow } from "../room/inputs.ts";

/** How much a socket held, and when that last shrank, Unix ms. */
interface Level {
	bytes: number;
	movedAt: number;
}

/** What is known of a socket that holds something, or that was found full. */
interface Held {
	/** Unsent, as it was before the latest send. */
	bytes: number;
	/** Since when it was not once found empty, Unix ms. */
	since: number;
	/** Found full since the last look. */
	isFull: boolean;
	/** While its session is paused. */
	paused: Level | null;
	/** While it is not paused, holds something, and was sent nothing since. */
	still: Level | null;
}

/** Unsent bytes; 0 where the runtime does not tell (before workerd 2026-11-17). */
export function buffered(socket: WebSocket): number {
	return socket.bufferedAmount ?? 0;
}

/** The level now; the same as before where nothing was taken. */
function levelOf(before: Level | null, bytes: number, now: number): Level {
	return before === null || bytes < before.bytes ? { bytes, movedAt: now } : before;
}

export class Backlog {
	readonly #held = new Map<string, Held>();
	/** What all of them hold together. */
	#total = 0;
	/** Where the clock stood when it was last looked at. */
	#lookedAt: number;
	#isUnsure = false;
	/** Closed by us, and not yet answered: close() frees nothing. */
	readonly #closing = new Set<WebSocket>();

	constructor(now: number) {
		this.#lookedAt = now;
	}

	/** To be told before each send: what the socket has not taken since the last one. What is sent now is no backlog yet. */
	willSend(session: string, socket: WebSocket): void {
		const bytes = buffered(socket);
		this.#isUnsure = true;
		let held = this.#held.get(session);
		if (held === undefined) {
			if (bytes === 0) return;
			held = this.#hold(session);
		}
		this.#note(held, bytes);
		held.still = null;
		if (bytes > BUFFER_PAUSE_BYTES || (bytes >= BUFFER_RESUME_BYTES && this.#isLongBehind(held))) held.isFull = true;
	}

	/**
	 * The platform may not notice that a socket is gone (one that was answered a heartbeat while it broke): then it
	 * holds whatever it was sent until the object goes. The less the better; one that is alive misses nothing by a pause.
	 */
	#isLongBehind({ since }: Held): boolean {
		return this.#lookedAt - since > BEHIND_MS_MAX;
	}

	#hold(session: string): Held {
		const known = this.#held.get(session);
		if (known !== undefined) return known;
		const held: Held = { bytes: 0, since: this.#lookedAt, isFull: false, paused: null, still: null };
		this.#held.set(session, held);
		return held;
	}

	#note(held: Held, bytes: number): void {
		if (held.bytes === 0) held.since = this.#lookedAt;
		this.#total += bytes - held.bytes;
		held.bytes = bytes;
	}

	closed(socket: WebSocket): void {
		if (buffered(socket) > 0) this.#closing.add(socket);
	}

	forget(session: string): void {
		this.#total -= this.#held.get(session)?.bytes ?? 0;
		this.#held.delete(session);
	}

	/** True while it is not known that everything has been taken: a socket that never takes it keeps the object awake. */
	get isUnsure(): boolean {
		return this.#isUnsure;
	}

	/** True where somebody holds something that was not taken between two looks. */
	get isStill(): boolean {
		return this.#some(({ still }) => still !== null);
	}

	#some(test: (held: Held) => boolean): boolean {
		for (const held of this.#held.values()) if (test(held)) return true;
		return false;
	}

	/** Looks at everyone, when nothing was sent for a while: who still holds something, and since when. */
	lookAtAll(sockets: Iterable<readonly [string, WebSocket]>, paused: ReadonlySet<string>, now: number): void {
		this.#stand(now);
		for (const [session, socket] of sockets) {
			const bytes = buffered(socket);
			if (bytes === 0 && !this.#held.has(session)) continue;
			const held = this.#hold(session);
			this.#note(held, bytes);
			held.still = bytes === 0 || paused.has(session) ? null : levelOf(held.still, bytes, now);
		}
		this.#isUnsure = this.isStill;
	}

	/** True while there is something to poll for. */
	get isWaiting(): boolean {
		return this.#closing.size > 0 || this.#some(({ paused }) => paused !== null);
	}

	/**
	 * What the room is to know, or null. `paused`: the sessions that it has paused. Throws nothing away: a
	 * session stays known until its buffer is empty or its socket is gone.
	 */
	look(paused: ReadonlySet<string>, socketOf: (session: string) => WebSocket | undefined, now: number): Flow | null {
		this.#stand(now);
		const [full, drained, stuck]: [string[], string[], string[]] = [[], [], []];
		for (const session of paused) {
			const socket = socketOf(session);
			if (socket === undefined) continue;
			const held = this.#hold(session);
			if (this.#hasDrained(held, buffered(socket), now)) drained.push(session);
			if (held.paused !== null && now - held.paused.movedAt > STUCK_MS_MAX) stuck.push(session);
		}
		this.#crowd();
		for (const [session, held] of this.#held) {
			const isPaused = paused.has(session);
			if (!isPaused) held.paused = null;
			if (held.still !== null && now - held.still.movedAt > STUCK_MS_MAX) stuck.push(session);
			if (held.isFull && !isPaused) full.push(session);
			held.isFull = false;
			if (held.bytes === 0 && held.paused === null && held.still === null) this.#held.delete(session);
		}
		stuck.push(...this.#overdue(socketOf, stuck));
		return full.length + drained.length + stuck.length === 0 ? null : { type: "flow", full, drained, stuck };
	}

	/** The clock stands at `now`. Where that is earlier than before, nothing was seen later: else a stuck socket would wait until the clock has caught up. */
	#stand(now: number): void {
		const isBack = now < this.#lookedAt;
		this.#lookedAt = now;
		if (!isBack) return;
		for (const held of this.#held.values()) {
			held.since = Math.min(held.since, now);
			for (const level of [held.paused, held.still]) if (level !== null) level.movedAt = Math.min(level.movedAt, now);
		}
	}

	/** True where a paused session's socket has room again. Where many are behind, it must have taken everything before it is sent more. */
	#hasDrained(held: Held, bytes: number, now: number): boolean {
		this.#note(held, bytes);
		held.paused = levelOf(held.paused, bytes, now);
		if (bytes === 0) return true;
		if (bytes >= BUFFER_RESUME_BYTES || this.#isCrowded) return false;
		held.since = now;
		return true;
	}

	/**
	 * True where only dropping the object frees what closed sockets hold: they alone hold more than a room may,
	 * or the room has been quiet for `quietMs` and would sleep but for them.
	 */
	isChoked(quietMs: number): boolean {
		let bytes = 0;
		for (const socket of this.#closing) {
			const held = socket.readyState === WebSocket.CLOSED ? 0 : buffered(socket);
			if (held === 0) this.#closing.delete(socket);
			bytes += held;
		}
		return bytes > BUFFERED_BYTES_MAX || (bytes > 0 && quietMs > QUIET_MS);
	}

	get #isCrowded(): boolean {
		return this.#total > BUFFERED_BYTES_MAX / 4;
	}

	/** Where many are behind at once, each may be less so: all of them together are far from their bound. */
	#crowd(): void {
		if (!this.#isCrowded) return;
		let count = 0;
		for (const { bytes } of this.#held.values()) if (bytes > 0) count++;
		const share = this.#total / count / 2;
		for (const held of this.#held.values()) if (held.bytes > 0 && held.bytes >= share) held.isFull = true;
	}

	/** The furthest behind, as many as must go for all buffers together to pass their bound no longer. */
	#overdue(socketOf: (session: string) => WebSocket | undefined, gone: readonly string[]): string[] {
		let closing = 0;
		for (const socket of this.#closing) closing += buffered(socket);
		if (this.#total + closing <= BUFFERED_BYTES_MAX) return [];
		// What was noted may have been taken since: count anew before anyone is sent away.
		for (const [session, held] of this.#held) {
			const socket = socketOf(session);
			this.#note(held, socket === undefined ? 0 : buffered(socket));
		}
		const overdue: string[] = [];
		let total = this.#total + closing;
		for (const [session, { bytes }] of [...this.#held].sort(([, a], [, b]) => b.bytes - a.bytes)) {
			if (total <= BUFFERED_BYTES_MAX) break;
			total -= bytes;
			if (!gone.includes(session)) overdue.push(session);
		}
		return overdue;
	}
}
