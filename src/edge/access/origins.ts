/** Which web pages may use this server with their visitors' sockets (G10: what is not listed is refused). */

const LOOPBACK = /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i;

/** True for the names and addresses of one's own machine. */
export function isLoopback(hostname: string): boolean {
	return LOOPBACK.test(hostname);
}

/**
 * True where a request that bears this `Origin` may pass: its own page's, a listed one, or, where the
 * Worker itself is reached at a loopback host, any loopback page. No Origin is not a browser.
 * @param allowed exact origins, or `https://*.example.com` for every host below that one.
 */
export function isOriginAllowed(origin: string | null, url: URL, allowed: readonly string[]): boolean {
	if (origin === null) return true;
	if (!URL.canParse(origin)) return false;
	const from = new URL(origin);
	// `null`, and anything with more than scheme, host and port, is no page's origin.
	if (from.origin !== origin.toLowerCase() || from.origin === "null") return false;
	if (from.origin === url.origin) return true;
	if (isLoopback(url.hostname) && isLoopback(from.hostname)) return true;
	return allowed.some((pattern) => matches(from, pattern));
}

function matches(from: URL, pattern: string): boolean {
	const star = pattern.indexOf("*.");
	if (star === -1) return from.origin === pattern;
	const scheme = pattern.slice(0, star);
	const below = pattern.slice(star + 1);
	return `${from.protocol}//` === scheme && from.host.endsWith(below) && from.host.length > below.length;
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
