/** What a browser asks before it lets a page of another origin call (CORS): who may, by which methods and headers. */
import { PREFLIGHT_HEADERS_MAX } from "../protocol/limits.ts";

const METHODS = "GET, POST, PUT, DELETE";
/** Those that a tracing library adds to every request of a page: a call that they are refused fails for no reason of its own. */
const TRACING = ["traceparent", "tracestate", "baggage", "sentry-trace", "x-request-id"];
const DATADOG = /^x-datadog-[a-z0-9-]{1,40}$/;
const HEADERS = [
	"Authorization",
	"Content-Type",
	"Idempotency-Key",
	"If-Match",
	"If-None-Match",
	"Last-Event-ID",
	"Rotunda-Resume",
	...TRACING,
];
const SECONDS = "600";

/** True for `GET` of a room's own address: there one who was refused asks why, wherever its page is from. */
function asksWhy(request: Request, path: string): boolean {
	return /^\/rooms\/[^/]+$/.test(path) && request.headers.get("Access-Control-Request-Method") === "GET";
}

/** The answer to a preflight of a page that may call, or null where it is none, or nobody's to answer. `path`: its route's. */
export function preflight(request: Request, path: string, isAllowed: boolean): Response | null {
	const isPreflight = request.method === "OPTIONS" && request.headers.has("Access-Control-Request-Method");
	if (!isPreflight || !(isAllowed || asksWhy(request, path))) return null;
	return new Response(null, {
		status: 204,
		headers: {
			...(isAllowed ? {} : { "Access-Control-Allow-Origin": "*" }),
			"Access-Control-Allow-Methods": isAllowed ? METHODS : "GET",
			"Access-Control-Allow-Headers": [...HEADERS, ...datadogOf(request)].join(", "),
			"Access-Control-Max-Age": SECONDS,
			Vary: "Access-Control-Request-Method, Access-Control-Request-Headers",
		},
	});
}

/** Datadog's headers, of which there are more from time to time; a browser takes no pattern for an answer. */
function datadogOf(request: Request): string[] {
	const asked = (request.headers.get("Access-Control-Request-Headers") ?? "").toLowerCase().split(",");
	return asked
		.map((each) => each.trim())
		.filter((each) => DATADOG.test(each))
		.slice(0, PREFLIGHT_HEADERS_MAX);
}
