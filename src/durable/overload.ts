/** What is refused by the body itself, at once and not by a turn, because the inbox has no room for it. */
import { CLOSE } from "../protocol/codes.ts";
import { OVERLOAD_EFFORT_MAX, REFUSAL_EFFORT_MIN } from "../protocol/limits.ts";
import type { Frame } from "./frame.ts";
import { OVERLOADED } from "./refusals.ts";
import type { Seats } from "./seats.ts";

export class Overload {
	readonly #seats: Seats;
	/** What it took to refuse, in units of text, since the room last had nothing to do, by session. */
	#refused = new Map<string, number>();

	constructor(seats: Seats) {
		this.#seats = seats;
	}

	/** The inbox was emptied. */
	isOver(): void {
		if (this.#refused.size > 0) this.#refused = new Map();
	}

	/**
	 * Refuses a frame, naming the ids that it holds: for that it is looked through, so who goes on regardless is sent away.
	 * One that does not read (`isPaused`) gets no refusals either: they would pile up in its buffer, which is what a
	 * pause prevents. Says whether the session is closed.
	 */
	refuse(session: string, frame: Pick<Frame, "effort" | "ids">, isPaused: boolean): boolean {
		const refused = (this.#refused.get(session) ?? 0) + Math.max(frame.effort, REFUSAL_EFFORT_MIN);
		this.#refused.set(session, refused);
		if (!isPaused && refused <= OVERLOAD_EFFORT_MAX) {
			this.#seats.refuse(session, frame.ids(), OVERLOADED);
			return false;
		}
		const code = isPaused ? CLOSE.tooSlow : CLOSE.busy;
		this.#seats.close([{ session, code, reason: isPaused ? "too slow" : "more than the room can take" }]);
		this.#refused.delete(session);
		return true;
	}
}
