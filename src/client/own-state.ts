/** The presence state that this page gave: told again at every welcome, for the room forgets it with the member. */
import type { Refusal } from "../protocol/codes.ts";
import type { WelcomeLimits } from "../protocol/messages.ts";
import { jsonOf, whyNotPresence, writePresence } from "./bounds.ts";
import { RoomError } from "./room.ts";

export class OwnState {
	/** As JSON; null where nothing was ever given. */
	#json: string | null = null;

	/** @throws RoomError where the room could not take it; what was given before stands. */
	set(state: unknown, limits: WelcomeLimits | null): void {
		const json = jsonOf(state);
		const refusal = limits === null ? null : whyNotPresence(json, limits);
		if (refusal !== null) throw new RoomError(refusal);
		this.#json = json;
	}

	/** What an earlier page left in the room is not this one's: cleared, unless this one gave its own. */
	succeed(left: unknown): void {
		if ((left ?? null) !== null) this.#json ??= "null";
	}

	/** Drops what goes beyond the room's bounds, now that they are known; says why, or null. */
	keepTo(limits: WelcomeLimits): Refusal | null {
		const refusal = this.#json === null ? null : whyNotPresence(this.#json, limits);
		if (refusal !== null) this.#json = null;
		return refusal;
	}

	/** The message that tells it, or null. */
	get text(): string | null {
		return this.#json === null ? null : writePresence(this.#json);
	}
}
