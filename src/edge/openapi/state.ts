/** The state's paths of the API's document. */
import { ENTRY_KEY_CHARS_MAX } from "../../protocol/state-limits.ts";
import { body, done, type Json, limit, ok, refusals, room, text } from "./parts.ts";

const key = {
	name: "key",
	in: "path",
	required: true,
	schema: { type: "string", minLength: 1, maxLength: ENTRY_KEY_CHARS_MAX },
	description: "The entry's key, percent-encoded.",
	example: "topic",
};
const header = (name: string, description: string): Json => ({
	name,
	in: "header",
	description,
	schema: { type: "string" },
});
const guestKey = header(
	"Rotunda-Resume",
	"A guest's private key, as its welcome gave it: the answer is for that guest.",
);
const CONDITIONS = [
	header(
		"If-Match",
		'Only where the entry has this version, as an `ETag` gave it (`"7"`), or with `*` where there is one.',
	),
	header("If-None-Match", "`*`: only where there is none."),
	header("Idempotency-Key", "The same key sets once, however often it is sent; a guest's as of an event."),
];
const tagged = (answer: Json): Json => ({
	...answer,
	headers: { ETag: { description: "The entry's version.", schema: { type: "string" }, example: '"7"' } },
});

export const STATE_PATHS = {
	"/rooms/{room}/state": {
		parameters: [room],
		get: {
			operationId: "listState",
			tags: ["State"],
			summary: "Read the state",
			description:
				"Entries in the order of their keys. A page ends at `limit` or 128 KiB; the next one begins `after` its last key.",
			parameters: [
				text("prefix", "Those whose keys begin so."),
				text("after", "Those whose keys come after this one."),
				limit,
				guestKey,
			],
			responses: { 200: ok("A page of the entries.", "StatePage"), ...refusals(400, 401, 403, 429) },
		},
	},
	"/rooms/{room}/state/{key}": {
		parameters: [room, key],
		get: {
			operationId: "getEntry",
			tags: ["State"],
			summary: "Read an entry",
			description: "The value itself. One that you may not see is not found.",
			parameters: [header("If-None-Match", "The version that you have: then the answer is 304."), guestKey],
			responses: {
				200: tagged(ok("The value.", "EntryValue")),
				304: { description: "It is the version that you have." },
				...refusals(400, 401, 403, 404, 429),
			},
		},
		put: {
			operationId: "setEntry",
			tags: ["State"],
			summary: "Set an entry",
			description: "The body is the value itself; `null` drops the entry. Everyone in the room is told.",
			parameters: CONDITIONS,
			requestBody: body("EntryValue"),
			responses: {
				200: tagged(ok("It is set, or was before.", "Landed")),
				201: tagged(ok("It is set, and there was none before.", "Landed")),
				...refusals(400, 401, 403, 412, 413, 415, 422, 429, 507),
			},
		},
		delete: {
			operationId: "dropEntry",
			tags: ["State"],
			summary: "Drop an entry",
			description: "Done as well where there is none.",
			parameters: CONDITIONS,
			responses: { 204: done, ...refusals(400, 401, 403, 412, 422, 429) },
		},
	},
};
