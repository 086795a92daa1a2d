/** Where in the history the client is: what it has seen, and of which epoch. */
import { formatCursor, parseCursor } from "../protocol/ids.ts";
import type { Welcome } from "../protocol/messages.ts";

export class Place {
	#epoch: string | null;
	#seen: number | null;

	/** @param since a cursor; what is none begins anew. */
	constructor(since: string | null) {
		const cursor = since === null ? null : parseCursor(since);
		this.#epoch = cursor?.epoch ?? null;
		this.#seen = cursor?.seq ?? null;
	}

	get cursor(): string | null {
		return this.#epoch === null || this.#seen === null ? null : formatCursor({ epoch: this.#epoch, seq: this.#seen });
	}

	welcomed({ epoch, continuity }: Welcome): void {
		this.#epoch = epoch;
		if (continuity !== "resumed") this.#seen = null;
	}

	saw(seq: number): void {
		this.#seen = seq;
	}
}
