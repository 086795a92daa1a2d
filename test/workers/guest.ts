/** A guest at the Worker's door, inside workerd: a bare socket, and what it has heard. */
import { exports } from "cloudflare:workers";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { Hearer } from "../support/hearer.ts";

export const ORIGIN = "https://rotunda.test";

export function call(path: string, init?: RequestInit): Promise<Response> {
	return (exports as unknown as { default: Fetcher }).default.fetch(ORIGIN + path, init);
}

export class Guest extends Hearer {
	/** Texts that are no frames, such as `pong`. */
	readonly texts: string[] = [];
	frames = 0;
	closed: { code: number; reason: string } | null = null;
	readonly socket: WebSocket;
	#waiting: (() => void)[] = [];

	constructor(socket: WebSocket) {
		super();
		this.socket = socket;
		socket.addEventListener("message", ({ data }) => {
			const text = data as string;
			if (text.startsWith("[")) this.heard.push(...(JSON.parse(text) as ServerMessage[]));
			else this.texts.push(text);
			this.frames++;
			this.#wake();
		});
		socket.addEventListener("close", ({ code, reason }) => {
			this.closed = { code, reason };
			this.#wake();
		});
		socket.accept();
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** Waits until `isSo`; the test's own time limit is the only one. */
	async until(isSo: () => boolean): Promise<void> {
		while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	/** Waits until the last message that was heard is of this type, and gives it. */
	async hears<T extends ServerMessage["type"]>(type: T, count = 1): Promise<Extract<ServerMessage, { type: T }>[]> {
		await this.until(() => this.all(type).length >= count);
		return this.all(type);
	}

	say(frame: unknown): void {
		this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
	}

	publish(id: string, data: unknown = id, name = "chat"): void {
		this.say({ type: "publish", id, name, data });
	}
}

/** Joins by the room's URL, as a program does: no Origin. */
export async function joinAs(path: string, headers: Record<string, string> = {}): Promise<Guest> {
	const response = await call(path, { headers: { Upgrade: "websocket", ...headers } });
	if (response.webSocket === null) throw new Error(`Refused: ${response.status} ${await response.text()}`);
	return new Guest(response.webSocket);
}

export async function join(path: string): Promise<Guest> {
	const guest = await joinAs(path);
	await guest.hears("caught-up");
	return guest;
}
