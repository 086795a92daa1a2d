/** Speaking for a session whose member hears by a stream: `POST /rooms/{room}/sessions/{session}`. */
import type { Speaker } from "../durable/room-object.ts";
import { RESUME_KEY } from "../protocol/ids.ts";
import { addressOf } from "./access/address.ts";
import { type Admits, bearerOf, callerOfToken } from "./access/caller.ts";
import { guestOf } from "./access/guests.ts";
import { countFailure } from "./access/knocks.ts";
import { readText } from "./events.ts";
import { isOperator } from "./operators.ts";
import { problem, Refused } from "./problem.ts";
import { isJson } from "./representation.ts";
import { roomOf } from "./room-of.ts";
import { requireWritable } from "./writable.ts";

interface Where {
	room: string;
	session: string;
}

/** The body is a frame; what the room makes of it, the session hears. 202. @throws Refused */
export async function say(
	request: Request,
	{ room: name, session }: Where,
	env: Cloudflare.Env,
	app: Admits,
): Promise<Response> {
	const room = roomOf(env, name);
	requireWritable(request, env);
	if (!isJson(request)) {
		return problem(
			{ code: "malformed", message: "Send a frame as application/json." },
			{ Accept: "application/json" },
			415,
		);
	}
	const speaker = await speakerOf(request, name, env, app);
	if (speaker === null) {
		throw new Refused(
			"not_found",
			"Show what the session was joined with: its token, or a guest's key as Rotunda-Resume.",
		);
	}
	const refusal = await room.say(speaker, session, readText(await request.arrayBuffer()));
	return refusal === null ? new Response(null, { status: 202 }) : problem(refusal);
}

/** Whom the request proves to be; null where it proves nothing. @throws Refused where what it shows is none */
async function speakerOf(request: Request, room: string, env: Cloudflare.Env, app: Admits): Promise<Speaker | null> {
	const authorization = request.headers.get("Authorization");
	if (authorization !== null) {
		// Operators hear by streams, and speak by routes of their own.
		if (await isOperator(request, env.OPERATOR_KEY)) return null;
		const offered = async () => callerOfToken(bearerOf(authorization), room, env, app);
		return offered().catch((error) => countFailure(error, request, env));
	}
	const key = request.headers.get("Rotunda-Resume");
	if (key === null || !RESUME_KEY.test(key)) return null;
	return { member: (await guestOf(key, null)).id, address: addressOf(request) };
}
