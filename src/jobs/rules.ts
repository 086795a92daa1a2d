/** Compiles `app.ts` to the plain questions that a room asks. */
import * as v from "valibot";
import { HOLD_MS_DEFAULT, RANGE_BYTES_MAX, RANGE_EVENTS_MAX } from "../protocol/job-limits.ts";
import type { Check, EventRule, KindRule, Rules } from "../protocol/rules.ts";
import type { AppDefinition, EventDefinition } from "./definition.ts";
import { leaseMs, type RangeKind } from "./kind.ts";

type Ruled = Required<Pick<AppDefinition, "events" | "kinds" | "ranges">>;

export function rulesOf(app: Ruled, env: Readonly<Record<string, unknown>>): Rules {
	const events = new Map(Object.entries(app.events).map(([name, definition]) => [name, eventRule(definition)]));
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
			},
		]),
	);
	return {
		event: (name) => events.get(name) ?? events.get("*") ?? null,
		kind: (name) => kinds.get(name) ?? null,
		holds: [...events.values()].some(({ check }) => check?.when === "before"),
		ranges: app.ranges
			.filter((kind) => kind.isActive(env))
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

function eventRule(definition: EventDefinition): EventRule {
	const { from, data, starts = [] } = definition;
	return {
		from,
		starts,
		check: checkOf(definition),
		fault: (value) => (data === undefined ? null : faultOf(data, value, "that event")),
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
