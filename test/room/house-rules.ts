/** A small app, said as rooms hear it: events that are held, reviewed, and that start jobs. */
import { RANGE_BYTES_MAX, RANGE_EVENTS_MAX } from "../../src/protocol/job-limits.ts";
import type { Check, EntryRule, EventRule, KindRule, RangeRule, Rules } from "../../src/protocol/rules.ts";

export const LEASE_MS = 30_000;
export const HOLD_MS = 120_000;

export function event(more: Partial<EventRule> = {}): EventRule {
	return { from: "members", fault: () => null, check: null, starts: [], ...more };
}

export function kind(more: Partial<KindRule> = {}): KindRule {
	return {
		asked: false,
		concerns: "nobody",
		leaseMs: LEASE_MS,
		fault: () => null,
		keep: (data) => data,
		wants: () => true,
		...more,
	};
}

export function range(name: string, more: Partial<RangeRule> = {}): RangeRule {
	const bounds = { eventsMax: RANGE_EVENTS_MAX, bytesMax: RANGE_BYTES_MAX };
	return { name, begins: "floor", leaseMs: LEASE_MS, keepsCopy: false, listsRooms: false, ...bounds, ...more };
}

const check = (more: Partial<Check> = {}): Check => ({
	kind: "check",
	when: "before",
	unchecked: "refuse",
	withinMs: HOLD_MS,
	...more,
});

const EVENTS: Record<string, EventRule> = {
	/** A link gets a card, for everyone. */
	chat: event({ starts: ["card"] }),
	/** Its author learns what came of it. */
	order: event({ starts: ["bill"] }),
	held: event({ check: check() }),
	/** Published where its check does not come back. */
	lenient: event({ check: check({ unchecked: "publish" }) }),
	reviewed: event({ check: check({ when: "after" }) }),
	notice: event({ from: "moderators" }),
	price: event({ from: "backend" }),
	/** Of a kind that nobody can do here. */
	unchecked: event({ off: "There is no queue to check it by." }),
	strict: event({ fault: (data) => (data === "good" ? null : "The data of that event is not good.") }),
};

const KINDS: Record<string, KindRule> = {
	card: kind({ asked: true, concerns: "room", wants: ({ data }) => String(data).includes("http") }),
	bill: kind({ concerns: "member" }),
	/** Asked for by members, and told to them alone. */
	sum: kind({ asked: true, concerns: "member", fault: (data) => (data === "bad" ? "That is no sum." : null) }),
	check: kind(),
	undone: kind({ asked: true, off: "There is no queue to do it by." }),
};

/** What may be told of what is ephemeral: signals of that name, and presence states but this one. */
export const STRICT = "strict";
export const BAD_STATE = "bad";

/** By the first part of a key, whose second may name a member; there is no entry `none`. */
const ENTRIES: Record<string, Omit<EntryRule, "owner">> = {
	vote: entry({ write: "own" }),
	/** Anyone may leave something there, which its member alone sees. */
	mail: entry({ isOwn: true }),
	secret: entry({ write: "own", isOwn: true }),
	rule: entry({ write: "moderators" }),
	price: entry({ write: "backend" }),
	score: entry({ write: "rules" }),
	game: entry({ write: "rules" }),
	stock: entry({ fault: (value) => (Number(value) >= 0 ? null : "The data of that entry is less than nothing.") }),
};

function entry(more: Partial<EntryRule> = {}): Omit<EntryRule, "owner"> {
	return { write: "members", isOwn: false, fault: () => null, ...more };
}

export function entryOf(key: string): EntryRule | null {
	const [first = "", owner = null] = key.split("/");
	return first === "none" ? null : { ...(ENTRIES[first] ?? entry()), owner };
}

/** The house rules, with `*` unless it is taken away, and the ranges that are configured. */
export function houseRules(ranges: readonly RangeRule[] = [], { others = true } = {}): Rules {
	return {
		event: (name) => EVENTS[name] ?? (others ? event() : null),
		kind: (name) => KINDS[name] ?? null,
		signalFault: (name, data) => (name !== STRICT || data === "good" ? null : "That signal is not good."),
		presenceFault: (state) => (state === BAD_STATE ? "That state is bad." : null),
		entry: entryOf,
		ranges,
	};
}
