/**
 * What becomes of the deadlines that rules have set. When one is due the room publishes its event, and what decides on
 * that decides; both are one with its going from the book, so it comes once, through sleep and crash. A turn begins with
 * those that are due: what was sent after a deadline comes after it, however late the alarm is.
 */
import { RuleMistake } from "../../protocol/decide.ts";
import { ROOM_AUTHOR } from "../../protocol/ids.ts";
import type { Rules } from "../../protocol/rules.ts";
import type { Cause, OwnEvent, Placing } from "../placing.ts";
import type { Turn } from "../turn.ts";
import type { DeadlineBook } from "./deadline-book.ts";
import type { Decisions } from "./decisions.ts";

interface Needs {
	rules: Rules;
	placing: Placing;
	deadlineBook: DeadlineBook;
	decisions: Decisions;
}

/** It is the room's own: no event is its cause, and nobody answers for it. */
const NO_CAUSE: Cause = { seq: null, by: null, id: null };

export class RuleDeadlines {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Lets all come that are due; those for which this turn has no room are due still. */
	come(turn: Turn): void {
		const { deadlineBook, decisions } = this.#room;
		for (let name = deadlineBook.nextDue(turn.now); name !== null; name = deadlineBook.nextDue(turn.now)) {
			if (decisions.isSpent) return turn.again();
			this.#come(name, deadlineBook.take(name), turn.now);
		}
	}

	#come(name: string, dataJson: string, now: number): void {
		const { rules, placing, decisions } = this.#room;
		const rule = rules.event(name);
		const data = JSON.parse(dataJson) as unknown;
		if (rule === null || rule.fault(data) !== null) {
			const error = new RuleMistake("A deadline was due whose event the app does not know any more, or not like that.");
			return decisions.report("undone", error);
		}
		const own: OwnEvent = { name, data, dataJson, rule };
		const judged = { decide: rule.decide, by: null, id: null, author: ROOM_AUTHOR, can: [], name, dataJson };
		const judgement = decisions.judge(judged, now);
		placing.placeOwn(own, NO_CAUSE, now);
		if (judgement !== null) decisions.heed(judgement, judgement.cause, now);
	}
}
