/** What one may do here, and why not more. */
import type { Access, Capability, Welcome } from "../../protocol/messages.ts";
import { Store } from "../store.ts";

export class Permission extends Store {
	/** Null before the first welcome. */
	#can: readonly Capability[] | null = null;
	#isGuest = true;
	/** True where one could write, and was stopped. */
	#isMuted = false;

	welcome({ id, can }: Welcome["me"]): void {
		this.#isGuest = id.startsWith("guest:");
		this.#isMuted &&= !can.includes("publish");
		this.#can = can;
		this.changed();
	}

	told({ can }: Access): void {
		this.#isMuted = !can.includes("publish") && (this.#isMuted || this.allows("publish"));
		this.#can = can;
		this.changed();
	}

	allows(capability: Capability): boolean {
		return this.#can?.includes(capability) ?? false;
	}

	/** Why one may not write here; null where one may, or where it is not known yet. */
	get whyNotWrite(): string | null {
		if (this.#can === null || this.allows("publish")) return null;
		if (this.#isMuted) return "A moderator has muted you. You still read everything; what you began to write is kept.";
		if (this.#isGuest) return "You are here as a guest, and guests may only read in this room.";
		return "Your sign-in lets you read in this room, but not write.";
	}
}
