/**
 * What is worth nothing but its newest: one's presence, and signals by name and receiver. It goes out at once while
 * the room's rate and the line allow it; beyond, each waits as its newest, so that the last one always arrives.
 */

import { BURST_SECONDS, PRESENCE_PER_SECOND, RETRY_MS_DEFAULT } from "../protocol/limits.ts";
import {
	CLIENT_NEWEST_MAX,
	CLIENT_NEWEST_SHARE,
	CLIENT_UNSENT_BYTES_MAX,
	LINE_POLL_MS,
} from "../protocol/speech-limits.ts";

class Pace {
	#tokens = 0;
	#at = Number.NEGATIVE_INFINITY;

	/** How long until one may go out, ms; 0 takes it. */
	take(now: number, perSecond: number): number {
		if (perSecond === 0) return 0;
		const rate = (perSecond * CLIENT_NEWEST_SHARE) / 1000;
		this.#tokens = Math.min((perSecond * BURST_SECONDS) / 2, this.#tokens + (now - this.#at) * rate);
		this.#at = now;
		if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / rate);
		this.#tokens--;
		return 0;
	}
}

export class Newest {
	readonly #waiting = new Map<string, string>();
	/** What went out lately, for where the room refuses it as too fast after all. */
	#sent = new Map<string, { text: string; at: number }>();
	readonly #presence = new Pace();
	readonly #signals = new Pace();
	/** Nothing goes out before this. */
	#resumeAt = 0;

	/** When what waits goes out; Infinity where nothing does. */
	get resumeAt(): number {
		return this.#waiting.size === 0 ? Number.POSITIVE_INFINITY : this.#resumeAt;
	}

	presence(text: string): void {
		this.#put("", text);
	}

	signal(name: string, to: string | undefined, text: string): void {
		this.#put(` ${name} ${to ?? ""}`, text);
	}

	#put(key: string, text: string): void {
		// What waits already is waited for; with none, nothing is.
		if (this.#waiting.size === 0 && this.#resumeAt === Number.POSITIVE_INFINITY) this.#resumeAt = 0;
		this.#waiting.delete(key);
		this.#waiting.set(key, text);
		if (this.#waiting.size <= CLIENT_NEWEST_MAX) return;
		const [oldest = key] = this.#waiting.keys();
		this.#waiting.delete(oldest);
	}

	/** What goes out now, oldest first. `unsentBytes`: what the line has not taken yet. */
	take(now: number, signalPerSecond: number, unsentBytes: () => number): string[] {
		if (this.#waiting.size === 0 || now < this.#resumeAt) return [];
		if (unsentBytes() > CLIENT_UNSENT_BYTES_MAX) {
			this.#resumeAt = now + LINE_POLL_MS;
			return [];
		}
		this.#resumeAt = Number.POSITIVE_INFINITY;
		const texts: string[] = [];
		for (const [key, text] of this.#waiting) {
			const waitMs =
				key === "" ? this.#presence.take(now, PRESENCE_PER_SECOND) : this.#signals.take(now, signalPerSecond);
			if (waitMs > 0) {
				this.#resumeAt = Math.min(this.#resumeAt, now + waitMs);
				continue;
			}
			this.#waiting.delete(key);
			this.#sent.delete(key);
			this.#sent.set(key, { text, at: now });
			texts.push(text);
		}
		for (const [key, { at }] of this.#sent) {
			if (at > now - RETRY_MS_DEFAULT && this.#sent.size <= CLIENT_NEWEST_MAX) break;
			this.#sent.delete(key);
		}
		return texts;
	}

	/**
	 * The room refused one of them for now, and does not say which: those of the last second go out again.
	 * @returns false where it can have been none of these.
	 */
	again(now: number, retryAfterMs: number): boolean {
		const sent = this.#sent;
		this.#sent = new Map();
		let isAny = false;
		for (const [key, { text, at }] of sent) {
			if (at <= now - RETRY_MS_DEFAULT) continue;
			isAny = true;
			if (!this.#waiting.has(key)) this.#waiting.set(key, text);
		}
		if (isAny) this.#resumeAt = now + retryAfterMs;
		return isAny;
	}

	/** The connection is gone, and with it what was worth something then. */
	clear(): void {
		this.#waiting.clear();
		this.#sent.clear();
		this.#resumeAt = 0;
	}
}
