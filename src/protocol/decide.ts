/**
 * Runs a rule on what it may see, and gathers what it does without doing any of it. Knows neither a store nor a wire:
 * whoever runs it says what there is, and does with the outcome what is right there.
 */
import { APP_CODE, type AppCode } from "./codes.ts";
import type { RuleEntry, RuleMember, RuleRoom } from "./decision.ts";
import { DATA_DEPTH_MAX } from "./limits.ts";
import {
	DEADLINE_MS_MAX,
	DEADLINE_MS_MIN,
	DEADLINES_MAX,
	DECISION_EFFORT,
	DECISION_ENTRY_EFFORT,
	DECISION_EVENT_EFFORT,
	DECISION_JOBS_MAX,
	DECISION_PUBLISHES_MAX,
	DECISION_READ_UNITS_MAX,
	DECISION_READS_MAX,
	DECISION_SETS_MAX,
	DECISION_WRITTEN_WORTH,
	REFUSAL_CHARS_MAX,
} from "./rules-limits.ts";
import { compareTexts, holdsFiniteNumbers, isWellFormedValue, mayBeIllFormed, nestsDeeper } from "./text.ts";

export interface PresentValue {
	key: string;
	/** As JSON. */
	json: string;
}

/** What a rule stands on. */
export interface Ground {
	/** An entry's value as JSON; null where there is none. */
	read(key: string): string | null;
	/** At most `limit` of the entries whose keys begin so, the first of them in the order of their keys. */
	list(prefix: string, limit: number): readonly PresentValue[];
	members(): readonly RuleMember[];
	/** Unix ms. */
	readonly now: number;
	/** At least 0 and less than 1. */
	random(): number;
}

/** A JSON value, and its text. */
export interface Json {
	value: unknown;
	json: string;
}

export interface Named extends Json {
	/** An event's, or a kind's. */
	name: string;
}

/** What a rule wants done: nothing of it is, and nothing of it was looked at but that it is JSON. */
export interface Draft {
	/** By key; null drops the entry. */
	sets: ReadonlyMap<string, Json | null>;
	publishes: readonly Named[];
	jobs: readonly Named[];
	/** By name; null takes it back. */
	deadlines: ReadonlyMap<string, (Json & { ms: number }) | null>;
	/** What it took to decide, in the units in which turns are weighed. */
	effort: number;
}

/** A rule does what no rule may. Its sentence is for the app's author, and quotes nothing that a member said. */
export class RuleMistake extends Error {
	override readonly name = "RuleMistake";
}

/** What stands whatever is said of it, a coming, a going, a deadline, was refused: by the rule, or for what the rule does. */
export class Unheeded extends RuleMistake {
	readonly code: string;

	constructor(code: string) {
		super(`It was refused: ${code}.`);
		this.code = code;
	}
}

export type Decided =
	| ({ outcome: "decided" } & Draft)
	| { outcome: "refused"; code: AppCode; message: string; effort: number }
	/** It threw, or does what no rule may. */
	| { outcome: "failed"; error: unknown; effort: number };

/** What `refuse` throws, so that nothing after it is done. */
class RefusedByRule extends Error {}

/**
 * `rule` is run once, and what it was given is of no use afterwards.
 * @throws what the ground has thrown: that is no fault of the rule's, whatever the rule makes of it.
 */
export function decide(rule: (room: RuleRoom) => unknown, ground: Ground): Decided {
	const room = new DraftRoom(ground);
	try {
		const given = rule(room);
		if (isPromise(given)) {
			// What becomes of it is nobody's any more.
			given.then(undefined, () => undefined);
			throw new RuleMistake(
				"A rule gave a promise: it must be synchronous, and do all that it does before it returns.",
			);
		}
	} catch (error) {
		if (!(error instanceof RefusedByRule)) room.fail(error);
	}
	return room.end();
}

function isPromise(given: unknown): given is PromiseLike<unknown> {
	return typeof (given as { then?: unknown } | null | undefined)?.then === "function";
}

type Verdict = { outcome: "refused"; code: AppCode; message: string } | { outcome: "failed"; error: unknown };

/** What a rule is given. What it does is kept here, and seen by itself alone. */
class DraftRoom implements RuleRoom {
	readonly #ground: Ground;
	readonly #sets = new Map<string, Json | null>();
	readonly #publishes: Named[] = [];
	readonly #jobs: Named[] = [];
	readonly #deadlines = new Map<string, (Json & { ms: number }) | null>();
	readonly #read = new Set<string>();
	#readUnits = 0;
	#effort = DECISION_EFFORT;
	/** The first that was said stands, also where the rule catches what that throws. */
	#verdict: Verdict | null = null;
	#isOver = false;
	/** What the ground has thrown. */
	#fault: { error: unknown } | null = null;

	constructor(ground: Ground) {
		this.#ground = ground;
	}

	#ask<T>(of: (ground: Ground) => T): T {
		try {
			return of(this.#ground);
		} catch (error) {
			this.#fault ??= { error };
			throw error;
		}
	}

	get now(): number {
		return this.#ground.now;
	}

	get members(): readonly RuleMember[] {
		this.#use();
		const members = this.#ask((ground) => ground.members());
		this.#effort += members.length;
		return members;
	}

	random(): number {
		this.#use();
		return this.#ask((ground) => ground.random());
	}

	get(key: string): unknown {
		this.#use();
		const set = this.#sets.get(key);
		if (set !== undefined) return set === null ? null : JSON.parse(set.json);
		const json = this.#ask((ground) => ground.read(String(key)));
		this.#countRead(String(key), json?.length ?? 0);
		return json === null ? null : JSON.parse(json);
	}

