/** The room's events as a sequence to walk along: those that are held, then those that follow, without a gap. */
import { CLIENT_FEED_EVENTS_MAX } from "../protocol/limits.ts";
import type { Event } from "../protocol/messages.ts";
import { type HistoryPage, NOT_LOADED, type Reason } from "./room.ts";
import { RoomError } from "./room-error.ts";
import type { Held } from "./walk.ts";

export class Feed {
	readonly #held: Held = { events: [], life: 0, isOver: false, moved: Promise.resolve() };
	#reason: Reason | null = null;
	#move = (): void => {};

	constructor() {
		this.#moved();
	}

	add(event: Event): void {
		const held = this.#held;
		// Twice as many before the older half goes: each is moved once, and not at every event.
		if (held.events.length >= 2 * CLIENT_FEED_EVENTS_MAX) held.events = held.events.slice(-CLIENT_FEED_EVENTS_MAX);
		held.events.push(event);
		this.#moved();
	}

	/** The history does not go on where it was. */
	beginAnew(): void {
		this.#held.events = [];
		this.#held.life++;
		this.#moved();
	}

	/** `reason`: why it is over, where that was not one's own wish. */
	end(reason: Reason | null): void {
		this.#held.isOver = true;
		this.#reason = reason;
		this.#moved();
	}

	#moved(): void {
		this.#move();
		this.#held.moved = new Promise((resolve) => {
			this.#move = resolve;
		});
	}

	/** @throws RoomError `trimmed` where its place in the history is gone, or why the room was left. */
	async *read(ask: (page: { after: number }) => Promise<HistoryPage>): AsyncGenerator<Event, void> {
		const { walk } = await import("./walk.ts").catch(() => {
			throw new RoomError(NOT_LOADED);
		});
		const reason = (yield* walk(this.#held, ask)) ?? this.#reason;
		if (reason !== null) throw new RoomError(reason);
	}
}
