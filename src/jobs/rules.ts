/** Compiles `app.ts` to the plain questions that a room asks. */
import * as v from "valibot";
import { HOLD_MS_DEFAULT, RANGE_BYTES_MAX, RANGE_EVENTS_MAX } from "../protocol/job-limits.ts";
import type { Check, EntryRule, EventRule, KindRule, Rules } from "../protocol/rules.ts";
import type { AppDefinition, EntryDefinition, EventDefinition } from "./definition.ts";
import { keyPattern } from "./key-pattern.ts";
import { leaseMs, type RangeKind } from "./kind.ts";

type Ruled = Pick<AppDefinition, "signals" | "presence" | "members"> &
	Required<Pick<AppDefinition, "events" | "state" | "kinds" | "ranges">>;

/** Without a queue no job would ever be done: nothing is begun that would wait for one. */
const NO_QUEUE = "This server has no queue of jobs: its Worker lacks the binding JOBS.";

export function rulesOf(app: Ruled, env: Readonly<Record<string, unknown>>): Rules {
	const hasQueue = env.JOBS !== undefined;
	const events = new Map(
		Object.entries(app.events).map(([name, definition]) => {
			const rule = eventRule(definition);
			return [name, hasQueue ? rule : withoutQueue(rule)];
		}),
	);
	const kinds = new Map<string, KindRule>(
		app.kinds.map((kind) => [
			kind.name,
			{
				asked: kind.asked,
				concerns: kind.concerns,
				leaseMs: leaseMs(kind),
				fault: (input) => faultOf(kind.input, input, `a \`${kind.name}\` job`),
				keep: (input) => keptOf(kind.input, input),
				wants: (event) => kind.wants?.(event) ?? true,
				...(hasQueue ? {} : { off: NO_QUEUE }),
			},
		]),
	);
	return {
		event: (name) => events.get(name) ?? events.get("*") ?? null,
		kind: (name) => kinds.get(name) ?? null,
		entry: entryRules(app.state),
		...(app.members === undefined ? {} : { members: app.members }),
		holds: Object.values(app.events).some(({ hold }) => hold !== undefined),
		...saidRules(app),
		ranges: app.ranges
			.filter((kind) => hasQueue && kind.isActive(env))
			.map((kind) => ({
				name: kind.name,
				begins: kind.begins,
				leaseMs: leaseMs(kind),
				keepsCopy: kind.keepsCopy ?? false,
				listsRooms: kind.listsRooms ?? false,
				...boundsOf(kind, env),
			})),
	};
}

function boundsOf(kind: RangeKind, env: Readonly<Record<string, unknown>>) {
	const { events: eventsMax, bytes: bytesMax } = kind.bounds?.(env) ?? {
		events: RANGE_EVENTS_MAX,
		bytes: RANGE_BYTES_MAX,
	};
	return { eventsMax, bytesMax };
}

/** Asks the patterns in their order: the first that a key fits counts. */
function entryRules(state: Ruled["state"]): (key: string) => EntryRule | null {
	const rules = Object.entries(state).map(([pattern, definition]) => {
		const { ownerOf } = keyPattern(pattern);
		return { ownerOf, ...entryRule(definition) };
	});
	return (key) => {
		for (const { ownerOf, ...rule } of rules) {
			const owner = ownerOf(key);
			if (owner !== undefined) return { ...rule, owner };
		}
		return null;
	};
}

function entryRule({ write, value, see }: EntryDefinition): Omit<EntryRule, "owner"> {
	const fault = (given: unknown) => (value === undefined ? null : faultOf(value, given, "that entry"));
	return { write, isOwn: see === "own", fault };
}

function eventRule(definition: EventDefinition): EventRule {
	const { from, data, starts = [], decide } = definition;
	return {
		from,
		starts,
		...(decide === undefined ? {} : { decide }),
		check: checkOf(definition),
		fault: (value) => (data === undefined ? null : faultOf(data, value, "that event")),
	};
}

/** What would wait for its check for ever is refused; what is published unchecked all the same, is at once. */
function withoutQueue({ check, ...rule }: EventRule): EventRule {
	const isRefused = check?.unchecked === "refuse";
	return { ...rule, starts: [], check: null, ...(isRefused ? { off: `It would be checked first. ${NO_QUEUE}` } : {}) };
}

/** What is ephemeral, where the app says what it must be. */
function saidRules({ signals = {}, presence }: Pick<AppDefinition, "signals" | "presence">) {
	return {
		signalFault: (name: string, data: unknown) => {
			const schema = Object.hasOwn(signals, name) ? signals[name] : signals["*"];
			return schema === undefined ? null : faultOf(schema, data, "that signal");
		},
		presenceFault: (state: unknown) => (presence === undefined ? null : faultOf(presence, state, "a presence state")),
	};
}

function checkOf({ hold, review, unchecked = "refuse", withinSeconds }: EventDefinition): Check | null {
	const withinMs = withinSeconds === undefined ? HOLD_MS_DEFAULT : withinSeconds * 1000;
	if (hold !== undefined) return { kind: hold, when: "before", unchecked, withinMs };
	return review === undefined ? null : { kind: review, when: "after", unchecked, withinMs };
}

/** What a schema makes of an input, where it takes its own word for it: it is read again when the job is done. */
function keptOf(schema: v.GenericSchema, input: unknown): unknown {
	const output = JSON.parse(JSON.stringify(v.parse(schema, input)) ?? "null") as unknown;
	return v.is(schema, output) ? output : input;
}

function faultOf(schema: v.GenericSchema, value: unknown, what: string): string | null {
	const result = v.safeParse(schema, value, { abortEarly: true });
	if (result.success) return null;
	const field = v.getDotPath(result.issues[0]);
	return `The data of ${what} is not what it should be${field === null ? "" : `: look at \`${field}\``}.`;
}
