/**
 * Where a room's members sit: its sockets, one a session. Seats accept, hear, send and close, and tell who sits
 * behind them what came; they decide nothing. What is known of a session rests in its socket's attachment while
 * the room sleeps.
 */
import { encodeMessage, extendFrames, packFrames } from "../protocol/codec.ts";
import { CLOSE, type Refusal } from "../protocol/codes.ts";
import type { Close, Effects } from "../room/effects.ts";
import { type Attachment, readAttachment } from "../room/session.ts";
import { Backlog, buffered } from "./backlog.ts";
import { type FlowHost, FlowWatch } from "./flow-watch.ts";
import type { Clock, Machine, Network } from "./surroundings.ts";

const OPEN = 1;

/** What hears of the seats. */
export interface Host extends FlowHost {
	/** A frame has come. */
	heard(session: string, frame: string | ArrayBuffer): void;
	/** A frame has come by a socket that was closed. */
	ignored(): void;
	left(session: string): void;
}

export class Seats {
	readonly #network: Network;
	readonly #host: Host;
	readonly #backlog: Backlog;
	readonly #flow: FlowWatch;
	readonly #bySession = new Map<string, WebSocket>();
	readonly #sessions = new WeakMap<WebSocket, string>();
	/** Nobody hears what is shared before its welcome. */
	readonly #welcomed = new Set<string>();

	constructor(around: Network & Clock & Machine, host: Host) {
		this.#network = around;
		this.#host = host;
		this.#backlog = new Backlog(around.now());
		this.#flow = new FlowWatch(around, { backlog: this.#backlog, seats: this.#bySession, host });
	}

	get count(): number {
		return this.#bySession.size;
	}

	/** Those that are closed and have not answered yet are among them. */
	get listed(): number {
		return this.#network.sockets.getWebSockets().length;
	}

	/** Finds the sockets again after a sleep or a roll-back, and what their sessions keep. */
	wake(): Attachment[] {
		const attachments: Attachment[] = [];
		this.#bySession.clear();
		this.#welcomed.clear();
		// The platform lists the newest first.
		for (const socket of this.#network.sockets.getWebSockets().reverse()) {
			if (socket.readyState !== OPEN) continue;
			const attachment = readAttachment(socket.deserializeAttachment());
			const session = attachment?.session ?? this.#sessions.get(socket);
			if (session === undefined) {
				closeQuietly(socket, CLOSE.restarting, "another version of the room was here; join again");
				continue;
			}
			this.#remember(session, socket);
			// One without an attachment was accepted, and its join is still in the inbox.
			if (attachment === null) continue;
			this.#welcomed.add(session);
			attachments.push(attachment);
		}
		return attachments;
	}

	accept(session: string, socket: WebSocket): void {
		this.#network.sockets.acceptWebSocket(socket);
		this.#remember(session, socket);
	}

