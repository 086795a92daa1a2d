/**
 * Pages of the history that wait until their session's socket has taken what it was sent before: who asks for ten and
 * reads none holds one of them, and no hundred of such hold all that a room may.
 */
import type { Input, Page } from "../room/inputs.ts";

export class AwaitedPages {
	readonly #isBehind: (session: string) => boolean;
	#waiting: Page[] = [];

	constructor(isBehind: (session: string) => boolean) {
		this.#isBehind = isBehind;
	}

	get count(): number {
		return this.#waiting.length;
	}

	/** Keeps those whose sockets are behind; gives everything else. */
	keep(inputs: readonly Input[]): readonly Input[] {
		if (!inputs.some(({ type }) => type === "page")) return inputs;
		return inputs.filter((input) => {
			if (input.type !== "page" || !this.#isBehind(input.session)) return true;
			this.#waiting.push(input);
			return false;
		});
	}

	/** Those whose sockets have taken everything, or are gone. */
	take(): Page[] {
		if (this.#waiting.length === 0) return [];
		const ready = this.#waiting.filter(({ session }) => !this.#isBehind(session));
		if (ready.length > 0) this.#waiting = this.#waiting.filter(({ session }) => this.#isBehind(session));
		return ready;
	}
}
