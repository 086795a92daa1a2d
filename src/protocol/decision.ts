/**
 * What rules are written with: the event that they decide on, and the room as they see it. A rule is pure and
 * synchronous: the same event in the same room gives the same decision, whoever asks, in the room or on a page.
 */
import type { Capability } from "./messages.ts";

/** The event that is decided on. It has no place yet: `seq` is the one that it will have if nothing speaks against it. */
export interface DecidedEvent<Data = unknown, Name extends string = string> {
	readonly name: Name;
	readonly data: Data;
	/** The member's id; of a deadline's event `room:events`. */
	readonly from: string;
	/** The member's display name. */
	readonly author: string;
	readonly can: readonly Capability[];
	readonly seq: number;
	/** Unix ms. */
	readonly at: number;
}

export interface RuleMember<State = unknown> {
	readonly id: string;
	readonly name: string;
	/** What it shows of itself; null where that is nothing. */
	readonly state: State;
}

export interface RuleEntry<Value = unknown> {
	readonly key: string;
	readonly value: Value;
}

/** The room as a rule sees it. What it does here happens with its event, all of it, or not at all. */
export interface RuleRoom {
	/** The value of an entry, as this rule would leave it; null where there is none. */
	get(key: string): unknown;
	/** The entries whose keys begin so, in the order of their keys. Each counts as one that is read. */
	entries(prefix: string): readonly RuleEntry[];
	/** Any key that fits a pattern of the app's; `null` drops the entry. */
	set(key: string, value: unknown): void;
	/** An event of the room's own, right after this one; nothing decides on it. */
	publish(name: string, data?: unknown): void;
	/** Owes a job of that kind, whoever may ask for those. */
	job(kind: string, input?: unknown): void;
	/**
	 * The room publishes that event in so many ms, at least DEADLINE_MS_MIN, and its own `decide` runs then. There is
	 * one deadline of each name: this one takes the place of the one before.
	 */
	later(name: string, ms: number, data?: unknown): void;
	/** Takes back the deadline of that name, where there is one. */
	cancel(name: string): void;
	/** Everyone who is here. */
	readonly members: readonly RuleMember[];
	/** Unix ms. */
	readonly now: number;
	/** At least 0 and less than 1. It comes out the same where the same turn is run again, and nobody can foresee it. */
	random(): number;
	/** Nothing of the event happens. Its sender gets `app.{code}` and the message. */
	refuse(code: string, message: string): never;
}

/** Decides on an event by what it does to the room. What it returns is nothing: a promise is a mistake. */
export type Decide = (event: DecidedEvent, room: RuleRoom) => unknown;

/** Decides on a member's coming or going. */
export type MemberRule = (member: RuleMember, room: RuleRoom) => unknown;
