/** Server-sent events as they come (WHATWG HTML, 9.2.6), of a server that writes `\n` and UTF-8. */
import type { Answer } from "./request.ts";

export interface StreamEvent {
	type: string;
	data: string;
	/** Null where it bears none. */
	id: string | null;
}

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
					const event = eventOf(block);
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

function eventOf(block: string): StreamEvent | null {
	const event: StreamEvent = { type: "message", data: "", id: null };
	const data: string[] = [];
	for (const line of block.split("\n")) {
		const [, field, value = ""] = /^(event|data|id): ?(.*)$/s.exec(line) ?? [];
		if (field === "event") event.type = value;
		if (field === "data") data.push(value);
		if (field === "id") event.id = value;
	}
	return data.length === 0 ? null : { ...event, data: data.join("\n") };
}
