/** One session's end of the wire: what the platform keeps for it, and what it has heard. */
import type { ServerMessage } from "../../src/protocol/messages.ts";
import type { Attachment } from "../../src/room/session.ts";

export class Seat {
	/** As the platform would keep it: a copy. Null until the session was welcomed. */
	attachment: Attachment | null = null;
	open = true;
	closeCode: number | null = null;
	/** True while its client answers heartbeats. */
	pings = true;
	/** How often its session was paused. */
	pauses = 0;
	readonly heard: ServerMessage[] = [];
	readonly frames: string[] = [];
	#told = 0;

	/** What its session keeps from now on. */
	attach(attachment: Attachment): void {
		if (attachment.mode.kind === "paused" && this.attachment?.mode.kind !== "paused") this.pauses++;
		this.attachment = structuredClone(attachment);
	}

	hear(frames: readonly string[]): void {
		for (const frame of frames) {
			this.frames.push(frame);
			this.heard.push(...(JSON.parse(frame) as ServerMessage[]));
		}
	}

	/** What was heard since this was last asked. */
	news(): ServerMessage[] {
		const news = this.heard.slice(this.#told);
		this.#told = this.heard.length;
		return news;
	}
}
