/** The tables of docs/protocol.md, made of the schemas, codes and bounds that the code itself goes by. */
import type * as v from "valibot";
import { openApi } from "../../src/edge/openapi.ts";
import { APP_STATUS, CLOSE, HTTP_STATUS, stopsClient } from "../../src/protocol/codes.ts";
import { StateEntry } from "../../src/protocol/entries.ts";
import { Data, EntryKey, EventName, MemberId, MessageId, Seq } from "../../src/protocol/fields.ts";
import {
	Capability,
	CLIENT_MESSAGES,
	Event,
	Member,
	PresenceChange,
	SERVER_MESSAGES,
	WelcomeLimits,
} from "../../src/protocol/messages.ts";
import { ROOM_EVENTS } from "../../src/protocol/room-events.ts";
import { RATES, SIZES } from "./bounds.ts";
import { APP_WORDS, CLOSE_WORDS, ERROR_WORDS } from "./codes.ts";
import {
	CHANGE_FIELDS,
	CLIENT_FIELDS,
	LIMIT_FIELDS,
	MEMBER_FIELDS,
	ROOM_EVENT_FIELDS,
	SERVER_FIELDS,
} from "./fields.ts";

/** What a schema shows of itself at run time; which of these it has is told by its `type`. */
interface Shown {
	type: string;
	entries?: Readonly<Record<string, v.GenericSchema>>;
	wrapped?: v.GenericSchema;
	item?: v.GenericSchema;
	options?: readonly string[];
	literal?: unknown;
	pipe?: readonly { type: string; requirement?: unknown }[];
}

/** A heading, then rows. */
export type Table = readonly (readonly string[])[];

/** What has a name of its own on the page. */
const NAMED = new Map<unknown, string>([
	[MessageId, "id"],
	[EventName, "name"],
	[MemberId, "member id"],
	[Seq, "seq"],
	[Data, "any JSON"],
	[Capability, "capability"],
	[Member, "member"],
	[Event, "event"],
	[EntryKey, "key"],
	[StateEntry, "entry"],
	[PresenceChange, "change"],
	[WelcomeLimits, "limits"],
]);

function shownOf(schema: v.GenericSchema): Shown {
	return schema as unknown as Shown;
}

/** What a schema takes, in a few words. @throws Error for a kind of schema that the page has no words for yet. */
function wordsOf(schema: v.GenericSchema): string {
	const named = NAMED.get(schema);
	if (named !== undefined) return named;
	const { type, entries, wrapped, item, options, literal, pipe = [] } = shownOf(schema);
	switch (type) {
		case "literal":
			return `\`${JSON.stringify(literal)}\``;
		case "picklist":
			return (options ?? []).map((option) => `\`${option}\``).join(", ");
		case "nullable":
			return `${wrapped === undefined ? "" : wordsOf(wrapped)}, or null`;
		case "array":
			return `array of ${item === undefined ? "" : wordsOf(item)}`;
		case "object":
			return `object: ${Object.keys(entries ?? {})
				.map((key) => `\`${key}\``)
				.join(", ")}`;
		case "number":
			return `${pipe.some((step) => step.type === "safe_integer") ? "integer" : "number"}${rangeOf(pipe)}`;
		case "string":
		case "custom":
			return "text";
		case "boolean":
			return "boolean";
		case "unknown":
			return "any JSON";
		default:
			throw new Error(`The page has no words for a schema of type ${type}.`);
	}
}

function rangeOf(pipe: Shown["pipe"] = []): string {
	const [least, most] = ["min_value", "max_value"].map((type) => pipe.find((step) => step.type === type)?.requirement);
	return least === undefined || most === undefined ? "" : `, ${String(least)} to ${String(most)}`;
}

/** One row a field; `?` marks one that may be missing. */
function fieldsOf(schema: v.GenericSchema, meanings: Readonly<Record<string, string>>): Table {
	const rows = Object.entries(shownOf(schema).entries ?? {})
		.filter(([field]) => field !== "type")
		.map(([field, each]) => {
			const { type, wrapped } = shownOf(each);
			const isOptional = type === "optional" && wrapped !== undefined;
			return [`\`${field}\`${isOptional ? " ?" : ""}`, wordsOf(isOptional ? wrapped : each), meanings[field] ?? ""];
		});
	return [["field", "what it takes", "meaning"], ...rows];
}

const messages = <K extends string>(
	side: string,
	schemas: Readonly<Record<K, v.GenericSchema>>,
	meanings: Readonly<Record<K, Readonly<Record<string, string>>>>,
): [string, Table][] =>
	(Object.keys(schemas) as K[]).map((type) => [`${side} ${type}`, fieldsOf(schemas[type], meanings[type])]);

const bounds = (rows: typeof SIZES): Table => [
	["what", "at most", "more is answered"],
	...rows.map(({ what, most, answer }) => [what, most, answer]),
];

const closes: Table = [
	["code", "a client", "when", "what to do"],
	...(Object.keys(CLOSE) as (keyof typeof CLOSE)[]).map((name) => {
		const { when, what } = CLOSE_WORDS[name];
		return [String(CLOSE[name]), stopsClient(CLOSE[name]) ? "stops" : "comes back", when, what];
	}),
];

const errors: Table = [
	["code", "HTTP", "met at", "when", "what a client does"],
	...(Object.keys(HTTP_STATUS) as (keyof typeof HTTP_STATUS)[]).map((code) => {
		const { where, when, what } = ERROR_WORDS[code];
		return [`\`${code}\``, String(HTTP_STATUS[code]), where, when, what];
	}),
	["`app.{name}`", String(APP_STATUS), APP_WORDS.where, APP_WORDS.when, APP_WORDS.what],
];

interface Operation {
	summary: string;
	security?: readonly Readonly<Record<string, unknown>>[];
}

const METHODS = ["get", "post", "put", "delete"];

/** Whom an operation is for, by what may prove it. */
function whoseIs({ security = [] }: Operation): string {
	return security.some((each) => "operatorKey" in each) ? "operators" : "";
}

const routes: Table = [
	["method", "path", "what", "for"],
	...Object.entries(openApi().paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
		Object.entries(item)
			.filter(([method]) => METHODS.includes(method))
			.map(([method, operation]) => [
				`\`${method.toUpperCase()}\``,
				`\`${path}\``,
				operation.summary,
				whoseIs(operation),
			]),
	),
];

/** Every table of the page, by the name in the mark where it stands. */
export const TABLES: ReadonlyMap<string, Table> = new Map([
	...messages("client", CLIENT_MESSAGES, CLIENT_FIELDS),
	...messages("server", SERVER_MESSAGES, SERVER_FIELDS),
	...messages("data of", ROOM_EVENTS, ROOM_EVENT_FIELDS),
	["member", fieldsOf(Member, MEMBER_FIELDS)],
	["change", fieldsOf(PresenceChange, CHANGE_FIELDS)],
	["limits", fieldsOf(WelcomeLimits, LIMIT_FIELDS)],
	["sizes", bounds(SIZES)],
	["rates", bounds(RATES)],
	["closes", closes],
	["errors", errors],
	["routes", routes],
]);
