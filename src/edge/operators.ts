/** Operators: those who hold the deployer's key. Without a key nobody is one (G10). */
import { OPERATOR_READS_PER_SECOND } from "../protocol/limits.ts";
import { Buckets } from "../room/buckets.ts";
import { tooMany } from "../room/tolls.ts";
import { countFailure } from "./access/knocks.ts";
import { Refused } from "./problem.ts";

/** What is read of no one room has the bucket of the isolate that reads it. */
const READS = new Buckets();

/**
 * Lets an operator pass. `OPERATOR_KEY` may hold several keys, comma-separated, so that one can be
 * replaced without a gap. Compared by their digests, in constant time. A wrong one is counted at the door.
 * @throws Refused `not_configured` where there is no key, `unauthorized` for none or a wrong one.
 */
export async function requireOperator(request: Request, env: Cloudflare.Env): Promise<void> {
	if (!isOperatorConfigured(env.OPERATOR_KEY)) {
		throw new Refused(
			"not_configured",
			"This server has no OPERATOR_KEY; set that secret to use operators' addresses.",
		);
	}
	if (await isOperator(request, env.OPERATOR_KEY)) return;
	const refused = new Refused(
		"unauthorized",
		"This address is for operators: send Authorization: Bearer and an operator's key.",
	);
	if (request.headers.has("Authorization")) await countFailure(refused, request, env);
	throw refused;
}

/** Lets an operator read what is of no one room: a token of the operators' reads. @throws Refused */
export async function requireOperatorReading(request: Request, env: Cloudflare.Env): Promise<void> {
	await requireOperator(request, env);
	const retryAfterMs = READS.take("operators", { what: "read", perSecond: OPERATOR_READS_PER_SECOND }, Date.now());
	if (retryAfterMs > 0) throw new Refused("rate_limited", tooMany("read"), { retryAfterMs });
}

/** True where the request bears an operator's key. */
export async function isOperator(request: Request, keys: string | undefined): Promise<boolean> {
	const match = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "");
	if (match?.[1] === undefined || !isOperatorConfigured(keys)) return false;
	const presented = await digest(match[1]);
	let isOne = false;
	for (const key of keysOf(keys)) isOne = crypto.subtle.timingSafeEqual(presented, await digest(key)) || isOne;
	return isOne;
}

function isOperatorConfigured(keys: string | undefined): boolean {
	return keysOf(keys).length > 0;
}

function keysOf(keys: string | undefined): string[] {
	return (keys ?? "")
		.split(",")
		.map((key) => key.trim())
		.filter((key) => key !== "");
}

function digest(text: string): Promise<ArrayBuffer> {
	return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
