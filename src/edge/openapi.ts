/** The document of the HTTP API, OpenAPI 3.1, generated from the protocol's own schemas. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import {
	EventsPage,
	Health,
	HeldPost,
	Job,
	JobsPage,
	MembersPage,
	PostEvent,
	Posted,
	PostModeration,
	Problem,
	RoomsPage,
	SearchPage,
	Summary,
} from "../protocol/http.ts";
import { GUEST_KEY_CHARS_MIN, ID_CHARS_MAX, PAGE_EVENTS_MAX } from "../protocol/limits.ts";

type Json = Record<string, unknown>;

const SCHEMAS = {
	EventsPage,
	Health,
	HeldPost,
	Job,
	JobsPage,
	MembersPage,
	Posted,
	PostEvent,
	PostModeration,
	Problem,
	RoomsPage,
	SearchPage,
	Summary,
};

/** Checks that JSON Schema cannot say, such as how deep data nests, are left to the room. */
function schemaOf(schema: GenericSchema): Json {
	const { $schema: _, ...json } = toJsonSchema(schema, { errorMode: "ignore", target: "draft-2020-12" }) as Json;
	return json;
}

const ref = (name: keyof typeof SCHEMAS): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: keyof typeof SCHEMAS): Json => ({ "application/json": { schema: ref(name) } });
const ok = (description: string, name: keyof typeof SCHEMAS): Json => ({ description, content: json(name) });
const PROBLEM = {
	default: { description: "A refusal.", content: { "application/problem+json": { schema: ref("Problem") } } },
};

const room = { name: "room", in: "path", required: true, schema: { type: "string" }, description: "The room's name." };
const job = { name: "job", in: "path", required: true, schema: { type: "string" }, description: "The job's id." };
const number = (name: string, description: string, minimum = 0, maximum?: number): Json => ({
	name,
	in: "query",
	description,
	schema: { type: "integer", minimum, ...(maximum === undefined ? {} : { maximum }) },
});
const limit = number("limit", "How many at most; 50 where it is missing.", 1, PAGE_EVENTS_MAX);
const text = (name: string, description: string, required = false): Json => ({
	name,
	in: "query",
	description,
	required,
	schema: { type: "string" },
});
const cursor = text("cursor", "The `next` of the answer before; the list begins where it is missing.");
const body = (name: keyof typeof SCHEMAS): Json => ({ required: true, content: json(name) });
const OPERATOR = [{ operatorKey: [] }];
const done = { description: "Done." };

const ROOM_PATHS = {
	"/rooms/{room}": {
		parameters: [room],
		get: { summary: "How the room is", responses: { 200: ok("The summary.", "Summary"), ...PROBLEM } },
		delete: { summary: "Wipe the room", security: OPERATOR, responses: { 204: done, ...PROBLEM } },
	},
	"/rooms/{room}/events": {
		parameters: [room],
		get: {
			summary: "Read the history",
			parameters: [
				number("after", "Events after this seq."),
				number("before", "Events before this seq; the newest where neither is given."),
				limit,
				text("epoch", "The epoch that the seqs belong to; another one is answered 410."),
			],
			responses: { 200: ok("A page, ascending.", "EventsPage"), ...PROBLEM },
		},
		post: {
			summary: "Publish an event",
			parameters: [
				{
					name: "Idempotency-Key",
					in: "header",
					required: true,
					description: `The same key publishes once, however often it is sent; in quotation marks and without it is the same. A guest's has ${GUEST_KEY_CHARS_MIN} characters or more, such as a random UUID: all guests of one address share their keys.`,
					schema: { type: "string", minLength: 1, maxLength: 2 * ID_CHARS_MAX + 2 },
				},
			],
			requestBody: body("PostEvent"),
			responses: {
				200: ok("It was published before.", "Posted"),
				201: ok("It is published.", "Posted"),
				202: ok("It is checked first.", "HeldPost"),
				...PROBLEM,
			},
		},
	},
	"/rooms/{room}/members": {
		parameters: [room],
		get: { summary: "Who is here", responses: { 200: ok("The members.", "MembersPage"), ...PROBLEM } },
	},
	"/rooms/{room}/moderation": {
		parameters: [room],
		post: {
			summary: "Remove, ban, mute, redact, lock or erase",
			requestBody: body("PostModeration"),
			responses: { 204: done, ...PROBLEM },
		},
	},
};

const JOB_PATHS = {
	"/rooms/{room}/jobs": {
		parameters: [room],
		get: {
			summary: "The room's jobs, the newest first",
			security: OPERATOR,
			parameters: [
				text("state", "waiting, sent, done or failed: a page of these may be short, or empty, and there be more."),
				cursor,
				limit,
			],
			responses: { 200: ok("The jobs.", "JobsPage"), ...PROBLEM },
		},
	},
	"/rooms/{room}/jobs/{job}": {
		parameters: [room, job],
		get: { summary: "A job", security: OPERATOR, responses: { 200: ok("The job.", "Job"), ...PROBLEM } },
	},
	"/rooms/{room}/jobs/{job}/replay": {
		parameters: [room, job],
		post: { summary: "Try a failed job again", security: OPERATOR, responses: { 204: done, ...PROBLEM } },
	},
};

const SERVER_PATHS = {
	"/rooms": {
		get: {
			summary: "The rooms, those last active first",
			security: OPERATOR,
			parameters: [limit],
			responses: { 200: ok("The rooms.", "RoomsPage"), ...PROBLEM },
		},
	},
	"/archive/search": {
		get: {
			summary: "Search what was said",
			parameters: [
				text("q", "Words that an event holds.", true),
				text("room", "One room, for those who may read it; all rooms are for operators."),
				limit,
			],
			responses: { 200: ok("What was found, the newest first.", "SearchPage"), ...PROBLEM },
		},
	},
	"/health": {
		get: { summary: "Whether the server answers", security: [{}], responses: { 200: ok("It does.", "Health") } },
	},
};

export function openApi(): Json {
	return {
		openapi: "3.1.0",
		info: {
			title: "Rotunda",
			version: "1",
			description:
				"A room server for the edge. Rooms are joined by WebSocket at `/rooms/{room}`; this is what backends use.",
			license: { name: "MIT", identifier: "MIT" },
		},
		servers: [{ url: "/" }],
		// Open to guests where ACCESS is `open`.
		security: [{}, { token: [] }, { operatorKey: [] }],
		paths: { ...ROOM_PATHS, ...JOB_PATHS, ...SERVER_PATHS },
		components: {
			securitySchemes: {
				token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
				operatorKey: { type: "http", scheme: "bearer" },
			},
			schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])),
		},
	};
}