	entries(prefix: string): readonly RuleEntry[] {
		this.#use();
		const own = [...this.#sets].filter(([key]) => key.startsWith(prefix));
		const found = new Map<string, string>();
		const limit = DECISION_READS_MAX - this.#read.size + own.length + 1;
		for (const { key, json } of this.#ask((ground) => ground.list(String(prefix), limit))) {
			this.#countRead(key, json.length);
			found.set(key, json);
		}
		for (const [key, set] of own) {
			if (set === null) found.delete(key);
			else found.set(key, set.json);
		}
		// Entries that were found stand in their order already: only what the rule has added itself is put into it.
		const keys = [...found.keys()];
		if (own.length > 0) keys.sort(compareTexts);
		return keys.map((key) => ({ key, value: JSON.parse(found.get(key) ?? "null") as unknown }));
	}

	set(key: string, value: unknown): void {
		this.#use();
		const json = value === null ? null : this.#jsonOf(value);
		this.#sets.set(String(key), json);
		this.#count(this.#sets.size, DECISION_SETS_MAX, "sets more than", "entries");
		this.#effort += DECISION_ENTRY_EFFORT + (json?.json.length ?? 0) * DECISION_WRITTEN_WORTH;
	}

	publish(name: string, data: unknown = null): void {
		this.#use();
		this.#publishes.push({ name, ...this.#jsonOf(data) });
		this.#count(this.#publishes.length, DECISION_PUBLISHES_MAX, "publishes more than", "events");
		this.#effort += DECISION_EVENT_EFFORT + (this.#publishes.at(-1)?.json.length ?? 0) * DECISION_WRITTEN_WORTH;
	}

	job(kind: string, input: unknown = null): void {
		this.#use();
		this.#jobs.push({ name: kind, ...this.#jsonOf(input) });
		this.#count(this.#jobs.length, DECISION_JOBS_MAX, "owes more than", "jobs");
		this.#effort += DECISION_EVENT_EFFORT + (this.#jobs.at(-1)?.json.length ?? 0);
	}

	later(name: string, ms: number, data: unknown = null): void {
		this.#use();
		if (typeof ms !== "number" || !(ms <= DEADLINE_MS_MAX)) {
			throw this.fail(new RuleMistake("A rule sets a deadline that is not within a year."));
		}
		const waits = Math.max(DEADLINE_MS_MIN, Math.round(ms));
		this.#put(name, { ...this.#jsonOf(data), ms: waits });
	}

	cancel(name: string): void {
		this.#use();
		this.#put(name, null);
	}

	#put(name: string, deadline: (Json & { ms: number }) | null): void {
		this.#deadlines.set(String(name), deadline);
		this.#count(this.#deadlines.size, DEADLINES_MAX, "sets or cancels more than", "deadlines");
		this.#effort += DECISION_ENTRY_EFFORT + (deadline?.json.length ?? 0);
	}

	refuse(code: string, message: string): never {
		this.#use();
		const named: AppCode = `app.${code}`;
		if (!APP_CODE.test(named)) {
			throw this.fail(new RuleMistake("A rule refuses with a code that is none: letters, digits, `_` and `-`."));
		}
		const text = String(message ?? "")
			.slice(0, REFUSAL_CHARS_MAX)
			.toWellFormed();
		this.#verdict ??= { outcome: "refused", code: named, message: text };
		throw new RefusedByRule();
	}

	/** The rule has failed, whatever it does from here on. Gives the error back, to be thrown. */
	fail(error: unknown): unknown {
		this.#verdict ??= { outcome: "failed", error };
		return error;
	}

	end(): Decided {
		this.#isOver = true;
		if (this.#fault !== null) throw this.#fault.error;
		const effort = this.#effort;
		if (this.#verdict !== null) return { ...this.#verdict, effort };
		const made = { publishes: this.#publishes, jobs: this.#jobs, deadlines: this.#deadlines };
		return { outcome: "decided", sets: this.#sets, ...made, effort };
	}

	#use(): void {
		if (this.#isOver) throw new RuleMistake("A rule's room is of no use after the rule has returned.");
	}

	#count(count: number, most: number, does: string, what: string): void {
		if (count > most) throw this.fail(new RuleMistake(`A rule ${does} ${most} ${what}.`));
	}

	/** What was read before costs its reading as a value alone. */
	#countRead(key: string, units: number): void {
		this.#readUnits += units;
		this.#effort += units + (this.#read.has(key) ? 0 : DECISION_ENTRY_EFFORT);
		this.#read.add(key);
		this.#count(this.#read.size, DECISION_READS_MAX, "reads more than", "entries");
		this.#count(this.#readUnits, DECISION_READ_UNITS_MAX, "reads more than", "characters of entries");
	}

	/** A value that comes out of the store as it went in. */
	#jsonOf(value: unknown): Json {
		if (nestsDeeper(value, DATA_DEPTH_MAX))
			throw this.fail(new RuleMistake("What a rule gives to be kept or told nests too deep."));
		if (!holdsFiniteNumbers(value))
			throw this.fail(new RuleMistake("What a rule gives to be kept or told holds a number that is none."));
		const json = JSON.stringify(value) as string | undefined;
		if (json === undefined) throw this.fail(new RuleMistake("What a rule gives to be kept or told is no JSON."));
		if (mayBeIllFormed(json) && !isWellFormedValue(value)) {
			throw this.fail(
				new RuleMistake("What a rule gives to be kept or told holds text that is not well-formed Unicode."),
			);
		}
		return { value: JSON.parse(json) as unknown, json };
	}
}
