/** Why a socket never opened: a browser does not tell, so the same URL is asked by `GET`, which is refused as the join was. */
import { CLOSE, closeCodeOfRefusedJoin, type ErrorCode } from "../protocol/codes.ts";
import type { Reason } from "./room.ts";
import type { Offer } from "./transport.ts";

/** What it came to: the reason, and the close code that tells what to do about it. */
export interface Why {
	reason: Reason;
	code: number;
}

const again = (message: string): Why => ({ reason: { code: "unreachable", message }, code: CLOSE.busy });

/** @param url the room's, `http` or `https`, with the join's own query. `signal`: nobody waits for it any more. */
export async function whyRefused(url: string, { token, key }: Offer, signal: AbortSignal): Promise<Why> {
	let response: Response;
	let text: string;
	try {
		const headers: Record<string, string> = { Accept: "application/json" };
		if (token !== null) headers.Authorization = `Bearer ${token}`;
		if (key !== null) headers["Rotunda-Resume"] = key;
		// With the page's cookies, as its socket: what stands before the server may ask for those, and answer with a page.
		response = await fetch(url, { headers, cache: "no-store", signal });
		// Whole, or not at all: of half an answer nothing follows.
		text = await response.text();
	} catch {
		return again("The room cannot be reached.");
	}
	const { room, code, detail, retryAfterMs } = fieldsOf(text);
	const { ok, status } = response;
	if (ok && typeof room === "string") {
		return again("The room is there, but no WebSocket opens: something on the way refuses it.");
	}
	if (typeof code === "string" && typeof detail === "string") {
		const reason: Reason = { code: code as ErrorCode, message: detail };
		if (typeof retryAfterMs === "number") reason.retryAfterMs = retryAfterMs;
		return { reason, code: status < 500 ? closeCodeOfRefusedJoin(code as ErrorCode) : CLOSE.busy };
	}
	if (!ok && status !== 404) return again(`What is asked for the room answers ${status}.`);
	const message = "There is no room at this address: a room's URL ends in /rooms/{room}, on a host where Rotunda runs.";
	return { reason: { code: "not_found", message }, code: CLOSE.forbidden };
}

function fieldsOf(text: string): Record<string, unknown> {
	try {
		return Object(JSON.parse(text));
	} catch {
		return {};
	}
}
