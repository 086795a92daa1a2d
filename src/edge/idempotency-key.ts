/** The `Idempotency-Key` of a publish over HTTP: it makes a retry safe. */
import { GUEST_KEY_CHARS_MIN, ID_CHARS_MAX } from "../protocol/limits.ts";
import type { Caller } from "./access/caller.ts";
import { Refused } from "./problem.ts";

/** A string of RFC 9651 (3.3.3), as the header's draft has it, and what parameters may follow it. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"\s*(?:;.*)?$/;

/**
 * The caller's key; quoted, as the header's draft has it, and bare it is the same one.
 * @throws Refused `bad_request` where it is missing, too long or, for a guest without a socket, too short to be its own;
 * `malformed` where it is no printable ASCII.
 */
export function idempotencyKeyOf(request: Request, { member }: Pick<Caller, "member">): string {
	const header = request.headers.get("Idempotency-Key") ?? "";
	const key = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, "$1") ?? header;
	if (!/^[ -~]*$/.test(key)) throw new Refused("malformed", "An Idempotency-Key is of printable ASCII characters.");
	const least = member === null ? GUEST_KEY_CHARS_MIN : 1;
	if (key.length >= least && key.length <= ID_CHARS_MAX) return key;
	const range = `of ${least} to ${ID_CHARS_MAX} characters`;
	throw new Refused(
		"bad_request",
		member === null
			? `Send an Idempotency-Key header ${range}, such as a random UUID: all guests of your network share their keys.`
			: `Send an Idempotency-Key header ${range}: it makes a retry safe.`,
	);
}
