/** What the API's bodies look like, for its document: a test holds each against its schema. */
import type * as v from "valibot";
import { type ErrorCode, HTTP_TITLE } from "../../protocol/codes.ts";
import type * as bodies from "../../protocol/http.ts";

type Bodies = typeof bodies;
export type ExampleOf = Exclude<
	{ [K in keyof Bodies]: Bodies[K] extends v.GenericSchema ? K : never }[keyof Bodies],
	"Problem"
>;

const EPOCH = "q3Xw7TzB0aVn";
const AT = 1_800_000_000_000;
const HELLO = { name: "chat", data: { text: "Hello" } };
const SAID = { type: "event", seq: 42, at: AT, from: "ada", author: "Ada", id: "m-1", ...HELLO } as const;
const JOB = { job: `${EPOCH}-7`, name: "unfurl", state: "done", run: 1, at: AT, member: "ada", of: 41 } as const;

const ENTRY = { key: "topic", value: { text: "Today: release" }, version: 7, at: AT, from: "ada" };

export const EXAMPLES = {
	Summary: { room: "lobby", epoch: EPOCH, head: 42, floor: 1, count: 2 },
	EventsPage: {
		epoch: EPOCH,
		floor: 1,
		head: 42,
		events: [SAID],
		more: false,
	},
	Stream: `id: ${EPOCH}.42\nevent: event\ndata: ${JSON.stringify(SAID)}\n\n`,
	Frame: { type: "publish", id: "m-2", ...HELLO },
	PostEvent: HELLO,
	EntryValue: { text: "Today: release" },
	Landed: { epoch: EPOCH, version: 7 },
	Entry: ENTRY,
	StatePage: { epoch: EPOCH, version: 7, entries: [ENTRY], more: false },
	Posted: { epoch: EPOCH, seq: 42 },
	HeldPost: { job: `${EPOCH}-8` },
	MembersPage: { room: "lobby", count: 2, members: [{ id: "ada", name: "Ada", state: { mood: "good" } }], next: "ada" },
	PostModeration: { action: "ban", member: "ada", seconds: 3600 },
	Job: { ...JOB, result: { url: "https://example.com/", title: "Example" } },
	JobsPage: { jobs: [{ ...JOB, state: "failed", error: { code: "exhausted", message: "It did not answer." } }] },
	DeadLettersPage: {
		letters: [
			{
				at: AT,
				queue: "rotunda-dead-jobs",
				body: '{"v":9}',
				reason: "No version of this code understands the message.",
			},
		],
	},
	RoomsPage: { rooms: [{ room: "lobby", members: 2, head: 42, activeAt: AT }] },
	SearchPage: { events: [{ room: "lobby", epoch: EPOCH, seq: 42, at: AT, from: "ada", author: "Ada", ...HELLO }] },
	Health: { ok: true },
} as const satisfies { readonly [K in ExampleOf]: v.InferInput<Bodies[K]> };

type Status = keyof typeof HTTP_TITLE;

function problem<S extends Status>(status: S, code: ErrorCode, detail: string, more: object = {}) {
	return { type: "about:blank", title: HTTP_TITLE[status], status, detail, code, ...more };
}

/** The most usual refusal of each status. */
export const PROBLEM_EXAMPLES = {
	400: problem(400, "bad_request", "`limit` is a whole number from 1 to 200."),
	401: problem(401, "unauthorized", "The token has expired; get a new one."),
	403: problem(403, "forbidden", "This asks for the capability `publish` in this room, which you do not have."),
	404: problem(404, "not_found", "There is no job of that id here."),
	405: problem(405, "method_not_allowed", "This address takes GET, HEAD, OPTIONS."),
	409: problem(409, "conflict", "The room's head is not the one that you expect.", { head: 43 }),
	410: problem(410, "trimmed", "The history begins at 17; read it from there."),
	412: problem(412, "precondition_failed", "The entry is not what you expect.", {
		key: ENTRY.key,
		version: ENTRY.version,
		value: ENTRY.value,
	}),
	413: problem(413, "too_large", "A body holds at most 65536 bytes."),
	415: problem(415, "malformed", "Send the body as it is: an encoded one (Content-Encoding) is not read here."),
	422: problem(422, "id_reused", "This id was used for another event; use a new one."),
	429: problem(429, "rate_limited", "Too many reads; wait a little and try again.", { retryAfterMs: 400 }),
	503: problem(503, "overloaded", "The room has more to do than it can hold; send this again a little later.", {
		retryAfterMs: 1000,
	}),
	507: problem(507, "state_full", "The room's state holds at most 4096 entries and 4194304 bytes; drop some first."),
} as const;
