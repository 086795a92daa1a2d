/** Reading and publishing events over HTTP: the same names, limits and buckets as on the wire. */
import * as v from "valibot";
import type { Answer, EventsQuery, RoomStub } from "../durable/room-object.ts";
import { PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import { MessageId, PostEvent } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { holdsWellFormedStrings } from "../protocol/text.ts";
import { guestOf } from "./guests.ts";
import { isOriginAllowed } from "./origins.ts";
import { problem, Refused } from "./problem.ts";
import { wholeNumber } from "./query.ts";

export function answer(from: Answer, headers: [string, string][] = []): Response {
	if ("refusal" in from) return problem(from.refusal);
	return new Response(from.json, {
		headers: [["Content-Type", "application/json"], ["Cache-Control", "no-store"], ...headers],
	});
}

export function readEventsQuery(query: URLSearchParams): EventsQuery {
	const after = wholeNumber(query, "after", 0, Number.MAX_SAFE_INTEGER);
	const before = wholeNumber(query, "before", 0, Number.MAX_SAFE_INTEGER);
	if (after !== undefined && before !== undefined) {
		throw new Refused("bad_request", "Ask for the events `after` a seq or `before` one, not both.");
	}
	const epoch = query.get("epoch") ?? undefined;
	return { after, before, limit: wholeNumber(query, "limit", 1, PAGE_EVENTS_MAX), epoch };
}

/** `POST /rooms/{room}/events`: 201 with the event's place, 200 where it was there already. */
export async function postEvent(request: Request, room: RoomStub, settings: Settings): Promise<Response> {
	if (!isOriginAllowed(request.headers.get("Origin"), new URL(request.url), settings.allowedOrigins)) {
		throw new Refused("origin_refused", "Pages of this origin may not publish here. List it under ALLOWED_ORIGINS.");
	}
	if (request.headers.has("Authorization") || settings.access === "token") {
		throw new Refused("unauthorized", "This server has no key to check tokens with.");
	}
	const id = v.safeParse(MessageId, request.headers.get("Idempotency-Key"));
	if (!id.success) {
		throw new Refused("bad_request", "Send an Idempotency-Key header of 1 to 64 characters: it makes a retry safe.");
	}
	const event = await readBody(request);
	// A guest without a socket is known by its address, so that its retries are its own.
	const guest = await guestOf(`http ${request.headers.get("CF-Connecting-IP") ?? ""}`, null);
	const reply = await room.post({
		member: guest.id,
		name: guest.name,
		can: settings.guestCan,
		publish: { id: id.output, ...event },
	});
	if (reply.outcome === "refused") return problem(reply.refusal);
	if (reply.outcome === "held") return Response.json({ job: reply.job }, { status: 202 });
	if (reply.outcome === "done") throw new Error("A publish has no such answer.");
	return Response.json({ epoch: reply.epoch, seq: reply.seq }, { status: reply.outcome === "published" ? 201 : 200 });
}

async function readBody(request: Request): Promise<v.InferOutput<typeof PostEvent>> {
	const text = await request.text();
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch {
		throw new Refused("malformed", "The body is not JSON.");
	}
	if (!holdsWellFormedStrings(text, body)) {
		throw new Refused("malformed", "The body holds text that is not well-formed Unicode (a lone surrogate).");
	}
	const result = v.safeParse(PostEvent, body, { abortEarly: true });
	if (result.success) return result.output;
	const field = v.getDotPath(result.issues[0]);
	throw new Refused(
		"invalid",
		`${field === null ? "The body" : `\`${field}\``} is missing or is not what it should be: send {name, data, expect?}.`,
	);
}
