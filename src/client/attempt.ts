/** One attempt to be let in: who one is, the transport, and why where it never opened. */
import { closeCodeOfRefusedJoin } from "../protocol/codes.ts";
import type { Connection } from "./connection.ts";
import type { GuestKey } from "./guest-key.ts";
import type { Token } from "./room.ts";
import type { Hearer, Offer, Transport } from "./transport.ts";
import { whyRefused } from "./why-refused.ts";

/** What a header can hold (RFC 9110, 5.6.2): a token travels as a subprotocol. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

const NO_TOKEN =
	"What was given as `token` is none: a token is one word, as your login made it. A function of yours may have got a page in place of it.";

/** What all attempts of a room have in common. */
export interface Way {
	/** The room's URL, `http` or `https`, with the query of a join. */
	url: string;
	token: Token | undefined;
	key: GuestKey;
	transport(): Transport;
	connection(): Connection;
}

export class Attempt implements Hearer {
	readonly #way: Way;
	#transport: Transport | null = null;
	#offer: Offer | null = null;
	#wasOpened = false;
	readonly #over = new AbortController();

	constructor(way: Way) {
		this.#way = way;
	}

	/** Goes through with it; how it goes is told to the connection. */
	async go(since: string | null): Promise<void> {
		try {
			const token = await this.#token();
			const key = token === null ? await this.#way.key.take() : null;
			if (this.#isOver) return;
			this.#offer = { since, token, key };
			this.#way.connection().reaching();
			this.#transport = this.#way.transport();
			this.#transport.open(this.#offer, this);
		} catch (error) {
			this.#refuse("not_configured", `No connection can be made here: ${error}`);
		}
	}

	/** The token to come with; null for a guest. Never resolves where there is none to be had. */
	async #token(): Promise<string | null> {
		const { token } = this.#way;
		let given: unknown = token;
		try {
			if (typeof token === "function") given = await token();
		} catch (error) {
			return this.#refuse("unauthorized", `The page's own \`token\` function failed: ${error}`);
		}
		if (given === undefined || given === null) return null;
		if (typeof given === "string" && TOKEN.test(given)) return given;
		return this.#refuse("unauthorized", NO_TOKEN);
	}

	#refuse(code: "unauthorized" | "not_configured", message: string): Promise<never> {
		if (!this.#isOver) {
			this.close();
			this.#way.connection().refused({ code, message }, closeCodeOfRefusedJoin(code));
		}
		return new Promise(() => {});
	}

	/** True for one who came without a token. */
	get isSignedOut(): boolean {
		return this.#offer !== null && this.#offer.token === null;
	}

	get #isOver(): boolean {
		return this.#over.signal.aborted;
	}

	get unsentBytes(): number {
		return this.#transport?.unsentBytes ?? 0;
	}

	send(text: string): void {
		this.#transport?.send(text);
	}

	close(): void {
		this.#over.abort();
		this.#transport?.close();
	}

	// What the transport tells.

	opened(): void {
		this.#wasOpened = true;
		this.#way.connection().opened();
	}

	heard(text: string): void {
		this.#way.connection().heard(text);
	}

	async closed(code: number, reason: string): Promise<void> {
		const connection = this.#way.connection();
		if (this.#wasOpened || this.#offer === null) return connection.closed(code, reason);
		const why = await whyRefused(this.#way.url, this.#offer, this.#over.signal);
		if (!this.#isOver) connection.refused(why.reason, why.code);
	}
}
