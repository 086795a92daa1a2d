/** The document of the HTTP API, OpenAPI 3.1, generated from the protocol's own schemas. */
import { GUEST_KEY_CHARS_MIN, ID_CHARS_MAX, PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import {
	body,
	cursor,
	done,
	type Json,
	job,
	limit,
	limitOf,
	number,
	OPERATOR,
	ok,
	okOrStream,
	refusals,
	room,
	schemas,
	session,
	text,
} from "./openapi/parts.ts";
import { STATE_PATHS } from "./openapi/state.ts";

const guestKey = {
	name: "Rotunda-Resume",
	in: "header",
	description: "A guest's private key, as its welcome gave it: the answer is for that guest, and counts as its own.",
	schema: { type: "string", minLength: 16, maxLength: 128 },
};

const lastEventId = {
	name: "Last-Event-ID",
	in: "header",
	description: "Of a stream: the cursor to go on from, as an `id` gave it. It wins over `since`.",
	schema: { type: "string" },
};

const ROOM_PATHS = {
	"/rooms/{room}": {
		parameters: [room],
		get: {
			operationId: "getRoom",
			tags: ["Rooms"],
			summary: "How the room is",
			description:
				"Where its history stands and how many members are here. A browser gets the room's page, and who asks to upgrade to `websocket` joins. Who accepts `application/json` by name is refused as a join with the same query would be: so a client learns why its socket did not open.",
			parameters: [guestKey],
			responses: { 200: ok("The summary.", "Summary"), ...refusals(400, 401, 403, 429, 503) },
		},
		delete: {
			operationId: "wipeRoom",
			tags: ["Rooms"],
			summary: "Wipe the room",
			description:
				"Everything that was said is gone, here and in the archive; bans and locks stay. Its history begins anew, with another epoch.",
			security: OPERATOR,
			responses: { 204: done, ...refusals(400, 401, 403) },
		},
	},
	"/rooms/{room}/events": {
		parameters: [room],
		get: {
			operationId: "readEvents",
			tags: ["Events"],
			summary: "Read the history, or follow the room",
			description:
				"A page of events in their order, after a seq or before one: the newest where neither is given. Who accepts `text/event-stream` by name joins as by a socket, with the same query, and hears the room as server-sent events (an operator without being among its members): `event` is a message's type and `data` the message, and the last one is `close`.",
			parameters: [
				number("after", "Events after this seq."),
				number("before", "Events before this seq; the newest where neither is given."),
				limit,
				guestKey,
				text("epoch", "The epoch that the seqs belong to; another one is answered 410."),
				lastEventId,
			],
			responses: {
				200: okOrStream("A page, ascending, or a stream.", "EventsPage"),
				...refusals(400, 401, 403, 410, 429, 503),
			},
		},
		post: {
			operationId: "publishEvent",
			tags: ["Events"],
			summary: "Publish an event",
			description: "It is stored, has its place in the room's order, and everyone in the room hears it.",
			parameters: [
				{
					name: "Idempotency-Key",
					in: "header",
					required: true,
					description: `The same key publishes once, however often it is sent; in quotation marks and without it is the same. A guest's has ${GUEST_KEY_CHARS_MIN} characters or more, such as a random UUID: all guests of one address share their keys.`,
					schema: { type: "string", minLength: 1, maxLength: 2 * ID_CHARS_MAX + 2 },
					example: "0b6b1c1e-4d0f-4c39-9c4e-8f2a0b6f3d51",
				},
			],
			requestBody: body("PostEvent"),
			responses: {
				200: ok("It was published before.", "Posted"),
				201: ok("It is published.", "Posted"),
				202: ok("It is checked first.", "HeldPost"),
				...refusals(400, 401, 403, 409, 413, 415, 422, 429),
			},
		},
	},
	"/rooms/{room}/sessions/{session}": {
		parameters: [room, session],
		post: {
			operationId: "sayFrame",
			tags: ["Events"],
			summary: "Speak for one's own session",
			description:
				"A frame, as it would be sent by a socket: one message, or an array of them. What the room answers comes by the stream. Only the session's own member speaks for it, with the token that it joined with, or a guest with its key; anybody else is answered 404.",
			parameters: [guestKey],
			requestBody: body("Frame"),
			responses: { 202: { description: "The room has it." }, ...refusals(400, 401, 403, 404, 413, 415, 429, 503) },
		},
	},
	"/rooms/{room}/members": {
		parameters: [room],
		get: {
			operationId: "listMembers",
			tags: ["Rooms"],
			summary: "Who is here",
			description:
				"The members, each with its name and its presence state, in the order of their ids; `count` is of all of them.",
			parameters: [cursor, limitOf(PAGE_EVENTS_MAX), guestKey],
			responses: { 200: ok("A page of the members.", "MembersPage"), ...refusals(400, 401, 403, 429) },
		},
	},
	"/rooms/{room}/moderation": {
		parameters: [room],
		post: {
			operationId: "moderateRoom",
			tags: ["Rooms"],
			summary: "Remove, ban, mute, redact, lock or erase",
			description: "For those who may `moderate` in the room, and for operators, who alone may erase a member.",
			requestBody: body("PostModeration"),
			responses: { 204: done, ...refusals(400, 401, 403, 404, 413, 415, 429) },
		},
	},
};

const JOB_PATHS = {
	"/rooms/{room}/jobs": {
		parameters: [room],
		get: {
			operationId: "listJobs",
			tags: ["Jobs"],
			summary: "The room's jobs, the newest first",
			description:
				"Those that are under way, and for a week those that are settled; those that failed for good with their reason.",
			security: OPERATOR,
			parameters: [
				text(
					"state",
					"waiting, sent, done or failed: a page of those that are done may be short, or empty, and there be more.",
				),
				cursor,
				limit,
			],
			responses: { 200: ok("A page of the jobs.", "JobsPage"), ...refusals(400, 401, 403, 429) },
		},
	},
	"/rooms/{room}/jobs/{job}": {
		parameters: [room, job],
		get: {
			operationId: "getJob",
			tags: ["Jobs"],
			summary: "A job",
			description: "Where a job stands, and what came of it.",
			security: OPERATOR,
			responses: { 200: ok("The job.", "Job"), ...refusals(400, 401, 403, 404, 429) },
		},
	},
	"/rooms/{room}/jobs/{job}/replay": {
		parameters: [room, job],
		post: {
			operationId: "replayJob",
			tags: ["Jobs"],
			summary: "Try a failed job again",
			description: "As if it had not failed yet. One that has not failed, or of which nothing is kept, is 404.",
			security: OPERATOR,
			responses: { 204: done, ...refusals(400, 401, 403, 404) },
		},
	},
};

const SERVER_PATHS = {
	"/rooms": {
		get: {
			operationId: "listRooms",
			tags: ["Server"],
			summary: "The rooms, those last active first",
			description:
				"The first page holds those that were last active; what follows is in the order of their names, so that each is read once whatever happens meanwhile.",
			security: OPERATOR,
			parameters: [cursor, limit],
			responses: { 200: ok("A page of the rooms.", "RoomsPage"), ...refusals(400, 401, 403) },
		},
	},
	"/dead-letters": {
		get: {
			operationId: "listDeadLetters",
			tags: ["Server"],
			summary: "What no queue could deliver",
			description:
				"Messages whose room could not be told what came of them, the newest first, each cut to its first 4,096 characters. A job that failed is listed with its room's jobs instead.",
			security: OPERATOR,
			parameters: [cursor, limit],
			responses: { 200: ok("A page of them.", "DeadLettersPage"), ...refusals(400, 401, 403) },
		},
	},
	"/archive/search": {
		get: {
			operationId: "searchArchive",
			tags: ["Server"],
			summary: "Search what was said",
			description:
				"Events that hold all the words, in one room or in all of them. A page ends at `limit` or 128 KiB, and the last one may be empty.",
			parameters: [
				{ ...text("q", "Words that an event holds.", true), example: "hello" },
				text("room", "One room, for those who may read it; all rooms are for operators."),
				cursor,
				limit,
				guestKey,
			],
			responses: {
				200: ok("A page of what was found, the newest first.", "SearchPage"),
				...refusals(400, 401, 403, 429),
			},
		},
	},
	"/health": {
		get: {
			operationId: "checkHealth",
			tags: ["Server"],
			summary: "Whether the server answers",
			description: "For whoever watches it; it reaches no room.",
			security: [{}],
			responses: { 200: ok("It does.", "Health"), ...refusals(405) },
		},
	},
};

const TAGS = [
	{ name: "Rooms", description: "A room, and who is in it." },
	{ name: "Events", description: "What is said in a room: durable, and in one order." },
	{ name: "State", description: "What a room remembers as its newest: entries, by their keys." },
	{ name: "Jobs", description: "Heavy work that left a room, and what came of it. For operators." },
	{ name: "Server", description: "All rooms together." },
];

/** `prefix`: what stands before every path, or nothing. */
export function openApi(prefix = ""): Json {
	return {
		openapi: "3.1.0",
		info: {
			title: "Rotunda",
			version: "1",
			description:
				"A room server for the edge. Rooms are joined by WebSocket at `/rooms/{room}`; this is what backends use.",
			contact: { name: "Whoever runs this server" },
			license: { name: "MIT", identifier: "MIT" },
		},
		// Wherever the document was had from.
		servers: [{ url: prefix === "" ? "/" : prefix }],
		// Open to guests where ACCESS is `open`.
		security: [{}, { token: [] }, { operatorKey: [] }],
		tags: TAGS,
		paths: { ...ROOM_PATHS, ...STATE_PATHS, ...JOB_PATHS, ...SERVER_PATHS },
		components: {
			securitySchemes: {
				token: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A member's token." },
				operatorKey: { type: "http", scheme: "bearer", description: "One of the keys in OPERATOR_KEY." },
			},
			schemas: schemas(),
		},
	};
}
