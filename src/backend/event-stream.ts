/** Server-sent events as they come. */
import { readStreamEvent, type StreamEvent } from "../protocol/event-stream.ts";
import type { Answer } from "./request.ts";

/** Events whose fields do not fit in this, of UTF-16 units, are of no server of ours. */
const EVENT_UNITS_MAX = 1024 * 1024;

export class EventStream implements AsyncIterable<StreamEvent> {
	readonly #body: ReadableStream<Uint8Array> | null;
	readonly #silenceMs: number;

	constructor(answer: Answer, silenceMs: number) {
		this.#body = answer.body as ReadableStream<Uint8Array> | null;
		this.#silenceMs = silenceMs;
	}

	/** Ends where the stream does, or says nothing for too long. @throws where it breaks */
	async *[Symbol.asyncIterator](): AsyncGenerator<StreamEvent, void, undefined> {
		if (this.#body === null) return;
		const reader = this.#body.pipeThrough(new TextDecoderStream()).getReader();
		let rest = "";
		try {
			for (;;) {
				const read = await this.#soon(reader.read());
				if (read === null || read.done) return;
				const blocks = (rest + read.value).split("\n\n");
				rest = blocks.pop() ?? "";
				if (rest.length > EVENT_UNITS_MAX) return;
				for (const block of blocks) {
					const event = readStreamEvent(block);
					if (event !== null) yield event;
				}
			}
		} finally {
			await reader.cancel().catch(() => {});
		}
	}

	async #soon<T>(work: Promise<T>): Promise<T | null> {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<null>((resolve) => {
			timer = setTimeout(() => resolve(null), this.#silenceMs);
		});
		try {
			return await Promise.race([work, late]);
		} finally {
			if (timer !== undefined) clearTimeout(timer);
		}
	}
}
