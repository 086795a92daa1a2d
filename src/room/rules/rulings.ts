/** What a rule has decided on: looked at as what others send is, and then done, all of it. */
import type { ErrorCode } from "../../protocol/codes.ts";
import { type Draft, type Json, type Named, RuleMistake } from "../../protocol/decide.ts";
import { isEntryKey, isEventName } from "../../protocol/fields.ts";
import { RESERVED_EVENTS, RESERVED_KEYS, ROOM_MEMBER } from "../../protocol/ids.ts";
import type { EntryRule, EventRule, Rules } from "../../protocol/rules.ts";
import { DEADLINES_MAX, DECISION_WRITE_BYTES_MAX } from "../../protocol/rules-limits.ts";
import type { Settings } from "../../protocol/settings.ts";
import { exceedsBytes, utf8Bytes } from "../../protocol/text.ts";
import { isSame } from "../entry-checks.ts";
import type { Cause, OwnEvent, Placing } from "../placing.ts";
import type { State } from "../state.ts";
import type { DeadlineBook, Waiting } from "./deadline-book.ts";

interface RuledSet {
	key: string;
	/** Null drops the entry. */
	to: Json | null;
	rule: EntryRule;
}

/** Against which nothing speaks. */
export interface Ruling {
	sets: readonly RuledSet[];
	publishes: readonly OwnEvent[];
	jobs: readonly Named[];
	deadlines: ReadonlyMap<string, Waiting | null>;
	/** What everyone is told of it, in UTF-16 units of JSON. */
	units: number;
}

const NOTHING: Ruling = { sets: [], publishes: [], jobs: [], deadlines: new Map(), units: 0 };

/** Why the event does not happen. */
export interface Objection {
	code: ErrorCode;
	message: string;
}

interface Needs {
	settings: Settings;
	rules: Rules;
	state: State;
	placing: Placing;
	deadlineBook: DeadlineBook;
}

/** Thrown by a check to the one place that answers it. */
class Objected extends Error {
	readonly objection: Objection;

	constructor(code: ErrorCode, message: string) {
		super(message);
		this.objection = { code, message };
	}
}

export class Rulings {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Changes nothing. @throws RuleMistake where there would be more of something than rules may have. `cause`: as it will be, but that its event has no place yet. */
	check(draft: Draft, cause: Cause): Ruling | Objection {
		const { jobs } = draft;
		if (draft.sets.size + draft.publishes.length + jobs.length + draft.deadlines.size === 0) return NOTHING;
		try {
			const sets = this.#sets(draft.sets);
			const publishes = draft.publishes.map((event) => this.#event(event, cause));
			for (const job of jobs) this.#job(job, cause);
			const deadlines = this.#deadlines(draft.deadlines);
			this.#weigh(draft);
			const units = (texts: readonly { json: string }[]): number =>
				texts.reduce((sum, { json }) => sum + json.length, 0);
			const told = sets.map(({ key, to }) => ({ json: key + (to?.json ?? "") }));
			return { sets, publishes, jobs, deadlines, units: units(told) + units(draft.publishes) };
		} catch (error) {
			if (error instanceof Objected) return error.objection;
			throw error;
		}
	}

	/** One statement for all of the entries that the turn does not know yet. */
	#sets(given: Draft["sets"]): RuledSet[] {
		if (given.size === 0) return [];
		const { state } = this.#room;
		const sets = [...given].map(([key, to]) => ({ key, to, rule: this.#entryRule(key, to) }));
		const bytesOf = ({ to }: RuledSet): number => (to === null ? 0 : utf8Bytes(to.json));
		state.find(sets.map((set) => ({ key: set.key, bytes: bytesOf(set) })));
		const more = { entries: 0, bytes: 0 };
		for (const set of sets) {
			const { entries, bytes } = state.growth(set.key, set.to === null ? null : bytesOf(set));
			more.entries += entries;
			more.bytes += bytes;
		}
		const full = state.refusesMore(more.entries, more.bytes);
		if (full !== null) throw new Objected("state_full", full);
		return sets;
	}

	#entryRule(key: string, to: Json | null): EntryRule {
		const what = `the entry \`${key}\` that a rule sets`;
		if (!isEntryKey(key)) throw new Objected("invalid", "A rule sets an entry whose key is none.");
		if (key.startsWith(RESERVED_KEYS)) throw new Objected("reserved_name", `The key of ${what} is the room's own.`);
		const rule = this.#room.rules.entry(key);
		if (rule === null) throw new Objected("forbidden", `The key of ${what} fits no pattern of the app's.`);
		if (to !== null) this.#fits(to, rule.fault(to.value), what);
		return rule;
	}

	#eventRule(name: string, { value, json }: Json, what: string): EventRule {
		if (!isEventName(name)) throw new Objected("invalid", `${what} has a name that is none.`);
		if (name.startsWith(RESERVED_EVENTS)) throw new Objected("reserved_name", `The name of ${what} is the room's own.`);
		const rule = this.#room.rules.event(name);
		if (rule === null) throw new Objected("forbidden", `The app does not know ${what}.`);
		this.#fits({ json }, rule.fault(value), what);
		return rule;
	}

	/** Against its schema, or too large. */
	#fits({ json }: Pick<Json, "json">, fault: string | null, what: string): void {
		if (fault !== null) throw new Objected("invalid", `${fault} That is ${what}.`);
		const { eventBytesMax } = this.#room.settings;
		if (exceedsBytes(json, eventBytesMax))
			throw new Objected("too_large", `It would take ${what} beyond ${eventBytesMax} bytes of JSON.`);
	}

