/**
 * The room's sockets. Each session has one; what the room knows of it rests in the socket's
 * attachment while the room sleeps.
 */

import { extendFrames, packFrames } from "../protocol/codec.ts";
import { CLOSE } from "../protocol/codes.ts";
import type { Close, Effects } from "../room/effects.ts";
import { type Attachment, readAttachment } from "../room/session.ts";
import { Backlog } from "./backlog.ts";

const OPEN = 1;

/** What keeps the sockets while the room sleeps. */
export type SocketContext = Pick<
	DurableObjectState,
	"getWebSockets" | "acceptWebSocket" | "getWebSocketAutoResponseTimestamp"
>;

export class Sockets {
	readonly #ctx: SocketContext;
	/** What the sockets were given and have not taken yet. */
	readonly backlog: Backlog;
	#bySession = new Map<string, WebSocket>();
	#sessions = new WeakMap<WebSocket, string>();
	/** Those whose join has had its turn: nobody hears an event before its welcome. */
	#welcomed = new Set<string>();

	constructor(ctx: SocketContext, now: number) {
		this.#ctx = ctx;
		this.backlog = new Backlog(now);
	}

	get count(): number {
		return this.#bySession.size;
	}

	/** Finds the sockets again after a sleep or a roll-back, and what their sessions keep. */
	wake(): Attachment[] {
		const attachments: Attachment[] = [];
		this.#bySession.clear();
		this.#welcomed.clear();
		// The platform lists the newest first.
		for (const socket of this.#ctx.getWebSockets().reverse()) {
			if (socket.readyState !== OPEN) continue;
			const kept: unknown = socket.deserializeAttachment();
			const attachment = readAttachment(kept);
			if (attachment !== null) {
				this.#remember(attachment.session, socket);
				this.#welcomed.add(attachment.session);
				attachments.push(attachment);
			} else if (this.#sessions.has(socket)) {
				// Accepted, and its join is still in the inbox.
				this.#remember(this.#sessions.get(socket) as string, socket);
			} else {
				closeQuietly(socket, CLOSE.restarting, "another version of the room was here; join again");
			}
		}
		return attachments;
	}

	accept(session: string, socket: WebSocket): void {
		this.#ctx.acceptWebSocket(socket);
		this.#remember(session, socket);
	}

	#remember(session: string, socket: WebSocket): void {
		this.#bySession.set(session, socket);
		this.#sessions.set(socket, session);
	}

	get(session: string): WebSocket | undefined {
		return this.#bySession.get(session);
	}

	entries(): Iterable<readonly [string, WebSocket]> {
		return this.#bySession;
	}

	sessionOf(socket: WebSocket): string | undefined {
		return this.#sessions.get(socket);
	}

	drop(session: string): void {
		this.backlog.forget(session);
		this.#bySession.delete(session);
		this.#welcomed.delete(session);
	}

	/** Where the server was reached, as the latest session knows it; null where nobody is here. */
	get host(): string | null {
		for (const socket of this.#bySession.values()) {
			const attachment = readAttachment(socket.deserializeAttachment());
			if (attachment !== null) return attachment.host;
		}
		return null;
	}

	/** When each session last sent a heartbeat that the platform answered, Unix ms. */
	pings(): Map<string, number> {
		const pings = new Map<string, number>();
		for (const [session, socket] of this.#bySession) {
			const at = this.#ctx.getWebSocketAutoResponseTimestamp(socket);
			if (at !== null) pings.set(session, at.getTime());
		}
		return pings;
	}

	attach(attachments: ReadonlyMap<string, Attachment>): void {
		for (const [session, attachment] of attachments) {
			const socket = this.#bySession.get(session);
			if (socket === undefined) continue;
			socket.serializeAttachment(attachment);
			this.#welcomed.add(session);
		}
	}

	/**
	 * One frame to each session: the shared part, encoded once, and a private part for those who
	 * have one. More than one only where it would be larger than a frame may be.
	 */
	deliver(effects: Pick<Effects, "shared" | "withheld" | "private">): void {
		const shared = packFrames(effects.shared);
		if (shared.length === 0) {
			for (const [session, messages] of effects.private) this.#send(session, packFrames(messages));
			return;
		}
		for (const session of this.#welcomed) {
			const own = effects.private.get(session);
			if (effects.withheld.has(session)) {
				if (own !== undefined) this.#send(session, packFrames(own));
			} else {
				this.#send(session, own === undefined ? shared : extendFrames(shared, own));
			}
		}
		// One whose join was refused in its turn is told why, and nothing else.
		for (const [session, messages] of effects.private) {
			if (!this.#welcomed.has(session)) this.#send(session, packFrames(messages));
		}
	}

	/** Tells one session something outside of a turn. */
	tell(session: string, messages: readonly string[]): void {
		this.#send(session, packFrames(messages));
	}

	#send(session: string, frames: readonly string[]): void {
		const socket = this.#bySession.get(session);
		// One that is closing is told nothing more; its close event is on its way.
		if (socket?.readyState !== OPEN) return;
		this.backlog.willSend(session, socket);
		for (const frame of frames) socket.send(frame);
	}

	close(closes: readonly Close[]): void {
		for (const { session, code, reason } of closes) {
			const socket = this.#bySession.get(session);
			this.drop(session);
			if (socket === undefined) continue;
			closeQuietly(socket, code, reason);
			this.backlog.closed(socket);
		}
	}
}

/** Closes a socket that may be closed already, which is no error. */
export function closeQuietly(socket: WebSocket, code: number, reason: string): void {
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
export function answerClose(socket: WebSocket, code: number): void {
	try {
		if (code === 1005) socket.close();
		else socket.close(code, "bye");
	} catch {
		closeQuietly(socket, 1002, "no such close code");
	}
}
