/**
 * Pages of the history that wait until their session's socket has taken what it was sent before: who asks for ten and
 * reads none holds one of them, and no hundred of such hold all that a room may.
 */
import type { Input, Page } from "../room/inputs.ts";

export class AwaitedPages {
	readonly #isBehind: (session: string) => boolean;
	/** By session, in the order in which they were asked for. */
	readonly #waiting = new Map<string, Page[]>();

	constructor(isBehind: (session: string) => boolean) {
		this.#isBehind = isBehind;
	}

	get isEmpty(): boolean {
		return this.#waiting.size === 0;
	}

	/** Keeps those whose sockets are behind; gives everything else. */
	keep(inputs: readonly Input[]): readonly Input[] {
		if (!inputs.some(({ type }) => type === "page")) return inputs;
		return inputs.filter((input) => {
			if (input.type !== "page" || !this.#isBehind(input.session)) return true;
			this.#waiting.set(input.session, [...(this.#waiting.get(input.session) ?? []), input]);
			return false;
		});
	}

	/** Those whose sockets have taken everything, or are gone. */
	take(): Page[] {
		const ready: Page[] = [];
		for (const [session, pages] of this.#waiting) {
			if (this.#isBehind(session)) continue;
			ready.push(...pages);
			this.#waiting.delete(session);
		}
		return ready;
	}
}
