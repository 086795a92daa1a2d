/** Signals of one turn: ephemeral, and of those that everyone gets only the newest per session and name. */
import type { Signal } from "../protocol/messages.ts";

export class Signals {
	#newest = new Map<string, string>();

	/** Replaces what this session signalled by that name earlier in the turn. */
	put(signal: Omit<Signal, "type" | "data">, dataJson: string): void {
		const key = `${signal.session} ${signal.name}`;
		this.#newest.delete(key);
		this.#newest.set(key, encodeSignal(signal, dataJson));
	}

	/** Encoded, in the order in which they came. */
	encoded(): Iterable<string> {
		return this.#newest.values();
	}
}

export function encodeSignal(signal: Omit<Signal, "type" | "data">, dataJson: string): string {
	return `{"type":"signal","from":${JSON.stringify(signal.from)},"session":${JSON.stringify(signal.session)},"name":${JSON.stringify(signal.name)},"data":${dataJson}}`;
}
