/** The one order, as whoever was first to hear an event heard it; what anyone else hears must be the same, byte by byte. */
import type { Event } from "../../../src/protocol/messages.ts";

export class Ledger {
	readonly #texts = new Map<number, string>();
	/** Places where two were told different things. */
	readonly contradictions: string[] = [];

	hear(event: Event, witness: string): void {
		const text = JSON.stringify(event);
		const known = this.#texts.get(event.seq);
		if (known === undefined) this.#texts.set(event.seq, text);
		else if (known !== text) this.contradictions.push(`${witness} heard ${text} where another heard ${known}`);
	}

	/** How many different places were heard of. */
	get size(): number {
		return this.#texts.size;
	}

	at(seq: number): string | undefined {
		return this.#texts.get(seq);
	}
}
