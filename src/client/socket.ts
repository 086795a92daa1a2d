/** The first transport: a WebSocket. */
import { BEARER, RESUME, SUBPROTOCOL } from "../protocol/subprotocols.ts";
import { type Hearer, type Offer, type Transport, withSince } from "./transport.ts";

export class Socket implements Transport {
	readonly #WebSocket: typeof WebSocket;
	#socket: WebSocket | null = null;

	constructor(Constructor: typeof WebSocket) {
		this.#WebSocket = Constructor;
	}

	open({ url, query, since, token, key }: Offer, hearer: Hearer): void {
		const protocols = [SUBPROTOCOL];
		if (token !== null) protocols.push(BEARER + token);
		if (key !== null) protocols.push(RESUME + key);
		const socket = new this.#WebSocket(url.replace(/^http/, "ws") + withSince(query, since), protocols);
		this.#socket = socket;
		// In one go: V8 counts a function that is assigned to a property as old, and with it all that it can reach.
		Object.assign(socket, {
			onopen: () => {
				// A close that comes before the room's side has read anything may not reach the client (workerd 2026-11-17).
				socket.send("ping");
				hearer.opened();
			},
			onmessage: ({ data }: MessageEvent) => hearer.heard(String(data)),
			// Of some runtimes an error that nobody listens to is an exception; a close follows it.
			onerror: () => {},
			onclose: ({ code, reason }: CloseEvent) => hearer.closed(code, reason),
		});
	}

	send(text: string): void {
		// 1 is OPEN, in every runtime.
		if (this.#socket?.readyState === 1) this.#socket.send(text);
	}

	get unsentBytes(): number {
		return this.#socket?.bufferedAmount ?? 0;
	}

	close(): void {
		const socket = this.#socket;
		this.#socket = null;
		if (socket === null) return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
	}
}
