import type { Decide, MemberRule } from "./decision.ts";

/**
 * What the deployer's `app.ts` asks of a room, compiled to plain questions: the room knows neither
 * schemas nor what a job does.
 */
export interface Rules {
	/** The rule for an event's name; null where nobody may publish it. */
	event(name: string): EventRule | null;
	kind(name: string): KindRule | null;
	/** The rule for an entry's key; null where it fits no pattern. */
	entry(key: string): EntryRule | null;
	/** What the app decides when a member comes or goes; missing where it says nothing of that. */
	readonly members?: MemberRules;
	/** False where no event is ever held: then no id can be that of one which was refused. */
	readonly holds?: boolean;
	/** What is wrong with a signal's data, as a sentence; null where nothing is, or nothing is said of signals of that name. */
	signalFault?(name: string, data: unknown): string | null;
	/** The same of a presence state. */
	presenceFault?(state: unknown): string | null;
	/** The kinds that work on the history itself and are configured. */
	readonly ranges: readonly RangeRule[];
}

export interface EventRule {
	from: "members" | "moderators" | "backend";
	/** What is wrong with the data, as a sentence; null where nothing is. */
	fault(data: unknown): string | null;
	/** The kind that looks at it `before` others see it (a hold) or `after` (a review). */
	check: Check | null;
	/** The kinds of the jobs that the event starts. */
	starts: readonly string[];
	/** What decides whether it happens, and what happens with it; missing where nothing does. */
	decide?: Decide;
	/** Why it cannot be checked as it must be, for want of a binding: a sentence; missing where it can. */
	off?: string;
}

export interface MemberRules {
	joined?: MemberRule;
	left?: MemberRule;
}

export interface EntryRule {
	write: "members" | "own" | "moderators" | "backend" | "rules";
	/** The member that the key names; null where its pattern names none. */
	owner: string | null;
	/** True where nobody but the owner and operators may see it. */
	isOwn: boolean;
	/** What is wrong with a value, as a sentence; null where nothing is. */
	fault(value: unknown): string | null;
}

export interface Check {
	kind: string;
	when: "before" | "after";
	/** What happens to a held event whose check failed or did not come back in time. */
	unchecked: "refuse" | "publish";
	withinMs: number;
}

export interface KindRule {
	/** True where members may ask for it. */
	asked: boolean;
	concerns: "room" | "member" | "nobody";
	/** Longer than all of its attempts can take: only then is it sent again. */
	leaseMs: number;
	fault(input: unknown): string | null;
	/** What is kept of an input without a fault: what the kind does not know is gone. */
	keep(input: unknown): unknown;
	/** Why its jobs cannot be done here, for want of a binding: a sentence; missing where they can. */
	off?: string;
	/** False for an event about which there is nothing to do. */
	wants(event: { name: string; data: unknown }): boolean;
}

export interface RangeRule {
	name: string;
	begins: "floor" | "head";
	leaseMs: number;
	/** True where it keeps what it was given: it is told what was erased and wiped. */
	keepsCopy: boolean;
	/** True where it is to be told how many are here. */
	listsRooms: boolean;
	/** How many events one range holds at most, and how many bytes; an event that is larger than that goes alone. */
	eventsMax: number;
	bytesMax: number;
}

/** Everyone may publish anything, and nothing is owed: a room without an app. */
export const NO_RULES: Rules = {
	event: () => ({ from: "members", fault: () => null, check: null, starts: [] }),
	kind: () => null,
	entry: () => ({ write: "members", owner: null, isOwn: false, fault: () => null }),
	holds: false,
	ranges: [],
};
