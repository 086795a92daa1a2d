/**
 * Tells the app's rules who comes and goes: each member's coming once, with its first session, and its going once, when
 * its grace is over. What they decide is one with the row of the roster, so neither is told again after a crash.
 */
import type { Rules } from "../../protocol/rules.ts";
import type { Concern } from "../concern.ts";
import { seenBy } from "../here.ts";
import type { Cause } from "../placing.ts";
import type { Roster } from "../roster.ts";
import type { Turn } from "../turn.ts";
import type { Decisions } from "./decisions.ts";

interface Needs {
	rules: Rules;
	roster: Roster;
	decisions: Decisions;
}

export class Comings implements Concern {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** All that have come and gone since, in their order. */
	tell({ now }: Pick<Turn, "now">): void {
		const { rules, roster, decisions } = this.#room;
		if (roster.moves.length === 0) return;
		const moves = roster.moves.splice(0);
		if (rules.members === undefined) return;
		const { members } = rules;
		for (const { what, member } of moves) {
			const rule = members[what];
			if (rule === undefined) continue;
			const cause: Cause = { seq: null, by: null, id: null };
			const answer = decisions.ask({ run: (room) => rule(seenBy(member), room), cause }, now);
			decisions.heed(answer, cause, now);
		}
	}

	/** After the roster, which lets those go whose grace is over. */
	flush(turn: Turn): void {
		this.tell(turn);
	}
}
