/**
 * The transport where no WebSocket opens: the room's messages come as a stream of server-sent events, and what is said
 * goes by `POST`, one at a time, so that it arrives in order. Loaded where sockets came to nothing.
 */
import { readStreamEvent } from "../protocol/event-stream.ts";
import { PONG_MS_MAX } from "../protocol/limits.ts";
import type { Welcome } from "../protocol/messages.ts";
import { CLIENT_KEPT_UNITS_MAX, CLIENT_SIGN_MS, CLIENT_SOCKET_AGAIN_MS } from "../protocol/stream-limits.ts";
import type { Hearer, Offer, Transport } from "./transport.ts";

export class Stream implements Transport {
	readonly #socket: () => Transport;
	readonly #over = new AbortController();
	/** The room's URL, and what proves who speaks. */
	#url = "";
	#proof: Record<string, string> = {};
	/** Null once it is over. */
	#hearer: Hearer | null = null;
	#session = "";
	readonly #unsent: string[] = [];
	#isSending = false;
	#signAt = 0;
	#probing: ReturnType<typeof setInterval> | undefined;
	#probe: Transport | null = null;

	/** @param socket makes one, to see whether one opens again. */
	constructor(socket: () => Transport) {
		this.#socket = socket;
	}

	open(offer: Offer, hearer: Hearer): void {
		this.#hearer = hearer;
		this.#url = offer.url;
		if (offer.token !== null) this.#proof = { Authorization: `Bearer ${offer.token}` };
		else if (offer.key !== null) this.#proof = { "Rotunda-Resume": offer.key };
		this.#read(offer, hearer).then(
			() => this.#end(1006, ""),
			() => this.#end(1006, ""),
		);
	}

	async #read(offer: Offer, hearer: Hearer): Promise<void> {
		const headers: Record<string, string> = { ...this.#proof, Accept: "text/event-stream" };
		if (offer.since !== null) headers["Last-Event-ID"] = offer.since;
		const { signal } = this.#over;
		const { ok, body } = await fetch(`${this.#url}/events${offer.query}`, { headers, cache: "no-store", signal });
		if (!ok || body === null) return;
		hearer.opened();
		this.#probing = setInterval(() => this.#look(offer), CLIENT_SOCKET_AGAIN_MS);
		const reader = body.pipeThrough(new TextDecoderStream()).getReader();
		let rest = "";
		for (;;) {
			const { value, done } = await reader.read();
			if (done || signal.aborted) return;
			this.#signAt = performance.now();
			const parts = (rest + value).split("\n\n");
			rest = parts.pop() ?? "";
			this.#heard(parts);
		}
	}

	/** What came at once: events, and comments, which are signs of life. */
	#heard(parts: readonly string[]): void {
		const messages: string[] = [];
		for (const part of parts) {
			const event = readStreamEvent(part);
			if (event === null) continue;
			const { type, data } = event;
			if (type === "welcome") this.#welcomed(JSON.parse(data) as Welcome);
			if (type !== "close") {
				messages.push(data);
				continue;
			}
			if (messages.length > 0) this.#hearer?.heard(`[${messages.join(",")}]`);
			const { code, reason } = JSON.parse(data) as { code: number; reason: string };
			return this.#end(code, reason);
		}
		this.#hearer?.heard(messages.length > 0 ? `[${messages.join(",")}]` : "pong");
	}

	#welcomed({ me, resume }: Welcome): void {
		this.#session = me.session;
		if (resume !== undefined) this.#proof = { "Rotunda-Resume": resume };
	}

	/** It is over, and the other side is told. */
	#end(code: number, reason: string): void {
		if (this.#hearer === null) return;
		const hearer = this.#hearer;
		this.#hearer = null;
		this.#stop();
		hearer.closed(code, reason);
	}

	#stop(): void {
		this.#unsent.length = 0;
		clearInterval(this.#probing);
		this.#probe?.close();
		this.#over.abort();
	}

	send(text: string): void {
		if (this.#hearer === null) return;
		if (text === "ping") return this.#answerPing();
		this.#unsent.push(text);
		if (!this.#isSending) void this.#sendAll();
	}

	/** The Worker pings the room for it; what has been heard lately says that it does. */
	#answerPing(): void {
		if (performance.now() - this.#signAt < CLIENT_SIGN_MS) queueMicrotask(() => this.#hearer?.heard("pong"));
	}

	async #sendAll(): Promise<void> {
		this.#isSending = true;
		for (let text = this.#unsent.shift(); text !== undefined; text = this.#unsent.shift()) {
			// Of what was not taken nothing is known: over another session all is asked again.
			if (!(await this.#post(text))) this.#end(1006, "");
		}
		this.#isSending = false;
		if (this.#hearer === null) this.#stop();
	}

	async #post(body: string): Promise<boolean> {
		try {
			const { ok } = await fetch(`${this.#url}/sessions/${this.#session}`, {
				method: "POST",
				headers: { ...this.#proof, "Content-Type": "application/json" },
				body,
				keepalive: body.length <= CLIENT_KEPT_UNITS_MAX,
				signal: AbortSignal.timeout(PONG_MS_MAX),
			});
			return ok;
		} catch {
			return false;
		}
	}

	/** While one is on its way, what only its newest is worth waits for it: a burst goes as one. */
	get unsentBytes(): number {
		return this.#isSending ? Number.POSITIVE_INFINITY : 0;
	}

	/** Sees whether a socket opens again: what it hears says that it does. */
	#look(offer: Offer): void {
		this.#probe?.close();
		const probe = this.#socket();
		this.#probe = probe;
		const none = (): void => {};
		const heard = (): void => {
			this.#hearer?.socketOpens();
			this.#end(1006, "");
		};
		const query = `${offer.query === "" ? "?" : `${offer.query}&`}history=0`;
		const key = this.#proof["Rotunda-Resume"] ?? null;
		probe.open({ ...offer, query, key, since: null }, { opened: none, heard, closed: none, socketOpens: none });
	}

	close(): void {
		this.#hearer = null;
		// What was said before it goes out first: the session ends with its stream.
		if (!this.#isSending) this.#stop();
	}
}
