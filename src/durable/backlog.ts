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

interface Watched {
	bytes: number;
	/** When the buffer last shrank, Unix ms. */
	movedAt: number;
}

/** Unsent bytes; 0 where the runtime does not tell (before workerd 2026-11-17). */
function buffered(socket: WebSocket): number {
	return socket.bufferedAmount ?? 0;
}

export class Backlog {
	/** Sessions whose sockets were found full since the last look. */
	#full = new Set<string>();
	/** Sessions with anything unsent, as it was before their latest send, and all of it together. */
	#unsent = new Map<string, number>();
	#total = 0;
	/** Since when they were not once found empty, Unix ms. */
	#behind = new Map<string, number>();
	#lookedAt: number;
	#watched = new Map<string, Watched>();
	/** Sessions that are not paused, hold something, and were sent nothing since. */
	#still = new Map<string, Watched>();
	#isUnsettled = false;
	/** Closed by us, and not yet answered: close() frees nothing. */
	#closing = new Set<WebSocket>();

	constructor(now: number) {
		this.#lookedAt = now;
	}

	/** To be told before each send: what the socket has not taken since the last one. What is sent now is no backlog yet. */
	willSend(session: string, socket: WebSocket): void {
		const bytes = buffered(socket);
		this.#note(session, bytes);
		this.#still.delete(session);
		this.#isUnsettled = true;
		if (bytes > BUFFER_PAUSE_BYTES || (bytes >= BUFFER_RESUME_BYTES && this.#isLongBehind(session)))
			this.#full.add(session);
	}

	/**
	 * The platform may not notice that a socket is gone (one that was answered a heartbeat while it broke): then it
	 * holds whatever it was sent until the object goes. The less the better; one that is alive misses nothing by a pause.
	 */
	#isLongBehind(session: string): boolean {
		return this.#lookedAt - (this.#behind.get(session) ?? this.#lookedAt) > BEHIND_MS_MAX;
	}

	#note(session: string, bytes: number): void {
		this.#total += bytes - (this.#unsent.get(session) ?? 0);
		if (bytes === 0) {
			this.#unsent.delete(session);
			this.#behind.delete(session);
		} else {
			this.#unsent.set(session, bytes);
			if (!this.#behind.has(session)) this.#behind.set(session, this.#lookedAt);
		}
	}

	closed(socket: WebSocket): void {
		if (buffered(socket) > 0) this.#closing.add(socket);
	}

	forget(session: string): void {
		this.#full.delete(session);
		this.#note(session, 0);
		this.#watched.delete(session);
		this.#still.delete(session);
	}

	/** True while it is not known that everything has been taken: a socket that never takes it keeps the object awake. */
	get isUnsettled(): boolean {
		return this.#isUnsettled;
	}

	/** True where somebody holds something that was not taken between two looks. */
	get isStill(): boolean {
		return this.#still.size > 0;
	}

	/** Looks at everyone, when nothing was sent for a while: who still holds something, and since when. */
	settle(sockets: Iterable<readonly [string, WebSocket]>, paused: ReadonlySet<string>, now: number): void {
		for (const [session, socket] of sockets) {
			const bytes = buffered(socket);
			this.#note(session, bytes);
			const still = this.#still.get(session);
			if (bytes === 0 || paused.has(session)) this.#still.delete(session);
			else if (still === undefined || bytes < still.bytes) this.#still.set(session, { bytes, movedAt: now });
		}
		this.#isUnsettled = this.#still.size > 0;
	}

	/** True while there is something to poll for. */
	get isWaiting(): boolean {
		return this.#watched.size > 0 || this.#closing.size > 0;
	}

	/**
	 * What the room is to know, or null. `paused`: the sessions that it has paused. Throws nothing away: a
	 * session stays known until its buffer is empty or its socket is gone.
	 */
	look(paused: ReadonlySet<string>, socketOf: (session: string) => WebSocket | undefined, now: number): Flow | null {
		this.#lookedAt = now;
		const [drained, stuck]: [string[], string[]] = [[], []];
		for (const session of paused) {
			const socket = socketOf(session);
			if (socket === undefined) continue;
			const bytes = buffered(socket);
			this.#note(session, bytes);
			const watched = this.#watched.get(session);
			if (watched === undefined || bytes < watched.bytes) this.#watched.set(session, { bytes, movedAt: now });
			else if (now - watched.movedAt > STUCK_MS_MAX) stuck.push(session);
			// Where many are behind, each must have taken everything before it is sent more.
			if (bytes === 0 || (bytes < BUFFER_RESUME_BYTES && !this.#isCrowded)) {
				drained.push(session);
				if (bytes > 0) this.#behind.set(session, now);
			}
		}
		for (const session of this.#watched.keys()) if (!paused.has(session)) this.#watched.delete(session);
		for (const [session, { movedAt }] of this.#still) if (now - movedAt > STUCK_MS_MAX) stuck.push(session);
		this.#crowd();
		const full = [...this.#full].filter((session) => !paused.has(session));
		this.#full.clear();
		stuck.push(...this.#overdue(socketOf, stuck));
		return full.length + drained.length + stuck.length === 0 ? null : { type: "flow", full, drained, stuck };
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
		const share = this.#total / this.#unsent.size / 2;
		for (const [session, bytes] of this.#unsent) if (bytes >= share) this.#full.add(session);
	}

	/** The furthest behind, as many as must go for all buffers together to pass their bound no longer. */
	#overdue(socketOf: (session: string) => WebSocket | undefined, gone: readonly string[]): string[] {
		let held = 0;
		for (const socket of this.#closing) held += buffered(socket);
		if (this.#total + held <= BUFFERED_BYTES_MAX) return [];
		// What was noted may have been taken since: count anew before anyone is sent away.
		for (const session of [...this.#unsent.keys()]) {
			const socket = socketOf(session);
			this.#note(session, socket === undefined ? 0 : buffered(socket));
		}
		const overdue: string[] = [];
		let total = this.#total + held;
		for (const [session, bytes] of [...this.#unsent].sort((a, b) => b[1] - a[1])) {
			if (total <= BUFFERED_BYTES_MAX) break;
			total -= bytes;
			if (!gone.includes(session)) overdue.push(session);
		}
		return overdue;
	}
}
