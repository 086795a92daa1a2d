/** Which web pages may use this server with their visitors' sockets (G10: what is not listed is refused). */

import { isLoopback } from "../../protocol/loopback.ts";

/** An origin of a scheme that is not the web's, such as an app's `capacitor://localhost`: no parser knows its host. */
const APP_ORIGIN = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]{1,5})?$/;

/**
 * True where a request that bears this `Origin` may pass: its own page's, a listed one, or, where the
 * Worker itself is reached at a loopback host, any loopback page. No Origin is not a browser.
 * @param allowed origins as `settings.ts` reads them, with at most one `*` each.
 */
export function isOriginAllowed(origin: string | null, url: URL, allowed: readonly string[]): boolean {
	if (origin === null) return true;
	const from = origin.toLowerCase();
	if (!APP_ORIGIN.test(from)) {
		// `null`, and anything with more than scheme, host and port, is no page's origin.
		if (!URL.canParse(from) || new URL(from).origin !== from) return false;
		if (from === url.origin) return true;
		if (isLoopback(url.hostname) && isLoopback(new URL(from).hostname)) return true;
	}
	return allowed.some((pattern) => matches(from, pattern));
}

const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
const LABEL = /^[a-z0-9_-]+$/;

function matches(from: string, pattern: string): boolean {
	const star = pattern.indexOf("*");
	if (star === -1) return from === pattern;
	const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
	if (!from.startsWith(head) || !from.endsWith(tail) || from.length <= head.length + tail.length) return false;
	const run = from.slice(head.length, from.length - tail.length);
	// In place of the first label it is every host below; within one, never more than that label.
	return (head.endsWith("://") && tail.startsWith(".") ? HOST : LABEL).test(run);
}

/**
 * True where a request that changes something comes from an allowed page, or from no browser at all.
 * A cookie or a browser's own marks without an Origin could be a forged form: refused.
 */
export function isWriteAllowed(request: Request, allowed: readonly string[]): boolean {
	const origin = request.headers.get("Origin");
	const isBrowser = request.headers.has("Cookie") || request.headers.has("Sec-Fetch-Site");
	if (origin === null && isBrowser) return false;
	return isOriginAllowed(origin, new URL(request.url), allowed);
}
