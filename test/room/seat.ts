/** One session's socket: the room's end as the platform shows it, what it keeps, and what was heard at the other end. */
import { BUFFER_PAUSE_BYTES } from "../../src/protocol/limits.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import type { Attachment } from "../../src/room/session.ts";

const OPEN = 1;
const CLOSED = 3;

export class Seat {
	readyState = OPEN;
	#unsent = 0;
	/** As the platform keeps it: a copy. Null until the session was welcomed. */
	attachment: Attachment | null = null;
	closeCode: number | null = null;
	closeReason = "";
	/** True while its client answers heartbeats. */
	pings = true;
	/** When its client last sent one, Unix ms; null where it has just done so whenever it is asked. */
	pingedAt: number | null = null;
	/** How often its session was paused. */
	pauses = 0;
	readonly heard: ServerMessage[] = [];
	readonly frames: string[] = [];
	#read = 0;

	get isOpen(): boolean {
		return this.readyState === OPEN;
	}

	/** The line is gone. */
	drop(): void {
		this.readyState = CLOSED;
	}

	/** Its client has stopped to read, or reads again. */
	fill(isFull: boolean): void {
		this.#unsent = isFull ? 2 * BUFFER_PAUSE_BYTES : 0;
	}

	/** Of one that is full a little has gone at each look: that it is stuck, a test says. */
	get bufferedAmount(): number {
		return this.#unsent === 0 ? 0 : this.#unsent--;
	}

	send(frame: string): void {
		if (!this.isOpen) throw new Error("The socket is not open.");
		this.frames.push(frame);
		this.heard.push(...(JSON.parse(frame) as ServerMessage[]));
	}

	close(code: number, reason: string): void {
		if (this.isOpen) [this.closeCode, this.closeReason] = [code, reason];
		this.drop();
	}

	serializeAttachment(attachment: Attachment): void {
		if (attachment.mode.kind === "paused" && this.attachment?.mode.kind !== "paused") this.pauses++;
		this.attachment = structuredClone(attachment);
	}

	deserializeAttachment(): Attachment | null {
		return structuredClone(this.attachment);
	}

	/** What was heard since this was last asked. */
	news(): ServerMessage[] {
		const news = this.heard.slice(this.#read);
		this.#read = this.heard.length;
		return news;
	}
}
