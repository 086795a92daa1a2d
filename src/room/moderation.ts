/**
 * What moderators and operators do to a room: each action takes hold in the turn in which it comes,
 * and survives sleep. Silence is success: those whom it concerns see it happen.
 */

import { CLOSE, type Refusal } from "../protocol/codes.ts";
import { ERASE_EVENTS_MAX } from "../protocol/limits.ts";
import type { Moderation as Action } from "../protocol/messages.ts";
import type { Audience } from "./audience.ts";
import type { History } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { Roster } from "./presence.ts";
import type { Ranges } from "./ranges.ts";
import type { Sanctions } from "./sanctions.ts";
import type { RoomStore } from "./store.ts";
import type { Turn } from "./turn.ts";

export class Moderation {
	readonly #store: RoomStore;
	readonly #history: History;
	readonly #audience: Audience;
	readonly #roster: Roster;
	readonly #ranges: Ranges;
	readonly #outbox: Outbox;
	readonly #sanctions: Sanctions;

	constructor(
		store: RoomStore,
		history: History,
		audience: Audience,
		roster: Roster,
		ranges: Ranges,
		outbox: Outbox,
		sanctions: Sanctions,
	) {
		this.#store = store;
		this.#history = history;
		this.#audience = audience;
		this.#roster = roster;
		this.#ranges = ranges;
		this.#outbox = outbox;
		this.#sanctions = sanctions;
	}

	/** Does it, or says why not. `by` is the moderator's member id. */
	moderate({ action, member, seq, seconds }: Action, by: string, turn: Turn): Refusal | null {
		const until = seconds === undefined ? null : turn.now + seconds * 1000;
		if (action === "lock" || action === "unlock") {
			const isLocked = action === "lock";
			if (this.#history.meta.isLocked !== isLocked) this.#history.change({ isLocked });
			return null;
		}
		if (action === "redact") {
			if (seq === undefined) return { code: "invalid", message: "Say which event to redact: `seq`." };
			this.#ranges.hurry();
			if (this.#history.redact(seq, by, turn.now)) return null;
			return { code: "not_found", message: `There is no event ${seq} in this room.` };
		}
		if (member === undefined) return { code: "invalid", message: `Say whom to ${action}: \`member\`.` };
		switch (action) {
			case "remove":
				if (this.#dismiss(member, CLOSE.removed, "a moderator removed you", turn)) return null;
				return { code: "not_found", message: "That member is not here." };
			case "ban": {
				const addresses = new Set<string>();
				const latest = this.#roster.addressOf(member);
				if (latest !== null) addresses.add(latest);
				for (const session of this.#sessionsOf(member)) if (session.address !== null) addresses.add(session.address);
				this.#sanctions.impose("ban", member, addresses, until);
				this.#note();
				this.#dismiss(member, CLOSE.banned, "a moderator banned you", turn);
				// Guests of a banned address are one person with several windows, as far as anyone can tell.
				for (const session of [...this.#audience.values()]) {
					if (session.address === null || !addresses.has(session.address)) continue;
					this.#audience.close(session.id, CLOSE.banned, "a moderator banned you", this.#roster, turn);
				}
				return null;
			}
			case "mute":
				this.#sanctions.impose("mute", member, [], until);
				this.#note();
				this.#audience.regrant(member, this.#sanctions, this.#roster, turn);
				return null;
			case "unban":
			case "unmute": {
				const isLifted = this.#sanctions.lift(action === "unban" ? "ban" : "mute", member);
				if (action === "unmute") this.#audience.regrant(member, this.#sanctions, this.#roster, turn);
				return isLifted
					? null
					: { code: "not_found", message: "There is nothing of that kind to lift from that member." };
			}
		}
	}

	/**
	 * Redacts what a member said, ERASE_EVENTS_MAX events after `after` at a time, and owes the archive the
	 * same. Gives the seq after which to go on, or null where nothing is left.
	 */
	erase(member: string, after: number, by: string, turn: Turn): number | null {
		if (!this.#history.isStored) return null;
		if (after === 0) {
			this.#ranges.erase(member);
			const notices = this.#outbox.erase(member, turn.now);
			// Whoever waits for an answer gets it.
			for (const session of this.#roster.sessionsOf(member)) {
				if (!turn.joining.has(session)) for (const notice of notices) turn.tell(session, notice);
			}
		}
		const seqs = this.#store.seqsOf(member, after, ERASE_EVENTS_MAX);
		const isLast = seqs.length < ERASE_EVENTS_MAX;
		// What this turn has published is not stored yet.
		const fresh = isLast ? this.#history.freshOf(member, (n) => this.#outbox.row(n)?.member === member) : [];
		for (const seq of [...seqs, ...fresh]) this.#history.redact(seq, by, turn.now);
		return isLast ? null : (seqs.at(-1) ?? null);
	}

	/** Ends the mutes whose time is over. */
	expire(turn: Turn): void {
		const next = this.#sanctions.nextDeadline();
		if (next === null || next > turn.now) return;
		for (const member of this.#sanctions.expire(turn.now)) {
			this.#audience.regrant(member, this.#sanctions, this.#roster, turn);
		}
	}

	*#sessionsOf(member: string) {
		for (const id of this.#roster.sessionsOf(member)) {
			const session = this.#audience.get(id);
			if (session !== undefined) yield session;
		}
	}

	/** Closes all of a member's sessions; it is gone at once, without grace. */
	#dismiss(member: string, code: number, reason: string, turn: Turn): boolean {
		const sessions = [...this.#roster.sessionsOf(member)];
		for (const id of sessions) this.#audience.close(id, code, reason, this.#roster, turn);
		return this.#roster.remove(member);
	}

	/** A ban is worth storing a room for: its epoch is real from here on. */
	#note(): void {
		if (!this.#history.isStored) this.#history.change({});
	}
}
