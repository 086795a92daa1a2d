/** In what form an answer is wanted, and a body sent: what HTTP leaves to the two sides to agree on (RFC 9110, 8 and 12). */
import type { Context, MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { problem } from "./problem.ts";

const PAGE = "text/html";
const JSON_TYPE = "application/json";

/** One of those that `Accept` names, and how dear it is, 0 to 1. */
interface Range {
	type: string;
	q: number;
}

/** Whether a page is wanted rather than JSON, which is also for those who take anything or say nothing. */
export function wantsPage(c: Context): boolean {
	const wanted = accepts(c, {
		header: "Accept",
		supports: [PAGE, JSON_TYPE],
		default: JSON_TYPE,
		match: (ranges) => (isPageDearer(ranges) ? PAGE : JSON_TYPE),
	});
	return wanted === PAGE;
}

/** Whether JSON is asked for by its name, as a program does that will read what it is told. */
export function namesJson(c: Context): boolean {
	return names(c.req.header("Accept"), JSON_TYPE);
}

/** Whether a stream is asked for; it begins with a join, so no `HEAD` is answered as it would be. */
export function wantsStream(c: Context): boolean {
	return c.req.raw.method === "GET" && names(c.req.header("Accept"), "text/event-stream");
}

/** Whether a body is said to be JSON. */
export function isJson(request: Request): boolean {
	return names(request.headers.get("Content-Type") ?? undefined, JSON_TYPE);
}

function names(header: string | undefined, type: string): boolean {
	return (header ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === type);
}

function isPageDearer(ranges: readonly Range[]): boolean {
	const [page, json] = [rangeOf(PAGE, ranges), rangeOf(JSON_TYPE, ranges)];
	if (page.q !== json.q) return page.q > json.q;
	// A browser names pages and takes anything else as well as that.
	return page.q > 0 && page.precision > 0 && page.precision >= json.precision;
}

/** The range that counts for a type: the most precise one that it is in. Precision: 0 any, 1 of this kind, 2 this one. */
function rangeOf(type: string, ranges: readonly Range[]): { q: number; precision: number } {
	const names = ["*/*", type.replace(/\/.*/, "/*"), type];
	let best = { q: 0, precision: -1 };
	for (const { type: name, q } of ranges) {
		const precision = names.indexOf(name === "*" ? "*/*" : name.toLowerCase());
		if (precision > best.precision) best = { q, precision };
	}
	return best;
}

const UTF8 = ["utf-8", "utf8", "us-ascii"];

/**
 * Lets a body pass that is as it looks. One that is packed, or in letters of another set, would be read as
 * something else: 415, and what is taken (RFC 9110, 15.5.16).
 */
export const plainBody: MiddlewareHandler = async (c, next) => {
	const codings = (c.req.header("Content-Encoding") ?? "").split(",").map((each) => each.trim().toLowerCase());
	if (codings.some((coding) => coding !== "" && coding !== "identity")) {
		return unsupported("Send the body as it is: an encoded one (Content-Encoding) is not read here.");
	}
	const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(c.req.header("Content-Type") ?? "")?.[1];
	if (charset !== undefined && !UTF8.includes(charset.toLowerCase())) {
		return unsupported("Send the body as UTF-8; no other charset is read here.");
	}
	return next();
};

/** A body that cannot be read, which HTTP has a status of its own for. */
function unsupported(message: string): Response {
	return problem({ code: "malformed", message }, { "Accept-Encoding": "identity", Accept: JSON_TYPE }, 415);
}
