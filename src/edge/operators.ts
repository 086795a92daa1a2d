/** Operators: those who hold the deployer's key. Without a key nobody is one (G10). */
import { Refused } from "./problem.ts";

/**
 * Lets an operator pass. `OPERATOR_KEY` may hold several keys, comma-separated, so that one can be
 * replaced without a gap. Compared by their digests, in constant time.
 * @throws Refused `not_configured` where there is no key, `unauthorized` for none or a wrong one.
 */
export async function requireOperator(request: Request, keys: string | undefined): Promise<void> {
	if (!isOperatorConfigured(keys)) {
		throw new Refused(
			"not_configured",
			"This server has no OPERATOR_KEY; set that secret to use operators' addresses.",
		);
	}
	if (!(await isOperator(request, keys))) {
		throw new Refused(
			"unauthorized",
			"This address is for operators: send Authorization: Bearer and an operator's key.",
		);
	}
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
