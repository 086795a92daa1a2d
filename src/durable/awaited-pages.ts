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
		const behind = inputs.filter((input) => input.type === "page" && this.#isBehind(input.session)) as Page[];
		if (behind.length === 0) return inputs;
		for (const page of behind) {
			const waiting = this.#waiting.get(page.session) ?? [];
			this.#waiting.set(page.session, [...waiting, page]);
		}
		const kept = new Set<Input>(behind);
		return inputs.filter((input) => !kept.has(input));
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
