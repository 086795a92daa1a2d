/** How often one may knock, a minute: by the network that one comes from, or by the member that one has proven to be. */
import { DOOR_PERIOD_MS } from "../../protocol/limits.ts";
import { isLoopback } from "../../protocol/loopback.ts";
import { Refused } from "../problem.ts";
import { addressOf } from "./address.ts";

/** What a request is counted against where nobody is proven; null at a developer's own machine: one address with many windows. */
export function networkOf(request: Request): string | null {
	return isLoopback(new URL(request.url).hostname) ? null : addressOf(request);
}

/** @throws Refused `rate_limited` where `key` has knocked too often */
export async function countKnock(key: string, env: Cloudflare.Env): Promise<void> {
	if (env.JOINS === undefined || (await env.JOINS.limit({ key })).success) return;
	throw new Refused("rate_limited", "Too many joins from your network; try again in a minute.", {
		retryAfterMs: DOOR_PERIOD_MS,
	});
}

/**
 * Counts a token that opened nothing against the network it came from: of those who prove themselves behind the same
 * address none is kept out by it. @throws the error, or Refused `rate_limited`
 */
export async function countFailure(error: unknown, request: Request, env: Cloudflare.Env): Promise<never> {
	const isOurFault = error instanceof Refused && error.refusal.code === "overloaded";
	const network = networkOf(request);
	if (!isOurFault && network !== null && network !== "") await countKnock(network, env);
	throw error;
}

/** Counts a join of one who has proven to be this member: a whole school may be behind one address. */
export async function countMember(member: string, request: Request, env: Cloudflare.Env): Promise<void> {
	// A space is in no address.
	if (networkOf(request) !== null) await countKnock(`member ${member}`, env);
}