	#event({ name, value, json }: Named, cause: Cause): OwnEvent {
		const rule = this.#eventRule(name, { value, json }, `the event \`${name}\` that a rule publishes`);
		const full = this.#room.placing.refusesReview(rule, cause);
		if (full !== null) throw new Objected("too_many_jobs", full);
		return { name, data: value, dataJson: json, rule };
	}

	#job({ name, value, json }: Named, cause: Cause): void {
		const kind = this.#room.rules.kind(name);
		const what = `the job \`${name}\` that a rule asks for`;
		if (kind === null) throw new Objected("unknown_job", `The app does not know ${what}.`);
		if (kind.off !== undefined) throw new Objected("not_configured", kind.off);
		this.#fits({ json }, kind.fault(value), what);
		const full = this.#room.placing.refusesRule(cause);
		if (full !== null) throw new Objected("too_many_jobs", full);
	}

	#deadlines(given: Draft["deadlines"]): Ruling["deadlines"] {
		for (const [name, deadline] of given) {
			if (deadline !== null) this.#eventRule(name, deadline, `the event \`${name}\` that a rule sets a deadline for`);
		}
		// Bounded calls of one rule after the other: that there is no end to them is the app's mistake.
		if (given.size > 0 && this.#room.deadlineBook.sizeWith(given) > DEADLINES_MAX)
			throw new RuleMistake(`A room has at most ${DEADLINES_MAX} deadlines.`);
		return given;
	}

	#weigh({ sets, publishes, jobs, deadlines, effort }: Draft): void {
		// Its effort counts each text, and more than each key and name: what is small by that need not be added up.
		if (effort * 3 <= DECISION_WRITE_BYTES_MAX) return;
		const named = [...publishes, ...jobs].map(({ name, json }) => name + json);
		const keyed = [...sets, ...deadlines].map(([key, to]) => key + (to?.json ?? ""));
		const bytes = [...named, ...keyed].reduce((sum, text) => sum + utf8Bytes(text), 0);
		if (bytes <= DECISION_WRITE_BYTES_MAX) return;
		throw new Objected(
			"too_large",
			`All that a rule does with it would take more than ${DECISION_WRITE_BYTES_MAX} bytes.`,
		);
	}

	/** Does all of it. Nothing here may be refused any more. */
	carryOut({ sets, publishes, jobs, deadlines }: Ruling, cause: Cause, now: number): void {
		const { state, placing, rules, deadlineBook } = this.#room;
		for (const own of publishes) placing.placeOwn(own, cause, now);
		for (const { key, to, rule } of sets) {
			if (isSame(state.at(key), to?.json ?? null, to?.value ?? null)) continue;
			// What rules set is the room's: no member's share, and nobody's to take along.
			const by = { from: ROOM_MEMBER, holder: ROOM_MEMBER, owner: rule.owner, isSum: false };
			state.change({ key, value: to?.json ?? null, ...by }, now);
		}
		for (const { name, value } of jobs) {
			placing.owe(name, JSON.stringify(rules.kind(name)?.keep(value) ?? null), cause, now);
		}
		for (const [name, deadline] of deadlines) deadlineBook.set(name, deadline, now);
	}
}
