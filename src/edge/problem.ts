/** Refusals over HTTP: `application/problem+json` (RFC 9457) with the project's stable code. */
import { type ErrorCode, HTTP_STATUS, type Refusal } from "../protocol/codes.ts";

/** A refusal on its way to the one place that answers it. */
export class Refused extends Error {
	readonly refusal: Refusal;

	constructor(code: ErrorCode, message: string, more: Omit<Partial<Refusal>, "code" | "message"> = {}) {
		super(message);
		this.refusal = { code, message, ...more };
	}
}

export function problem(refusal: Refusal, headers: Record<string, string> = {}): Response {
	const { code, message, ...more } = refusal;
	const status = HTTP_STATUS[code];
	const body = { type: "about:blank", title: code.replaceAll("_", " "), status, detail: message, code, ...more };
	return new Response(JSON.stringify(body), {
		status,
		headers: {
			"Content-Type": "application/problem+json",
			...(refusal.retryAfterMs === undefined ? {} : { "Retry-After": String(Math.ceil(refusal.retryAfterMs / 1000)) }),
			...headers,
		},
	});
}
