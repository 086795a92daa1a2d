/** Reading and publishing events over HTTP: the same names, limits and buckets as on the wire. */

import * as v from "valibot";
import type { Answer, EventsQuery } from "../durable/reading.ts";
import type { RoomStub } from "../durable/room-object.ts";
import { conceal, type Standing } from "../jobs/archive/erasing.ts";
import { PostEvent, PostModeration } from "../protocol/http.ts";
import { MEMBER_ID, OPERATOR } from "../protocol/ids.ts";
import { parseJson } from "../protocol/json.ts";
import { ERASE_RETRY_MS, PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import { isLoopback } from "../protocol/loopback.ts";
import { isWellFormedValue, mayBeIllFormed } from "../protocol/text.ts";
import type { Reply } from "../room/effects.ts";
import type { MembersQuery } from "../room/member-list.ts";
import { addressOf } from "./access/address.ts";
import { type Caller, requireCapability } from "./access/caller.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { problem, Refused } from "./problem.ts";
import { NO_CURSOR, single, wholeNumber } from "./query.ts";

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
	const epoch = single(query, "epoch") ?? undefined;
	return { after, before, limit: wholeNumber(query, "limit", 1, PAGE_EVENTS_MAX), epoch };
}

/** As many as a welcome names, where it is not said how many. */
export function readMembersQuery(query: URLSearchParams): MembersQuery {
	const cursor = single(query, "cursor");
	if (cursor !== null && !MEMBER_ID.test(cursor)) throw new Refused("bad_request", NO_CURSOR);
	return { limit: wholeNumber(query, "limit", 1, PAGE_EVENTS_MAX) ?? PAGE_EVENTS_MAX, cursor };
}

/** `POST /rooms/{room}/events`: 201 with the event's place, 200 where it was there already, 202 where it is checked first. */
export async function postEvent(request: Request, room: RoomStub, caller: Caller): Promise<Response> {
	const id = idempotencyKeyOf(request, caller);
	const event = await readBody(request, PostEvent, "{name, data, expect?}");
	const { from, host } = cameFrom(request, caller);
	const reply = await room.post(caller, { id, ...event }, from, host);
	switch (reply.outcome) {
		case "refused":
			return problem(reply.refusal);
		case "held":
			return Response.json({ job: reply.job }, { status: 202 });
		case "published":
		case "repeated":
			return Response.json(
				{ epoch: reply.epoch, seq: reply.seq },
				{ status: reply.outcome === "published" ? 201 : 200 },
			);
		default:
			throw new Error("A publish has no such answer.");
	}
}

/** The address that new rooms are counted against, null where they are not; and under which host it reached the server. */
export function cameFrom(request: Request, { member }: Pick<Caller, "member">) {
	const { host, hostname } = new URL(request.url);
	return { from: isLoopback(hostname) || member === OPERATOR ? null : addressOf(request), host };
}

/** `POST /rooms/{room}/moderation`: 204 where it is done. `archive`: null where there is none. */
export async function postModeration(
	request: Request,
	room: RoomStub,
	caller: Caller,
	archive: D1Database | null,
): Promise<Response> {
	requireCapability(caller, "moderate");
	const action = await readBody(request, PostModeration, "{action, member?, seq?, seconds?}");
	if (action.action === "erase" && caller.member !== OPERATOR) {
		throw new Refused("forbidden", "Erasing a member is for operators.");
	}
	const reply = await room.moderate(caller, action);
	if (action.action === "erase" && reply.outcome === "done" && archive !== null) {
		await concealErased(archive, action.member, await room.summary());
	}
	return done(reply);
}

/** From the answer on nothing of the member is found in the archive either. `summary`: as the room stands after it. */
async function concealErased(archive: D1Database, member: string, summary: Answer): Promise<void> {
	if ("refusal" in summary) throw new Refused(summary.refusal.code, summary.refusal.message, summary.refusal);
	try {
		await conceal(archive, member, JSON.parse(summary.json) as Standing);
	} catch (error) {
		console.error(
			`The archive could not be told of an erasure: ${error instanceof Error ? error.name : typeof error}.`,
		);
		const message = "It is erased from the room, and the archive could not be told yet; ask for it again.";
		throw new Refused("overloaded", message, { retryAfterMs: ERASE_RETRY_MS });
	}
}

export function done(reply: Reply): Response {
	return reply.outcome === "refused" ? problem(reply.refusal) : new Response(null, { status: 204 });
}

export async function readBody<S extends v.GenericSchema>(
	request: Request,
	schema: S,
	shape: string,
): Promise<v.InferOutput<S>> {
	const text = readText(await request.arrayBuffer());
	let body: unknown;
	try {
		body = parseJson(text);
	} catch {
		throw new Refused("malformed", "The body is not JSON.");
	}
	if (mayBeIllFormed(text) && !isWellFormedValue(body)) {
		throw new Refused("malformed", "The body holds text that is not well-formed Unicode (a lone surrogate).");
	}
	const result = v.safeParse(schema, body, { abortEarly: true });
	if (result.success) return result.output;
	const [issue] = result.issues;
	const field = v.getDotPath(issue);
	const what = field === null ? "The body" : `\`${field}\``;
	if (issue.type === "check") throw new Refused("invalid", `${what} ${issue.message}.`);
	throw new Refused("invalid", `${what} is missing or is not what it should be: send ${shape}.`);
}

/** A body as text. @throws Refused `malformed` where it is not UTF-8: read as if it were, it would be another. */
export function readText(bytes: ArrayBuffer): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
	} catch {
		throw new Refused("malformed", "The body is not UTF-8.");
	}
}
