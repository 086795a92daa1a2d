/** A room's stream of server-sent events as a plain reader has it: its parts, one after the other. */
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { Hearer } from "./hearer.ts";

export interface Part {
	id: string | null;
	event: string;
	data: string;
}

export class StreamReader extends Hearer {
	readonly parts: Part[] = [];
	/** Comments that were read. */
	comments = 0;
	/** The stream's last word; null while there is none. */
	closed: { code: number; reason: string } | null = null;
	/** True when nothing more will come. */
	isOver = false;
	readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
	#waiting: (() => void)[] = [];

	constructor(response: Response) {
		super();
		if (response.status !== 200 || response.body === null) throw new Error(`No stream: ${response.status}`);
		this.#reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
		void this.#read().finally(() => {
			this.isOver = true;
			this.#wake();
		});
	}

	async #read(): Promise<void> {
		const text = new TextDecoder();
		let rest = "";
		for (;;) {
			const { value, done } = await this.#reader.read().catch(() => ({ value: undefined, done: true as const }));
			if (done) return;
			const parts = (rest + text.decode(value, { stream: true })).split("\n\n");
			rest = parts.pop() ?? "";
			for (const part of parts) this.#take(part);
			this.#wake();
		}
	}

	#take(text: string): void {
		const [, id = null, event, data] = /^(?:id: ([^\n]*)\n)?event: ([^\n]*)\ndata: ([^\n]*)$/.exec(text) ?? [];
		if (event === undefined || data === undefined) {
			this.comments++;
			return;
		}
		this.parts.push({ id, event, data });
		if (event === "close") this.closed = JSON.parse(data);
		else this.heard.push(JSON.parse(data) as ServerMessage);
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** Waits until `isSo`; the test's own time limit is the only one. */
	async until(isSo: () => boolean): Promise<void> {
		while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	async hears<T extends ServerMessage["type"]>(type: T, count = 1): Promise<Extract<ServerMessage, { type: T }>[]> {
		await this.until(() => this.all(type).length >= count);
		return this.all(type);
	}

	/** The session that it has, and a guest's key. */
	async who(): Promise<{ session: string; resume: string | undefined; member: string }> {
		const [welcome] = await this.hears("welcome");
		if (welcome === undefined) throw new Error("unreachable");
		return { session: welcome.me.session, resume: welcome.resume, member: welcome.me.id };
	}

	async leave(): Promise<void> {
		await this.#reader.cancel();
	}
}
