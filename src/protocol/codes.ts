/** The stable codes of every refusal and every close, and what each means over HTTP. */
import { APP_CODE_CHARS_MAX } from "./rules-limits.ts";

/** HTTP status of each error code. A code that is missing here does not exist, but for those that an app's rules give. */
export const HTTP_STATUS = {
	malformed: 400,
	unknown_type: 400,
	invalid: 400,
	too_large: 413,
	rate_limited: 429,
	overloaded: 503,
	forbidden: 403,
	reserved_name: 400,
	conflict: 409,
	id_reused: 422,
	unknown_job: 400,
	too_many_jobs: 429,
	not_found: 404,
	binary_reserved: 400,
	rejected: 422,
	state_full: 507,
	internal: 500,
	not_configured: 403,
	// Only over HTTP.
	bad_room: 400,
	bad_request: 400,
	unauthorized: 401,
	origin_refused: 403,
	banned: 403,
	room_locked: 403,
	room_full: 503,
	newer_schema: 503,
	method_not_allowed: 405,
	upgrade_required: 426,
	trimmed: 410,
	precondition_failed: 412,
} as const;

/** What an app's rule refuses with: `app.` and a name of the app's. */
export type AppCode = `app.${string}`;
export const APP_CODE = /* @__PURE__ */ new RegExp(`^app\\.[A-Za-z0-9_-]{1,${APP_CODE_CHARS_MAX}}$`);

export type ErrorCode = keyof typeof HTTP_STATUS | AppCode;

/** Of what rules refuse: what was sent is well-formed, and against the app's own rules (RFC 9110, 15.5.21). */
export const APP_STATUS = 422;

export function isAppCode(code: string): code is AppCode {
	return code.startsWith("app.");
}

export function statusOf(code: ErrorCode): keyof typeof HTTP_TITLE {
	return isAppCode(code) ? APP_STATUS : HTTP_STATUS[code];
}

/** What RFC 9110 (15) and RFC 6585 call each status: the title of a problem whose type is `about:blank` (RFC 9457, 4.2.1). */
export const HTTP_TITLE = {
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	409: "Conflict",
	410: "Gone",
	412: "Precondition Failed",
	413: "Content Too Large",
	415: "Unsupported Media Type",
	422: "Unprocessable Content",
	426: "Upgrade Required",
	429: "Too Many Requests",
	500: "Internal Server Error",
	503: "Service Unavailable",
	507: "Insufficient Storage",
} as const satisfies Readonly<Record<(typeof HTTP_STATUS)[keyof typeof HTTP_STATUS] | 415, string>>;

/**
 * WebSocket close codes of the room. The range says what a client does, so that old clients
 * obey new codes: 4000–4499 reconnect with backoff and cursor, 4500–4999 stop.
 */
export const CLOSE = {
	restarting: 4000,
	tooSlow: 4001,
	heartbeatLost: 4002,
	tokenRefused: 4003,
	busy: 4004,
	removed: 4500,
	banned: 4501,
	wiped: 4502,
	violated: 4503,
	forbidden: 4504,
	replaced: 4505,
} as const;

/** True where the close code tells a client to stop for good. */
export function stopsClient(closeCode: number): boolean {
	return closeCode >= 4500 && closeCode <= 4999;
}

/** A refusal: a stable code and a sentence that says what happened and what to do. */
export interface Refusal {
	code: ErrorCode;
	message: string;
	id?: string | undefined;
	retryAfterMs?: number | undefined;
	head?: number | undefined;
}

/** The close code with which a join is refused to a browser, which cannot read an HTTP status. */
export function closeCodeOfRefusedJoin(code: ErrorCode): number {
	switch (code) {
		case "unauthorized":
			return CLOSE.tokenRefused;
		case "banned":
			return CLOSE.banned;
		case "rate_limited":
		case "room_full":
		case "newer_schema":
		case "overloaded":
		case "internal":
			return CLOSE.busy;
		default:
			return CLOSE.forbidden;
	}
}
