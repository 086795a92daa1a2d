/** What an app's definition must look like: for those whose compiler does not tell them. */
import * as v from "valibot";
import type { AppDefinition, EntryDefinition, EventDefinition } from "./definition.ts";

function isSchema(given: unknown): given is v.GenericSchema {
	return typeof given === "object" && given !== null && "kind" in given && given.kind === "schema" && "~run" in given;
}

/** Nobody would wait for what an asynchronous one finds. */
const SCHEMA = v.pipe(
	v.custom<v.GenericSchema>(isSchema, "must be a schema of Valibot"),
	v.check(({ async }) => async === false, "must not be asynchronous"),
);
const FUNCTION = v.function("must be a function");
const NUMBER = v.pipe(v.number("must be a number"), v.finite("must be finite"), v.minValue(0, "must not be negative"));
const FLAG = v.boolean("must be true or false");
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

/** True of what was written down as it is: what a class has besides is its own. */
function isPlain(given: object): boolean {
	const prototype: unknown = Object.getPrototypeOf(given);
	return prototype === null || prototype === Object.prototype;
}

/** Of these fields and no others. */
function only<E extends v.ObjectEntries>(what: string, entries: E) {
	const [strict, loose] = [v.strictObject(entries, saying(what, entries)), having(what, entries)];
	return v.lazy((given) => (typeof given === "object" && given !== null && !isPlain(given) ? loose : strict));
}

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
	asked: FLAG,
	concerns: oneOf("room", "member", "nobody"),
	wants: v.optional(FUNCTION),
});

const RANGE = having("a kind that works on the history", {
	...WORK,
	begins: oneOf("floor", "head"),
	isActive: FUNCTION,
	bounds: v.optional(FUNCTION),
	keepsCopy: v.optional(FLAG),
	listsRooms: v.optional(FLAG),
});

/** Whatever the names are: also those that a library would rather not have. */
function byName(what: v.GenericSchema) {
	const sentence = "must be an object, by names";
	return v.pipe(
		v.custom<object>((given) => typeof given === "object" && given !== null && isPlain(given), sentence),
		v.rawCheck(({ dataset, addIssue }) => {
			if (!dataset.typed) return;
			for (const [key, value] of Object.entries(dataset.value)) {
				const { issues } = v.safeParse(what, value, { abortEarly: true });
				if (issues === undefined) continue;
				const { message, path = [] } = issues[0];
				const first: v.ObjectPathItem = { type: "object", origin: "value", input: {}, key, value };
				addIssue({ message, path: [first, ...path] });
				return;
			}
		}),
	);
}

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

/** One app may be made of another: that has its `rules` already. */
function withoutRules(definition: unknown): unknown {
	if (typeof definition !== "object" || definition === null) return definition;
	const { rules: _, ...given } = definition as { rules?: unknown };
	return given;
}

/** What is wrong with its shape, as a sentence; null where nothing is. */
export function shapeFault(definition: unknown): string | null {
	const { issues } = v.safeParse(APP, withoutRules(definition), { abortEarly: true });
	if (issues === undefined) return null;
	const [issue] = issues;
	const path = v.getDotPath(issue);
	return `In app.ts ${path === null ? "what `defineApp` is given" : `\`${path}\``} ${issue.message}.`;
}
