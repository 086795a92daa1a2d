/** What an app's definition must look like: for those whose compiler does not tell them. */
import * as v from "valibot";
import type { AppDefinition, EntryDefinition, EventDefinition } from "./definition.ts";

const SCHEMA = v.custom<object>(
	(given) =>
		typeof given === "object" && given !== null && "kind" in given && given.kind === "schema" && "~run" in given,
	"must be a schema of Valibot",
);
const FUNCTION = v.function("must be a function");
const NUMBER = v.number("must be a number");
const TEXT = v.string("must be a text");
const NAMES = v.array(TEXT, "must be a list of names");

/** Says of `what` that a field of these is missing, or one of no such name is there. */
function saying(what: string, entries: v.ObjectEntries) {
	const has = `${what} has ${Object.keys(entries).join(", ")}`;
	return ({ expected }: v.BaseIssue<unknown>): string => {
		if (expected === "never") return `means nothing there: ${has}`;
		return `${expected === "Object" ? `must be ${what}` : "is missing"}: ${has}`;
	};
}

/** Of these fields and no others. */
const only = <E extends v.ObjectEntries>(what: string, entries: E) => v.strictObject(entries, saying(what, entries));
/** With these fields; what else it has is its own. */
const having = <E extends v.ObjectEntries>(what: string, entries: E) => v.looseObject(entries, saying(what, entries));

const oneOf = (...words: readonly string[]) =>
	v.picklist(words, `must be one of: ${words.map((word) => `"${word}"`).join(", ")}`);

const EVENT = only("an event", {
	from: oneOf("members", "moderators", "backend"),
	data: v.optional(SCHEMA),
	hold: v.optional(TEXT),
	review: v.optional(TEXT),
	unchecked: v.optional(oneOf("refuse", "publish")),
	withinSeconds: v.optional(NUMBER),
	starts: v.optional(NAMES),
	decide: v.optional(FUNCTION),
} satisfies Record<keyof EventDefinition, v.GenericSchema>);

const ENTRY = only("an entry", {
	write: oneOf("members", "own", "moderators", "backend", "rules"),
	value: v.optional(SCHEMA),
	see: v.optional(v.literal("own", 'must be "own" where it is given')),
} satisfies Record<keyof EntryDefinition, v.GenericSchema>);

const WORK = {
	name: TEXT,
	retry: having("`retry`", { attempts: NUMBER, firstSeconds: NUMBER, mostSeconds: NUMBER }),
	runMsMax: NUMBER,
	run: FUNCTION,
};

const KIND = having("a kind", {
	...WORK,
	input: SCHEMA,
	asked: v.boolean("must be true or false"),
	concerns: oneOf("room", "member", "nobody"),
});

const RANGE = having("a kind that works on the history", {
	...WORK,
	begins: oneOf("floor", "head"),
	isActive: FUNCTION,
});

const byName = (what: v.GenericSchema) => v.record(v.string(), what, "must be an object, by names");

const APP = only("an app", {
	events: byName(EVENT),
	signals: v.optional(byName(SCHEMA)),
	presence: v.optional(SCHEMA),
	state: v.optional(byName(ENTRY)),
	members: v.optional(only("`members`", { joined: v.optional(FUNCTION), left: v.optional(FUNCTION) })),
	kinds: v.optional(v.array(KIND, "must be a list of kinds")),
	ranges: v.optional(v.array(RANGE, "must be a list of kinds")),
	admit: v.optional(FUNCTION),
} satisfies Record<keyof AppDefinition, v.GenericSchema>);

/** What is wrong with its shape, as a sentence; null where nothing is. */
export function shapeFault(definition: unknown): string | null {
	const { issues } = v.safeParse(APP, definition, { abortEarly: true });
	if (issues === undefined) return null;
	const [issue] = issues;
	const path = v.getDotPath(issue);
	return `In app.ts ${path === null ? "what `defineApp` is given" : `\`${path}\``} ${issue.message}.`;
}
