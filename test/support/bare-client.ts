/** A bare WebSocket that remembers what it heard: what a client without the library sees. */
import type { ClientMessage, ServerMessage } from "../../src/protocol/messages.ts";
import { Hearer } from "./hearer.ts";
import { until } from "./until.ts";

export class BareClient extends Hearer {
	readonly socket: WebSocket;
	readonly frames: string[] = [];
	closed: { code: number; reason: string } | null = null;
	/** Resolved when something comes by the socket, and then anew. */
	#news = Promise.withResolvers<void>();

	constructor(url: string, protocols: string[] = []) {
		super();
		this.socket = new WebSocket(url.replace(/^http/, "ws"), protocols);
		this.socket.onmessage = ({ data }) => {
			this.frames.push(String(data));
			if (data !== "pong") this.heard.push(...(JSON.parse(String(data)) as ServerMessage[]));
			this.#tell();
		};
		this.socket.onclose = ({ code, reason }) => {
			this.closed = { code, reason };
			this.#tell();
		};
	}

	#tell(): void {
		this.#news.resolve();
		this.#news = Promise.withResolvers<void>();
	}

	/** Joins and waits until it has caught up. */
	static async join(url: string, protocols: string[] = []): Promise<BareClient> {
		const client = new BareClient(url, protocols);
		await client.hears("caught-up");
		return client;
	}

	send(...messages: (ClientMessage | object)[]): void {
		this.socket.send(JSON.stringify(messages.length === 1 ? messages[0] : messages));
	}

	publish(id: string, data: unknown = null, name = "chat"): void {
		this.send({ type: "publish", id, name, data });
	}

	/** The `nth` message of that type, as soon as it has come. */
	async hears<T extends ServerMessage["type"]>(type: T, nth = 1): Promise<Extract<ServerMessage, { type: T }>> {
		await this.waits(() => this.all(type).length >= nth, `${nth} × ${type}`);
		return this.all(type)[nth - 1] as Extract<ServerMessage, { type: T }>;
	}

	async waits(isSo: () => boolean, what: string): Promise<void> {
		await until(
			isSo,
			what,
			() =>
				`Heard: ${JSON.stringify(this.heard.map((m) => m.type)).slice(-500)}, closed: ${JSON.stringify(this.closed)}`,
			20_000,
			() => this.#news.promise,
		);
	}

	async close(code?: number): Promise<void> {
		if (code === undefined) this.socket.close();
		else this.socket.close(code);
		await this.waits(() => this.closed !== null, "closed");
	}
}
