/** Refusals over HTTP: `application/problem+json` (RFC 9457) with the project's stable code. */
import { type ErrorCode, HTTP_TITLE, type Refusal, statusOf } from "../protocol/codes.ts";

/** A refusal on its way to the one place that answers it. */
export class Refused extends Error {
	readonly refusal: Refusal;

	constructor(code: ErrorCode, message: string, more: Omit<Partial<Refusal>, "code" | "message"> = {}) {
		super(message);
		this.refusal = { code, message, ...more };
	}
}

/** What RFC 9110 asks of a refusal beside its status: how to prove oneself (11.6.1), and what to upgrade to (15.5.22). */
const STANDARD_HEADERS: Partial<Record<ErrorCode, Record<string, string>>> = {
	unauthorized: { "WWW-Authenticate": 'Bearer realm="rotunda"' },
	upgrade_required: { Upgrade: "websocket", Connection: "Upgrade" },
};

/** `status` is given where HTTP tells apart what has one code here; `present` is what there is, where another thing was expected. */
export function problem(
	refusal: Refusal,
	headers: Record<string, string> = {},
	status: keyof typeof HTTP_TITLE = statusOf(refusal.code),
	present: object = {},
): Response {
	const { code, message, ...more } = refusal;
	const body = { type: "about:blank", title: HTTP_TITLE[status], status, detail: message, code, ...more, ...present };
	return new Response(JSON.stringify(body), {
		status,
		headers: {
			"Content-Type": "application/problem+json",
			...(refusal.retryAfterMs === undefined ? {} : { "Retry-After": String(Math.ceil(refusal.retryAfterMs / 1000)) }),
			...STANDARD_HEADERS[code],
			...headers,
		},
	});
}
