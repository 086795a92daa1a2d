/** Who may come in, read and moderate now (G10), and how often. Asked by the platform beforehand, and again in the turn. */
import type { Refusal } from "../protocol/codes.ts";
import { OPERATOR } from "../protocol/ids.ts";
import { HISTORY_PER_SECOND, MODERATE_PER_SECOND, OPERATOR_READS_PER_SECOND } from "../protocol/limits.ts";
import type { Buckets, Toll } from "./buckets.ts";
import type { Identity, Join } from "./inputs.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Sanctions } from "./sanctions.ts";
import { REFUSAL_TOLL, tooMany } from "./tolls.ts";

/** Also said to one who is there, and goes. */
export const BANNED: Refusal = { code: "banned", message: "A moderator has banned you from this room." };

/** Of another's session, and of one that is not there: nobody learns which. */
const NOT_YOURS: Refusal = {
	code: "not_found",
	message: "You have no such session here: a welcome names it, and it is spoken for with what it was joined with.",
};

interface Who {
	member: string;
	/** The hash of a guest's address; null for everyone else. */
	address: string | null;
}

export class Door {
	readonly #record: RoomRecord;
	readonly #roster: Roster;
	readonly #sanctions: Sanctions;
	readonly #buckets: Buckets;

	constructor(record: RoomRecord, roster: Roster, sanctions: Sanctions, buckets: Buckets) {
		this.#record = record;
		this.#roster = roster;
		this.#sanctions = sanctions;
		this.#buckets = buckets;
	}

	/** Why a member may not come in, or null. */
	refusesJoin({ member, can, address }: Omit<Identity, "name">, now: number): Refusal | null {
		const refusal = this.#refusesBanned({ member, address: address ?? null }, now);
		if (refusal !== null) return refusal;
		// Who is here already may come back, also into a locked room.
		if (!this.#record.meta.isLocked || can.includes("moderate") || this.#roster.has(member)) return null;
		return { code: "room_locked", message: "This room is locked: nobody new may come in until a moderator opens it." };
	}

	/** Why one who has come may not be let in now, or null: its token may have expired on its way here. */
	refusesComer(join: Join, now: number): Refusal | null {
		const { expiresAt = null } = join;
		if (expiresAt !== null && expiresAt <= now) {
			return { code: "unauthorized", message: "The token has expired; join again with a new one." };
		}
		return this.refusesJoin(join, now);
	}

	/** Why one who holds no socket may not publish, or null. An operator may where nobody else may. */
	refusesPost({ member, can, address = null }: Omit<Identity, "name">, now: number): Refusal | null {
		if (member === OPERATOR) return null;
		const refusal = this.refusesJoin({ member, can, address }, now);
		if (refusal !== null) return refusal;
		const retryAfterMs = this.#buckets.waitFor({ member, address }, REFUSAL_TOLL, now);
		if (retryAfterMs === 0) return null;
		return {
			code: "rate_limited",
			message: "Too many refusals; wait a little, and send what can be done.",
			retryAfterMs,
		};
	}

	/** A post was refused in its turn: who goes on like that is refused before anything is read of the next one. */
	refusedPost({ member, address }: Who, now: number): void {
		if (member !== OPERATOR) this.#buckets.takeFor({ member, address }, REFUSAL_TOLL, now);
	}

	/**
	 * Why somebody may not read over HTTP now, or null: what keeps one from joining keeps it from reading. Then a token
	 * is taken, whatever is read, from the bucket that its requests by socket are taken from. All operators together
	 * have one of their own.
	 */
	refusesReader({ member, can, address = null }: Omit<Identity, "name">, now: number): Refusal | null {
		if (member === OPERATOR) return this.refusesOperator(now);
		return (
			this.refusesJoin({ member, can, address }, now) ??
			this.#refusesRate({ member, address }, { what: "read", perSecond: HISTORY_PER_SECOND }, now)
		);
	}

	/** Why one may not speak for a session that is not its own. Who goes on asking is refused for that: anyone can make up keys. */
	refusesStranger(who: Who, now: number): Refusal {
		return this.#refusesRate(who, { what: "read", perSecond: HISTORY_PER_SECOND }, now) ?? NOT_YOURS;
	}

	/** Why an operator may not read now, or null: then a token is taken. */
	refusesOperator(now: number): Refusal | null {
		const who = { member: OPERATOR, address: null };
		return this.#refusesRate(who, { what: "read", perSecond: OPERATOR_READS_PER_SECOND }, now);
	}

	#refusesBanned({ member, address }: Who, now: number): Refusal | null {
		return this.#sanctions.isBanned(member, address, now) ? BANNED : null;
	}

	/** Why somebody may not moderate over HTTP, or null. An operator may. */
	refusesModerator({ member, can, address = null }: Omit<Identity, "name">, now: number): Refusal | null {
		if (member === OPERATOR) return null;
		const refusal = this.#refusesBanned({ member, address }, now);
		if (refusal !== null) return refusal;
		if (!this.#sanctions.effective(member, can).has("moderate")) {
			return { code: "forbidden", message: "You may not moderate this room while you are muted." };
		}
		return this.#refusesRate({ member, address }, { what: "moderate", perSecond: MODERATE_PER_SECOND }, now);
	}

	#refusesRate(who: Who, toll: Toll, now: number): Refusal | null {
		const retryAfterMs = this.#buckets.takeFor(who, toll, now);
		if (retryAfterMs === 0) return null;
		return { code: "rate_limited", message: tooMany(toll.what), retryAfterMs };
	}
}
