/**
 * Who may do what: every route, and what each caller is answered. A cell that is not written is a refusal: see
 * `expected`. What the callers are is in callers.ts.
 */
import type { CallerKind } from "./callers.ts";

/** What a proven member of the room may do with a token that has no capability for it. */
const FORBIDDEN = "403 forbidden";

export interface Row {
	/** As the Worker's routes name it. */
	route: `${string} ${string}`;
	path: string;
	body?: unknown;
	/** Whom it serves, and how; everyone else is refused. */
	serves: Partial<Record<CallerKind, string>>;
	/** What one is answered whose token is good, and does not hold what this asks for. */
	lacking?: string;
	/** True where it belongs to operators alone. */
	isOperators?: boolean;
	/** True where it changes something: a page's origin is asked for. */
	isWrite?: boolean;
	/** True where nothing is asked of anyone. */
	isPublic?: boolean;
}

const everyReader = { member: "200", reader: "200", operator: "200", "operator, second key": "200" } as const;
const operators = (status: string) => ({ operator: status, "operator, second key": status });
const READ_ACROSS = { "foreign origin": "200", "null origin": "200", "browser without origin": "200" } as const;

export const ROWS: readonly Row[] = [
	{ route: "GET /rooms/:room", path: "/rooms/team-a", serves: { ...everyReader, ...READ_ACROSS } },
	{ route: "GET /rooms/:room/events", path: "/rooms/team-a/events", serves: { ...everyReader, ...READ_ACROSS } },
	{ route: "GET /rooms/:room/members", path: "/rooms/team-a/members", serves: { ...everyReader, ...READ_ACROSS } },
	{ route: "GET /rooms/:room/state", path: "/rooms/team-a/state", serves: { ...everyReader, ...READ_ACROSS } },
	{
		route: "GET /rooms/:room/state/:key",
		path: "/rooms/team-a/state/none",
		serves: Object.fromEntries(Object.keys({ ...everyReader, ...READ_ACROSS }).map((kind) => [kind, "404 not_found"])),
	},
	{
		route: "PUT /rooms/:room/state/:key",
		path: "/rooms/team-a/state/none",
		// A drop of nothing, whoever comes first.
		body: null,
		serves: { member: "200", ...operators("200") },
		isWrite: true,
	},
	{
		route: "DELETE /rooms/:room/state/:key",
		path: "/rooms/team-a/state/none",
		serves: { member: "204", ...operators("204") },
		isWrite: true,
	},
	{
		// Of a session that is nobody's: whose own it is speaks for it, and everybody else is told the same.
		route: "POST /rooms/:room/sessions/:session",
		path: "/rooms/team-a/sessions/none",
		body: { type: "received", jobs: [] },
		serves: {
			"no token": "404 not_found",
			"no capability": "404 not_found",
			"capabilities as one word": "404 not_found",
			"a capability that there is not": "404 not_found",
			reader: "404 not_found",
			member: "404 not_found",
			...operators("404 not_found"),
		},
		isWrite: true,
	},
	{
		route: "GET /archive/search",
		path: "/archive/search?q=hello&room=team-a",
		serves: { ...everyReader, ...READ_ACROSS },
	},
	{
		route: "GET /archive/search",
		path: "/archive/search?q=hello",
		serves: operators("200"),
		isOperators: true,
	},
	{
		route: "POST /rooms/:room/events",
		path: "/rooms/team-a/events",
		body: { name: "chat", data: 1 },
		serves: { member: "201", ...operators("201") },
		isWrite: true,
	},
	{
		route: "POST /rooms/:room/moderation",
		path: "/rooms/team-a/moderation",
		body: { action: "unlock" },
		serves: { member: "204", ...operators("204") },
		isWrite: true,
	},
	{
		route: "POST /rooms/:room/moderation",
		path: "/rooms/team-a/moderation",
		body: { action: "erase", member: "nobody" },
		serves: operators("204"),
		lacking: FORBIDDEN,
		isWrite: true,
	},
	{ route: "GET /dead-letters", path: "/dead-letters", serves: operators("200"), isOperators: true },
	{ route: "GET /rooms", path: "/rooms", serves: operators("200"), isOperators: true },
	{
		route: "DELETE /rooms/:room",
		path: "/rooms/team-wiped",
		serves: operators("204"),
		isOperators: true,
		isWrite: true,
	},
	{ route: "GET /rooms/:room/jobs", path: "/rooms/team-a/jobs", serves: operators("200"), isOperators: true },
	{
		route: "GET /rooms/:room/jobs/:job",
		path: "/rooms/team-a/jobs/none-1",
		serves: operators("404 not_found"),
		isOperators: true,
	},
	{
		route: "POST /rooms/:room/jobs/:job/replay",
		path: "/rooms/team-a/jobs/none-1/replay",
		serves: operators("404 not_found"),
		isOperators: true,
		isWrite: true,
	},
	{ route: "GET /health", path: "/health", serves: {}, isPublic: true },
	{ route: "GET /openapi.json", path: "/openapi.json", serves: {}, isPublic: true },
];
