/** One attempt to be let in: who one is, the transport, and why where it never opened. */

import { FORBIDDEN, TOKEN_REFUSED } from "./close-codes.ts";
import type { Connection } from "./connection.ts";
import type { GuestKey } from "./guest-key.ts";
import type { Token } from "./room.ts";
import { Socket } from "./socket.ts";
import type { Hearer, Offer, Transport } from "./transport.ts";

/** What a header can hold (RFC 9110, 5.6.2): a token travels as a subprotocol. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** What all attempts of a room have in common. */
export interface Way {
	/** The room's URL, `http` or `https`, and the query of a join: "" or `?` and what follows. */
	url: string;
	query: string;
	token: Token | undefined;
	key: GuestKey;
	/** What sockets are made of, where that is not the runtime's own. */
	WebSocket: typeof WebSocket | undefined;
	/** Attempts in a row that came to nothing though the room may be there; after so many sockets a stream is tried, and after that sockets again. */
	inVain: number;
	readonly inVainMax: number;
	connection(): Connection;
}

export class Attempt implements Hearer {
	readonly #way: Way;
	#transport: Transport | null = null;
	#offer: Offer | null = null;
	#isOpen = false;
	readonly #over = new AbortController();
	/** What is to be loaded before more is heard; null where nothing is. */
	#loading: Promise<unknown> | null = null;

	constructor(way: Way) {
		this.#way = way;
	}

	/** Goes through with it; how it goes is told to the connection. */
	async go(since: string | null): Promise<void> {
		const { key, url, query } = this.#way;
		try {
			const token = await this.#token();
			this.#offer = { url, query, since, token, key: token === null ? await key.take() : null };
			if (this.#isOver) return;
			this.#way.connection().reaching();
			const transport = await this.#choose();
			if (this.#isOver) return;
			this.#transport = transport;
			transport.open(this.#offer, this);
		} catch (error) {
			this.#refuse("not_configured", FORBIDDEN, `No connection is made here: ${error}`);
		}
	}

	async #choose(): Promise<Transport> {
		const socket = (): Transport => new Socket(this.#way.WebSocket ?? WebSocket);
		if (this.#way.inVain < this.#way.inVainMax) return socket();
		// Where it cannot be loaded now a socket may open again.
		const loaded = await import("./stream.ts").catch(() => null);
		if (loaded !== null) return new loaded.Stream(socket);
		this.#way.inVain = 0;
		return socket();
	}

	/** The token to come with; null for a guest. Never resolves where there is none to be had. */
	async #token(): Promise<string | null> {
		const { token } = this.#way;
		let given: unknown = token;
		try {
			if (typeof token === "function") given = await token();
		} catch (error) {
			return this.#refuse("unauthorized", TOKEN_REFUSED, `The page's own \`token\` function failed: ${error}`);
		}
		if (given === undefined || given === null) return null;
		if (typeof given === "string" && TOKEN.test(given)) return given;
		return this.#refuse("unauthorized", TOKEN_REFUSED, "`token` gave no token: that is one word.");
	}

	#refuse(code: "unauthorized" | "not_configured", closeCode: number, message: string): Promise<never> {
		if (!this.#isOver) {
			this.close();
			this.#way.connection().refused({ code, message }, closeCode);
		}
		return new Promise(() => {});
	}

	/** True for one who came without a token. */
	get isSignedOut(): boolean {
		return this.#offer?.token === null;
	}

	get #isOver(): boolean {
		return this.#over.signal.aborted;
	}

	get #isSocket(): boolean {
		return this.#transport instanceof Socket;
	}

	get unsentBytes(): number {
		return this.#transport?.unsentBytes ?? 0;
	}

	send(text: string): void {
		this.#transport?.send(text);
	}

	/** `hangs`: it came to nothing in its time. */
	close(hangs = false): void {
		if (hangs && this.#transport !== null) this.#wasInVain();
		this.#over.abort();
		this.#transport?.close();
	}

	#wasInVain(): void {
		this.#way.inVain = this.#isSocket ? this.#way.inVain + 1 : 0;
	}

	// What the transport tells.

	opened(): void {
		this.#isOpen = true;
		this.#way.connection().opened();
	}

	heard(text: string): void {
		if (this.#isSocket) this.#way.inVain = 0;
		const connection = this.#way.connection();
		const loading = this.#loading ?? connection.loading(text);
		if (loading === null) return connection.heard(text);
		// Once one has waited the others come behind it.
		this.#loading = loading.then(() => this.#isOver || connection.heard(text));
	}

	socketOpens(): void {
		this.#way.inVain = 0;
	}

	async closed(code: number, reason: string): Promise<void> {
		if (this.#loading !== null) await this.#loading;
		if (this.#isOver) return;
		const connection = this.#way.connection();
		if (this.#isOpen || this.#offer === null) return connection.closed(code, reason);
		const loaded = await import("./why-refused.ts").catch(() => null);
		const why = loaded && (await loaded.whyRefused(this.#offer, this.#over.signal));
		if (this.#isOver) return;
		// Where nothing can be reached, no way is to blame.
		if (!this.#isSocket || why?.isThere) this.#wasInVain();
		if (why === null) connection.unreachable("The room cannot be reached.");
		else connection.refused(...why.refused);
	}
}
