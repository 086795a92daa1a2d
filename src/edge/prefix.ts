/** The path under which the server stands in a Worker that does other things too: `/rt`, or nothing. */
import { getPathNoStrict } from "hono/utils/url";

/** One or more segments, none of which a URL would resolve away. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/;

/** @throws Error with a sentence where it is no path. */
export function prefixOf(path = ""): string {
	const prefix = path.replace(/\/$/, "");
	if (prefix === "" || PREFIX.test(prefix)) return prefix;
	throw new Error(
		`createRoomServer: the path ${JSON.stringify(path)} is none. It is one such as "/rt": a slash and letters, digits or any of . _ ~ -`,
	);
}

/** The rest of a request's path; null for what is not under the prefix. A slash at the end is forgiven. */
export function under(prefix: string, request: Pick<Request, "url">): string | null {
	const path = getPathNoStrict(request as Request);
	if (path === prefix) return "/";
	return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null;
}

/** A router that has led here may have taken the prefix away already, as Hono's `mount` does. */
export function pathWithin(prefix: string, request: Pick<Request, "url">): string {
	return under(prefix, request) ?? getPathNoStrict(request as Request);
}
