/** The port's socket: opened with what proves who one is, and dropped. */
import type { Connection } from "./connection.ts";
import type { JoinOptions } from "./room.ts";

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

export class SocketPort {
	readonly #address: URL;
	readonly #options: JoinOptions;
	readonly key: ReturnType<typeof keptKey>;
	#socket: WebSocket | null = null;
	#attempt = 0;

	constructor(address: URL, options: JoinOptions) {
		this.#address = address;
		this.#options = options;
		this.key = keptKey(address);
	}

	/** Opens a socket in the place of the one before, and tells the connection how it goes. */
	async open(since: string | null, connection: Connection): Promise<void> {
		this.close();
		const mine = this.#attempt;
		const options = this.#options;
		try {
			const token = typeof options.token === "function" ? await options.token() : (options.token ?? null);
			if (mine === this.#attempt) this.#connect(since, token, connection);
		} catch {
			// The page's own token provider failed: tried again like any failed attempt.
			if (mine === this.#attempt) connection.closed(1006, "no token could be had");
		}
	}

	#connect(since: string | null, token: string | null, connection: Connection): void {
		const url = new URL(this.#address);
		if (this.#options.name !== undefined) url.searchParams.set("name", this.#options.name);
		if (since !== null) url.searchParams.set("since", since);
		const protocols = ["rotunda.v1"];
		if (token !== null) protocols.push(`bearer.${token}`);
		const guest = token === null ? this.key.read() : null;
		if (guest !== null) protocols.push(`resume.${guest}`);
		const opened = new WebSocket(url, protocols);
		this.#socket = opened;
		opened.onopen = () => {
			// A close that comes before the room's side has read anything may not reach the client (workerd 2026-11-17).
			opened.send("ping");
			connection.opened();
		};
		opened.onmessage = ({ data }) => connection.heard(String(data));
		opened.onclose = ({ code, reason }) => {
			this.#socket = null;
			connection.closed(code, reason);
		};
	}

	send(text: string): void {
		if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
	}

	/** Drops the socket, if there is one, and the attempt that is under way. */
	close(): void {
		this.#attempt++;
		const old = this.#socket;
		this.#socket = null;
		if (old === null) return;
		old.onopen = old.onmessage = old.onclose = null;
		old.close();
	}
}
