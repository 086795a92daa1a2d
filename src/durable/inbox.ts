/** What has arrived since the last turn. Bounded: what does not fit is refused, not forgotten. */
import { BUFFERED_BYTES_MAX, INBOX_BYTES_MAX, INBOX_MESSAGES_MAX, TURN_BYTES_MAX } from "../protocol/limits.ts";
import type { Input } from "../room/inputs.ts";

interface Waiting {
	input: Input;
	messages: number;
	bytes: number;
}

export class Inbox {
	#waiting: Waiting[] = [];
	#messages = 0;
	#bytes = 0;

	get length(): number {
		return this.#waiting.length;
	}

	/** True where a frame of so many messages and bytes would pass a bound. */
	isFullFor(messages: number, bytes: number): boolean {
		return this.#messages + Math.max(1, messages) > INBOX_MESSAGES_MAX || this.#bytes + bytes > INBOX_BYTES_MAX;
	}

	/** A frame without a message takes a place all the same. */
	put(input: Input, messages = 1, bytes = 0): void {
		const places = Math.max(1, messages);
		this.#waiting.push({ input, messages: places, bytes });
		this.#messages += places;
		this.#bytes += bytes;
	}

	/** Puts before everything else what the next turn must know before it sends. */
	putFirst(input: Input): void {
		this.#waiting.unshift({ input, messages: 1, bytes: 0 });
		this.#messages++;
	}

	/**
	 * What the next turn takes: everything, or so much that its shared part stays within its bound, and within
	 * what the room may hand to all sockets of its audience at once.
	 */
	take(audience: number): Input[] {
		const bytesMax = Math.min(TURN_BYTES_MAX, BUFFERED_BYTES_MAX / 4 / Math.max(1, audience));
		let end = 0;
		let bytes = 0;
		for (const { bytes: size } of this.#waiting) {
			bytes += size;
			if (end > 0 && bytes > bytesMax) break;
			end++;
		}
		const taken = this.#waiting.splice(0, end);
		for (const { messages, bytes: size } of taken) {
			this.#messages -= messages;
			this.#bytes -= size;
		}
		return taken.map(({ input }) => input);
	}
}
