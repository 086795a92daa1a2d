/**
 * What moderators and operators do to a room: each action takes hold in the turn in which it comes,
 * and survives sleep. Silence is success: those whom it concerns see it happen.
 */

import { CLOSE, type Refusal } from "../protocol/codes.ts";
import { FORMER_GUEST_ID, formerIdOf, SHARED_ADDRESS } from "../protocol/ids.ts";
import type { Moderation as Action } from "../protocol/messages.ts";
import { BANNED } from "./door.ts";
import type { History } from "./history.ts";
import type { Ranges } from "./ranges.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Sanctions, Term } from "./sanctions.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Settlement } from "./settlement.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	record: RoomRecord;
	history: History;
	sessions: Sessions;
	roster: Roster;
	ranges: Ranges;
	sanctions: Sanctions;
	settlement: Settlement;
}

export class Moderation {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Does it, or says why not. `by` is the moderator's member id. */
	moderate({ action, member, seq, seconds }: Action, by: string, turn: Turn): Refusal | null {
		if (action === "lock" || action === "unlock") return this.#lock(action === "lock");
		if (action === "redact") return this.#redact(seq, by, turn);
		if (member === undefined) return { code: "invalid", message: `Say whom to ${action}: \`member\`.` };
		const term = { since: turn.now, until: seconds === undefined ? null : turn.now + seconds * 1000 };
		switch (action) {
			case "remove":
				if (this.#dismiss(member, CLOSE.removed, "A moderator has removed you from this room.", turn)) return null;
				return { code: "not_found", message: "That member is not here." };
			case "ban":
				return this.#ban(member, term, turn);
			case "mute":
				this.#room.sanctions.impose("mute", member, [], term);
				this.#room.record.exist();
				this.#regrant(member, turn);
				this.#silence([member], turn);
				return null;
			case "unban":
			case "unmute":
				return this.#lift(action === "unban" ? "ban" : "mute", member, turn);
		}
	}

	#lock(isLocked: boolean): null {
		const { record } = this.#room;
		if (record.meta.isLocked !== isLocked) record.change({ isLocked });
		return null;
	}

	#redact(seq: number | undefined, by: string, turn: Turn): Refusal | null {
		if (seq === undefined) return { code: "invalid", message: "Say which event to redact: `seq`." };
		this.#room.ranges.hurry();
		if (this.#room.history.redact(seq, by, turn.now)) return null;
		return { code: "not_found", message: `There is no event ${seq} in this room.` };
	}

	/** A ban is worth storing a room for: its epoch is real from here on. */
	#ban(member: string, term: Term, turn: Turn): null {
		const { sanctions, record, sessions, roster } = this.#room;
		const addresses = roster.addressesOf(member, turn.now);
		for (const { address } of this.#sessionsOf(member)) if (address !== null) addresses.add(address);
		// Where everyone comes from, nobody else is meant.
		for (const address of addresses) if (address.startsWith(SHARED_ADDRESS)) addresses.delete(address);
		sanctions.impose("ban", member, addresses, term);
		record.exist();
		this.#dismiss(member, CLOSE.banned, BANNED.message, turn);
		const flatmates: string[] = [];
		// Guests of a banned address are one person with several windows, as far as anyone can know.
		for (const session of [...sessions.values()]) {
			if (session.address === null || !addresses.has(session.address)) continue;
			sessions.close(session, CLOSE.banned, BANNED.message, turn);
			flatmates.push(session.member);
		}
		this.#silence(flatmates, turn);
		return null;
	}

	#lift(kind: "ban" | "mute", member: string, turn: Turn): Refusal | null {
		const isLifted = this.#room.sanctions.lift(kind, member);
		if (kind === "mute") this.#regrant(member, turn);
		if (isLifted) return null;
		return { code: "not_found", message: "There is nothing of that kind to lift from that member." };
	}

	/** Ends the mutes whose time is over. */
	expire(turn: Turn): void {
		const { sanctions } = this.#room;
		const next = sanctions.deadline();
		if (next === null || next > turn.now) return;
		for (const member of sanctions.expire(turn.now)) this.#regrant(member, turn);
	}

	#regrant(member: string, turn: Turn): void {
		for (const id of new Set([member, ...this.#sessionsOf(member).map((session) => session.member)])) {
			this.#room.sessions.regrant(id, turn);
		}
	}

	/** What they have in hold does not appear, though nothing speaks against them any more when its check is back. */
	#silence(members: readonly string[], turn: Turn): void {
		const silenced = new Set(members);
		this.#room.settlement.reject((each) => silenced.has(each) || silenced.has(formerIdOf(each) ?? ""), turn);
	}

	/** A member's sessions. An old event names a guest by what its id was: then those of every id that begins so. */
	#sessionsOf(member: string): Session[] {
		const { sessions } = this.#room;
		if (!FORMER_GUEST_ID.test(member)) return sessions.of(member);
		return [...sessions.values()].filter((each) => each.member === member || formerIdOf(each.member) === member);
	}

	/** Closes all of a member's sessions; it is gone at once, without grace. */
	#dismiss(member: string, code: number, reason: string, turn: Turn): boolean {
		const { sessions, roster } = this.#room;
		this.#silence([member], turn);
		const closed = this.#sessionsOf(member);
		for (const session of closed) sessions.close(session, code, reason, turn);
		let wasHere = roster.remove(member, turn.now);
		for (const { member: id } of closed) wasHere = roster.remove(id, turn.now) || wasHere;
		return wasHere;
	}
}
