/** What the document of the HTTP API is made of: its schemas, bodies, answers and parameters. */
import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import { HTTP_TITLE } from "../../protocol/codes.ts";
import {
	DeadLettersPage,
	Entry,
	EntryValue,
	EventsPage,
	Frame,
	Health,
	HeldPost,
	Job,
	JobsPage,
	Landed,
	MembersPage,
	PostEvent,
	Posted,
	PostModeration,
	Problem,
	RoomsPage,
	SearchPage,
	StatePage,
	Stream,
	Summary,
} from "../../protocol/http.ts";
import { PAGE_EVENTS_DEFAULT, PAGE_EVENTS_MAX } from "../../protocol/limits.ts";
import { Event, Member } from "../../protocol/messages.ts";
import { EXAMPLES, type ExampleOf, PROBLEM_EXAMPLES } from "./examples.ts";

export type Json = Record<string, unknown>;

const SCHEMAS = {
	DeadLettersPage,
	Entry,
	Event,
	EventsPage,
	Frame,
	Health,
	HeldPost,
	Job,
	JobsPage,
	Landed,
	Member,
	MembersPage,
	Posted,
	PostEvent,
	PostModeration,
	Problem,
	EntryValue,
	RoomsPage,
	SearchPage,
	StatePage,
	Stream,
	Summary,
};

/** Each by its name, also inside the others. Checks that JSON Schema cannot say, such as how deep data nests, are left to the room. */
export function schemas(): Json {
	const named = toJsonSchemaDefs(SCHEMAS, {
		errorMode: "ignore",
		target: "draft-2020-12",
		overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
	}) as Record<string, object>;
	return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, { ...schema, $schema: undefined }]));
}

const ref = (name: keyof typeof SCHEMAS): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: ExampleOf): Json => ({ "application/json": { schema: ref(name), example: EXAMPLES[name] } });
export const ok = (description: string, name: ExampleOf): Json => ({ description, content: json(name) });
export const okOrStream = (description: string, name: ExampleOf): Json => ({
	description,
	content: { ...json(name), "text/event-stream": { schema: ref("Stream"), example: EXAMPLES.Stream } },
});
export const body = (name: ExampleOf): Json => ({ required: true, content: json(name) });
export const done = { description: "Done." };

type Refusals = keyof typeof PROBLEM_EXAMPLES;

/** The refusals that are to be reckoned with, and whatever else there may be. */
export function refusals(...statuses: Refusals[]): Json {
	const problem = (description: string, example: unknown): Json => ({
		description,
		content: { "application/problem+json": { schema: ref("Problem"), example } },
	});
	const each = statuses.map((status) => [status, problem(`${HTTP_TITLE[status]}.`, PROBLEM_EXAMPLES[status])]);
	return { ...Object.fromEntries(each), default: problem("Another refusal.", PROBLEM_EXAMPLES[503]) };
}

export const room = {
	name: "room",
	in: "path",
	required: true,
	schema: { type: "string" },
	description: "The room's name.",
	example: "lobby",
};
export const job = {
	name: "job",
	in: "path",
	required: true,
	schema: { type: "string" },
	description: "The job's id.",
	example: EXAMPLES.Job.job,
};
export const session = {
	name: "session",
	in: "path",
	required: true,
	schema: { type: "string" },
	description: "The session's id, as its welcome gave it.",
	example: "4f1c2a",
};
export const number = (name: string, description: string, minimum = 0, maximum?: number): Json => ({
	name,
	in: "query",
	description,
	schema: { type: "integer", minimum, ...(maximum === undefined ? {} : { maximum }) },
});
export const limitOf = (standard: number): Json => ({
	...number("limit", `How many at most; ${standard} where it is missing.`, 1, PAGE_EVENTS_MAX),
	example: 20,
});
export const limit = limitOf(PAGE_EVENTS_DEFAULT);
export const text = (name: string, description: string, required = false): Json => ({
	name,
	in: "query",
	description,
	required,
	schema: { type: "string" },
});
export const cursor = text("cursor", "Where to read on: the `next` of the page before, as it came.");
export const OPERATOR = [{ operatorKey: [] }];
