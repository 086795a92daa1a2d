/** `joinRoom`: the browser's and Node's door to a room. */
import type { Event, HistoryRequest, ServerMessage } from "../protocol/messages.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Connection, type Port } from "./connection.ts";
import { Members } from "./members.ts";
import { newMessageId } from "./message-id.ts";
import type { ConnectionState, HistoryPage, JoinOptions, PublishOptions, Room, RoomEvents } from "./room.ts";
import { SocketPort } from "./socket-port.ts";

export type { ConnectionState, HistoryPage, JoinOptions, PublishOptions, Room, RoomEvents, Token } from "./room.ts";
export { RoomError } from "./room.ts";

/**
 * Joins a room and stays in it: reconnects, resumes where it was, sends again what was not answered.
 * @param url the room's URL, `https://host/rooms/lobby`; in a page it may be relative.
 */
export function joinRoom(url: string | URL, options: JoinOptions = {}): Room {
	return new JoinedRoom(addressOf(url), options);
}

function addressOf(url: string | URL): URL {
	const address = new URL(url, typeof location === "undefined" ? undefined : location.href);
	address.protocol = address.protocol.replace("http", "ws");
	address.hash = "";
	return address;
}

class JoinedRoom implements Room {
	readonly #connection: Connection;
	readonly #members = new Members();
	readonly #listeners = new Map<keyof RoomEvents, Set<(event: never) => void>>();
	readonly #unlisten: () => void;
	readonly #clock: AlarmClock;

	constructor(address: URL, options: JoinOptions) {
		this.#clock = new AlarmClock(() => this.#connection.wake());
		this.#connection = new Connection(this.#portTo(address, options), options.since ?? null);
		this.#unlisten = this.#listenToPage();
		// The caller adds its listeners first.
		queueMicrotask(() => {
			if (this.state.kind === "connecting") this.#connection.start();
		});
	}

	get state(): ConnectionState {
		return this.#connection.state;
	}

	get me() {
		return this.#connection.welcome?.me ?? null;
	}

	get members() {
		return this.#members.byId;
	}

	get count(): number {
		return this.#members.count;
	}

	get cursor(): string | null {
		return this.#connection.cursor;
	}

	on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void): () => void {
		const listeners = this.#listeners.get(type) ?? new Set();
		this.#listeners.set(type, listeners);
		listeners.add(listener);
		return () => listeners.delete(listener);
	}

	publish(name: string, data: unknown, options: PublishOptions = {}): Promise<{ seq: number }> {
		const { id = newMessageId(), ...expectation } = options;
		return this.#connection.ask({ type: "publish", id, name, data, ...expectation }) as Promise<{ seq: number }>;
	}

	signal(name: string, data: unknown, options: { to?: string } = {}): void {
		this.#connection.tell({ type: "signal", name, data, ...options });
	}

	setPresence(state: unknown): void {
		this.#connection.setPresence(state);
	}

	history(page: Pick<HistoryRequest, "before" | "after" | "limit"> = {}): Promise<HistoryPage> {
		return this.#connection.ask({ type: "history", id: newMessageId(), ...page }) as Promise<HistoryPage>;
	}

	requestJob(name: string, data: unknown): Promise<unknown> {
		return this.#connection.ask({ type: "job", id: newMessageId(), name, data });
	}

	leave(): void {
		this.#unlisten();
		this.#connection.leave();
		this.#clock.stop();
	}

	#emit<K extends keyof RoomEvents>(type: K, event: RoomEvents[K]): void {
		for (const listener of this.#listeners.get(type) ?? []) {
			// One listener that throws must not keep the others, or the connection, from hearing.
			try {
				(listener as (event: RoomEvents[K]) => void)(event);
			} catch (error) {
				reportError(error);
			}
		}
	}

	#deliver(message: ServerMessage): void {
		switch (message.type) {
			case "welcome":
				this.#members.welcome(message);
				this.#emit("welcome", message);
				return this.#tellPresence();
			case "presence":
				this.#members.presence(message);
				if (message.count !== undefined) this.#tellPresence();
				return;
			case "event":
				return this.#emit("event", message as Event);
			case "signal":
				return this.#emit("signal", message);
			case "job":
				return this.#emit("job", message);
			case "access":
				return this.#emit("access", message);
			case "caught-up":
				return this.#emit("caught-up", message);
			case "error": {
				const { type: _, ...refusal } = message;
				return this.#emit("error", refusal);
			}
		}
	}

	#tellPresence(): void {
		this.#emit("presence", { count: this.count, members: this.members });
	}

	#portTo(address: URL, options: JoinOptions): Port {
		const socket = new SocketPort(address, options);
		return {
			now: () => Date.now(),
			random: () => Math.random(),
			canRenewToken: typeof options.token === "function",
			open: (since) => void socket.open(since, this.#connection),
			send: (text) => socket.send(text),
			soon: (run) => queueMicrotask(run),
			close: () => socket.close(),
			wakeAt: (at) => this.#clock.set(at),
			changed: (state) => this.#emit("state", state),
			message: (message) => {
				if (message.type === "welcome" && message.resume !== undefined) socket.key.write(message.resume);
				this.#deliver(message);
			},
		};
	}

	/** A page that comes back to the foreground, from the cache or online looks at once. */
	#listenToPage(): () => void {
		if (typeof document === "undefined") return () => {};
		const probe = (): void => {
			if (document.visibilityState === "visible") this.#connection.probe();
		};
		document.addEventListener("visibilitychange", probe);
		addEventListener("pageshow", probe);
		addEventListener("online", probe);
		return () => {
			document.removeEventListener("visibilitychange", probe);
			removeEventListener("pageshow", probe);
			removeEventListener("online", probe);
		};
	}
}

function reportError(error: unknown): void {
	if (typeof globalThis.reportError === "function") globalThis.reportError(error);
	else queueMicrotask(() => Promise.reject(error));
}
