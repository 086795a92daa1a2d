/** `joinRoom`: the browser's and Node's door to a room. */
import type { Event, HistoryRequest, ServerMessage } from "../protocol/messages.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Connection, type Port } from "./connection.ts";
import { Members } from "./members.ts";
import { newMessageId } from "./message-id.ts";
import type { ConnectionState, HistoryPage, JoinOptions, PublishOptions, Room, RoomEvents } from "./room.ts";

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

/** Where a guest's key is kept: it lives as long as the tab, so two tabs are two guests. */
function keptKey(address: URL): { read(): string | null; write(key: string): void } {
	const name = `rotunda ${address.host}${address.pathname}`;
	let key: string | null = null;
	return {
		read: () => {
			try {
				return key ?? sessionStorage.getItem(name);
			} catch {
				return key;
			}
		},
		write: (fresh) => {
			key = fresh;
			try {
				sessionStorage.setItem(name, fresh);
			} catch {
				// Not in a browser, or storage is forbidden: the key lives as long as this object.
			}
		},
	};
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
		const key = keptKey(address);
		let socket: WebSocket | null = null;
		let attempt = 0;
		const drop = (): void => {
			attempt++;
			const old = socket;
			socket = null;
			if (old === null) return;
			old.onopen = old.onmessage = old.onclose = null;
			old.close();
		};
		const connect = (since: string | null, token: string | null): void => {
			const url = new URL(address);
			if (options.name !== undefined) url.searchParams.set("name", options.name);
			if (since !== null) url.searchParams.set("since", since);
			const protocols = ["rotunda.v1"];
			if (token !== null) protocols.push(`bearer.${token}`);
			const guest = token === null ? key.read() : null;
			if (guest !== null) protocols.push(`resume.${guest}`);
			const opened = new WebSocket(url, protocols);
			socket = opened;
			opened.onopen = () => {
				// A close that comes before the room's side has read anything may not reach the client (workerd 2026-11-17).
				opened.send("ping");
				this.#connection.opened();
			};
			opened.onmessage = ({ data }) => this.#connection.heard(String(data));
			opened.onclose = ({ code, reason }) => {
				socket = null;
				this.#connection.closed(code, reason);
			};
		};
		return {
			now: () => Date.now(),
			random: () => Math.random(),
			canRenewToken: typeof options.token === "function",
			open: (since) => {
				drop();
				const mine = attempt;
				void (async () => {
					try {
						const token = typeof options.token === "function" ? await options.token() : (options.token ?? null);
						if (mine === attempt) connect(since, token);
					} catch {
						// The page's own token provider failed: tried again like any failed attempt.
						if (mine === attempt) this.#connection.closed(1006, "no token could be had");
					}
				})();
			},
			send: (text) => {
				if (socket?.readyState === WebSocket.OPEN) socket.send(text);
			},
			soon: (run) => queueMicrotask(run),
			close: drop,
			wakeAt: (at) => this.#clock.set(at),
			changed: (state) => this.#emit("state", state),
			message: (message) => {
				if (message.type === "welcome" && message.resume !== undefined) key.write(message.resume);
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
