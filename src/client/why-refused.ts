/**
 * Why an attempt never opened: a browser does not tell, so the same URL is asked by `GET`, which is refused as the join
 * was. Loaded where an attempt failed, as most never do.
 */
import { CLOSE, closeCodeOfRefusedJoin, type ErrorCode } from "../protocol/codes.ts";
import type { Reason } from "./room.ts";
import type { Offer } from "./transport.ts";

export interface Why {
	/** The reason, and the close code that tells what to do about it. */
	refused: [reason: Reason, code: number];
	/** True where the room would have let one in: it is the way there that is barred. */
	isThere: boolean;
}

const because = (reason: Reason, code: number, isThere = false): Why => ({ refused: [reason, code], isThere });
const again = (message: string, isThere = false): Why => because({ code: "unreachable", message }, CLOSE.busy, isThere);

/** `signal`: nobody waits for it any more. */
export async function whyRefused({ url, query, token, key }: Offer, signal: AbortSignal): Promise<Why> {
	let response: Response;
	let text: string;
	try {
		const headers: Record<string, string> = { Accept: "application/json" };
		if (token !== null) headers.Authorization = `Bearer ${token}`;
		if (key !== null) headers["Rotunda-Resume"] = key;
		// With the page's cookies, as its socket: what stands before the server may ask for those, and answer with a page.
		response = await fetch(url + query, { headers, cache: "no-store", signal });
		// Whole, or not at all: of half an answer nothing follows.
		text = await response.text();
	} catch {
		return again("The room cannot be reached.");
	}
	const { room, code, detail, retryAfterMs } = fieldsOf(text);
	const { ok, status } = response;
	if (ok && typeof room === "string") {
		return again("The room is there, but no WebSocket opens: something on the way refuses it.", true);
	}
	if (typeof code === "string" && typeof detail === "string") {
		const reason: Reason = { code: code as ErrorCode, message: detail };
		if (typeof retryAfterMs === "number") reason.retryAfterMs = retryAfterMs;
		return because(reason, status < 500 ? closeCodeOfRefusedJoin(code as ErrorCode) : CLOSE.busy);
	}
	if (!ok && status !== 404) return again(`What is asked for the room answers ${status}.`);
	const message = "There is no room at this address: a room's URL ends in /rooms/{room}, on a host where Rotunda runs.";
	return because({ code: "not_found", message }, CLOSE.forbidden);
}

function fieldsOf(text: string): Record<string, unknown> {
	try {
		return Object(JSON.parse(text));
	} catch {
		return {};
	}
}
