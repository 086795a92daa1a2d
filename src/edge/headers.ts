/**
 * Headers that go with every answer but a 101, whose headers cannot be changed: CORS for the pages
 * that may call, and what keeps answers from being taken for something else.
 */
import type { MiddlewareHandler } from "hono";
import { isOriginAllowed } from "./access/origins.ts";
import { preflight } from "./preflight.ts";
import { settingsOf } from "./settings-of.ts";

const SAFE: readonly [string, string][] = [
	["X-Content-Type-Options", "nosniff"],
	["Referrer-Policy", "no-referrer"],
];
const NO_DOCUMENT = "default-src 'none'; frame-ancestors 'none'";

export const headers: MiddlewareHandler<{ Bindings: Cloudflare.Env }> = async (c, next) => {
	const origin = c.req.header("Origin");
	const { allowedOrigins } = settingsOf(c.env);
	const isAllowed = origin !== undefined && isOriginAllowed(origin, new URL(c.req.url), allowedOrigins);
	// Without a method that it asks for it is no preflight, and is told what the address takes.
	const answered = preflight(c.req.raw, c.req.path, isAllowed);
	if (answered === null) await next();
	else c.res = answered;
	if (c.res.status === 101) return;
	const answer = new Response(c.res.body, c.res);
	for (const [name, value] of SAFE) answer.headers.set(name, value);
	// Pages come with a policy of their own.
	if (!answer.headers.has("Content-Security-Policy")) answer.headers.set("Content-Security-Policy", NO_DOCUMENT);
	if (!answer.headers.has("Cache-Control")) answer.headers.set("Cache-Control", "no-store");
	answer.headers.append("Vary", "Origin");
	if (isAllowed) {
		answer.headers.set("Access-Control-Allow-Origin", origin);
		answer.headers.set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate, Allow, ETag");
	}
	c.res = undefined;
	c.res = answer;
};
