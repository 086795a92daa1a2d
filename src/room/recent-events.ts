/**
 * The newest events, held in memory while somebody is behind: most who are, are so by little, and what is at hand costs
 * no statement. As they are stored, with nothing missing between them.
 */
import { RECENT_EVENT_UNITS, RECENT_UNITS_MAX } from "../protocol/limits.ts";
import type { StoredEvent } from "./store.ts";

export class RecentEvents {
	#events: StoredEvent[] = [];
	#units = 0;

	/** Those that follow the last of them, or begin anew. */
	add(events: readonly StoredEvent[]): void {
		this.#events.push(...events);
		for (const event of events) this.#units += unitsOf(event);
		let over = 0;
		while (this.#units > RECENT_UNITS_MAX) this.#units -= unitsOf(this.#events[over++] as StoredEvent);
		if (over > 0) this.#events = this.#events.slice(over);
	}

	rewrite({ seq, body, bytes }: Pick<StoredEvent, "seq" | "body" | "bytes">): void {
		const index = seq - (this.#events[0]?.seq ?? seq + 1);
		const event = this.#events[index];
		if (event === undefined) return;
		this.#units += body.length - event.body.length;
		this.#events[index] = { ...event, body, bytes };
	}

	clear(): void {
		if (this.#events.length > 0) [this.#events, this.#units] = [[], 0];
	}

	/** At most `limit` of those after `seq`; null where one of them may be missing. */
	after(seq: number, limit: number): readonly StoredEvent[] | null {
		const [first] = this.#events;
		if (first === undefined || seq + 1 < first.seq) return null;
		const start = seq + 1 - first.seq;
		return this.#events.slice(start, start + limit);
	}
}

function unitsOf({ body }: StoredEvent): number {
	return body.length + RECENT_EVENT_UNITS;
}