	#remember(session: string, socket: WebSocket): void {
		this.#bySession.set(session, socket);
		this.#sessions.set(socket, session);
	}

	heard(socket: WebSocket, frame: string | ArrayBuffer): void {
		const session = this.#sessions.get(socket);
		// One that was closed may go on sending until it answers: nobody reads that.
		if (session !== undefined && this.#bySession.get(session) === socket) this.#host.heard(session, frame);
		else this.#host.ignored();
	}

	/** A socket has closed, with `code`; without one it broke. */
	closed(socket: WebSocket, code: number | null): void {
		if (code !== null) answerClose(socket, code);
		const session = this.#sessions.get(socket);
		if (session === undefined) return;
		this.#drop(session);
		this.#host.left(session);
	}

	#drop(session: string): void {
		this.#backlog.forget(session);
		this.#bySession.delete(session);
		this.#welcomed.delete(session);
	}

	/** When each session last sent a heartbeat that the platform answered, Unix ms. */
	pings(): Map<string, number> {
		const pings = new Map<string, number>();
		for (const [session, socket] of this.#bySession) {
			const at = this.#network.sockets.getWebSocketAutoResponseTimestamp(socket);
			if (at !== null) pings.set(session, at.getTime());
		}
		return pings;
	}

	/** True where a session's socket has not taken all that it was sent. */
	isBehind(session: string): boolean {
		const socket = this.#bySession.get(session);
		return socket !== undefined && buffered(socket) > 0;
	}

	/** Somebody said something, at that time, Unix ms: the room is not quiet. */
	stirred(at: number): void {
		this.#flow.heard(at);
	}

	/** Looks at what the sockets have not taken. */
	look(): void {
		this.#flow.look();
	}

	/** What a turn has decided for its sessions: what they keep, what they hear, and whom it closes. */
	perform({ attachments, welcomed, closes, ...outgoing }: Omit<Effects, "replies" | "jobs">): void {
		for (const [session, attachment] of attachments) this.#bySession.get(session)?.serializeAttachment(attachment);
		for (const session of welcomed) if (this.#bySession.has(session)) this.#welcomed.add(session);
		this.#deliver(outgoing);
		this.close(closes);
	}

	/**
	 * One frame to each session: the shared part, encoded once, and a private part for those who
	 * have one; frames of their own for those who catch up, to whom nothing is shared. More than one only where it would be larger than a frame may be.
	 */
	#deliver(outgoing: Pick<Effects, "shared" | "stateless" | "withheld" | "frames" | "private">): void {
		const isHeard = this.#welcomed.size > 0;
		const everyones = isHeard ? packFrames(outgoing.shared) : [];
		const stateless = isHeard && outgoing.stateless !== null ? packFrames(outgoing.stateless.shared) : [];
		const sharedWith = (session: string): readonly string[] =>
			outgoing.stateless?.sessions.has(session) === true ? stateless : everyones;
		const hears = (session: string): boolean =>
			this.#welcomed.has(session) && !outgoing.withheld.has(session) && sharedWith(session).length > 0;
		if (everyones.length > 0) {
			for (const session of this.#welcomed) {
				const shared = sharedWith(session);
				if (shared.length === 0 || outgoing.withheld.has(session)) continue;
				const own = outgoing.private.get(session);
				this.#send(session, own === undefined ? shared : extendFrames(shared, own));
			}
		}
		// One whose join was refused in its turn is told why, and nothing else.
		for (const [session, own] of outgoing.private) {
			if (!hears(session)) this.#send(session, [...(outgoing.frames.get(session) ?? []), ...packFrames(own)]);
		}
		for (const [session, frames] of outgoing.frames) {
			if (!hears(session) && !outgoing.private.has(session)) this.#send(session, frames);
		}
	}

	/** Refuses, at once and not by a turn, what came in one frame, whose messages bear these ids. */
	refuse(session: string, ids: readonly (string | undefined)[], refusal: Refusal): void {
		const errors = ids.map((id) => encodeMessage({ type: "error", id, ...refusal }));
		try {
			this.#send(session, packFrames(errors));
		} catch {
			// It is gone already.
		}
	}

	#send(session: string, frames: readonly string[]): void {
		if (frames.length === 0) return;
		const socket = this.#bySession.get(session);
		// One that is closing is told nothing more; its close event is on its way.
		if (socket?.readyState !== OPEN) return;
		this.#backlog.willSend(session, socket);
		for (const frame of frames) socket.send(frame);
	}

	close(closes: readonly Close[]): void {
		for (const { session, code, reason } of closes) {
			const socket = this.#bySession.get(session);
			this.#drop(session);
			if (socket === undefined) continue;
			closeQuietly(socket, code, reason);
			this.#backlog.closed(socket);
		}
	}
}

/** Closes a socket that may be closed already, which is no error. */
function closeQuietly(socket: WebSocket, code: number, reason: string): void {
	try {
		socket.close(code, reason);
	} catch {
		// Closed already.
	}
}

/**
 * The platform does not answer a close by itself on hibernatable sockets; unanswered, the client
 * sees 1006 some 13 s later. 1005 (no code) is answered without one, and a code that must not be sent with 1002.
 */
function answerClose(socket: WebSocket, code: number): void {
	try {
		if (code === 1005) socket.close();
		else socket.close(code, "bye");
	} catch {
		closeQuietly(socket, 1002, "no such close code");
	}
}
