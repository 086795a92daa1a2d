/** Where a stream's reader goes on: the cursor that a message leaves it at, as the `id` of that message. */
import { formatCursor, parseCursor } from "../protocol/ids.ts";
import type { ServerMessage } from "../protocol/messages.ts";

/** What the join asked for. */
export interface Asked {
	since: string | null;
	/** How many recent events. */
	history: number;
	/** True for one that wants no entries. */
	withoutState: boolean;
}

export class StreamCursor {
	readonly #asked: Asked;
	#epoch = "";
	/** The seq after which what is to come begins. */
	#seq = 0;
	/** Of the state that the reader holds; undefined until it holds one. */
	#version: number | undefined;
	/** What it is where a fresh join is told no state: there is none. */
	#versionIfNone: number | undefined;

	constructor(asked: Asked) {
		this.#asked = asked;
	}

	/** Null where the message moves no cursor, or ends nothing. */
	after(message: ServerMessage): string | null {
		switch (message.type) {
			case "welcome": {
				const { epoch, floor, head, continuity, version } = message;
				const before = continuity === "resumed" ? parseCursor(this.#asked.since ?? "") : null;
				this.#epoch = epoch;
				this.#seq = before?.seq ?? Math.max(floor - 1, head - this.#asked.history);
				this.#version = before?.version;
				this.#versionIfNone = continuity === "fresh" && !this.#asked.withoutState ? version : undefined;
				return null;
			}
			case "state":
				if (message.more === true) return null;
				this.#version = message.version;
				return this.#here;
			case "event":
				this.#seq = message.seq;
				return this.#here;
			case "caught-up":
				this.#seq = message.head;
				this.#version ??= this.#versionIfNone;
				return this.#here;
			default:
				return null;
		}
	}

	get #here(): string {
		return formatCursor({ epoch: this.#epoch, seq: this.#seq, version: this.#version });
	}
}
