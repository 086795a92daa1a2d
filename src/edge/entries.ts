/** Reading and setting entries over HTTP: their versions are entity tags (RFC 9110, 8.8.3), and what is expected a precondition. */
import * as v from "valibot";
import type { RoomStub } from "../durable/room-object.ts";
import { EntryKey } from "../protocol/fields.ts";
import { EntryValue } from "../protocol/http.ts";
import { PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import type { Reply } from "../room/effects.ts";
import type { Expectation, Setting } from "../room/inputs.ts";
import type { StateQuery } from "../room/state-list.ts";
import type { Caller } from "./access/caller.ts";
import { cameFrom, readBody } from "./events.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { problem, Refused } from "./problem.ts";
import { single, wholeNumber } from "./query.ts";

/** One of a list of entity tags, and whether it is a weak one. */
const TAG = /^\s*(W\/)?"([^"]*)"\s*$/;

export function readStateQuery(query: URLSearchParams): StateQuery {
	const [prefix, after] = [single(query, "prefix"), single(query, "after")];
	return { prefix: prefix ?? "", after: after ?? "", limit: wholeNumber(query, "limit", 1, PAGE_EVENTS_MAX) };
}

/** The key that an address under `prefix` names; a slash at the end is forgiven, unless it is encoded. @throws Refused */
export function keyOf(url: string, prefix: string): string {
	const { pathname } = new URL(url);
	const within = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
	const path = within.replace(/\/$/, "");
	const encoded = /^\/rooms\/[^/]+\/state\/(.+)$/.exec(path)?.[1] ?? "";
	let key: string;
	try {
		key = decodeURIComponent(encoded);
	} catch {
		throw new Refused("bad_request", "The key is not UTF-8, percent-encoded.");
	}
	const result = v.safeParse(EntryKey, key);
	if (result.success) return result.output;
	throw new Refused("invalid", "A key is 1 to 256 printable characters, and neither `.` nor `..`.");
}

const tagOf = (version: number): string => `"${version}"`;

/** `GET …/state/{key}`: the value, or 304 where it is one that the caller has. */
export async function getEntry(request: Request, key: string, room: RoomStub, caller: Caller): Promise<Response> {
	const answer = await room.entry(key, caller);
	if ("refusal" in answer) return problem(answer.refusal);
	const { json, version } = answer;
	const headers = { ETag: tagOf(version), "Cache-Control": "no-cache" };
	const known = request.headers.get("If-None-Match");
	// A weak tag is as good for what is only read (RFC 9110, 13.1.2).
	if (known !== null && (known.trim() === "*" || tagsOf(known).some(({ tag }) => tag === String(version)))) {
		return new Response(null, { status: 304, headers });
	}
	return new Response(json, { headers: { ...headers, "Content-Type": "application/json" } });
}

/** `PUT …/state/{key}`: 201 where there was none, 200 where there was, or where it is done already. */
export async function putEntry(request: Request, key: string, room: RoomStub, caller: Caller): Promise<Response> {
	const value = await readBody(request, EntryValue, "the value");
	const reply = await put(request, { key, value }, room, caller);
	if (reply.outcome !== "landed") return refused(reply);
	const { epoch, version, isNew } = reply;
	const headers = value === null ? {} : { ETag: tagOf(version) };
	return Response.json({ epoch, version }, { status: isNew ? 201 : 200, headers });
}

/** `DELETE …/state/{key}`: 204, also where there is none. */
export async function deleteEntry(request: Request, key: string, room: RoomStub, caller: Caller): Promise<Response> {
	const reply = await put(request, { key, value: null }, room, caller);
	return reply.outcome === "landed" ? new Response(null, { status: 204 }) : refused(reply);
}

async function put(
	request: Request,
	set: Pick<Setting, "key" | "value">,
	room: RoomStub,
	caller: Caller,
): Promise<Reply> {
	// Without a key of its own each is a set of its own.
	const hasId = request.headers.has("Idempotency-Key");
	const id = hasId ? idempotencyKeyOf(request, caller) : crypto.randomUUID();
	const expect = expectationOf(request.headers);
	const { from, host } = cameFrom(request, caller);
	return room.put(caller, { id, ...set, ...(expect === undefined ? {} : { expect }) }, from, host);
}

function refused(reply: Reply): Response {
	if (reply.outcome === "refused") return problem(reply.refusal);
	if (reply.outcome !== "conflict") throw new Error("A set has no such answer.");
	const { entry, refusal } = reply;
	const present = entry === null ? {} : { key: entry.key, version: entry.version, value: JSON.parse(entry.json) };
	const headers: Record<string, string> = entry === null || entry.version === 0 ? {} : { ETag: tagOf(entry.version) };
	return problem({ ...refusal, code: "precondition_failed" }, headers, undefined, present);
}

/** What must be so for it to be set (RFC 9110, 13.1); undefined where nothing is asked. @throws Refused */
function expectationOf(headers: Headers): Expectation | undefined {
	const match = headers.get("If-Match");
	const none = headers.get("If-None-Match");
	if (none !== null && (match !== null || none.trim() !== "*")) {
		throw new Refused(
			"bad_request",
			"To set an entry, `If-None-Match` is `*` (where there is none), without `If-Match`.",
		);
	}
	if (none !== null) return 0;
	if (match === null) return undefined;
	if (match.trim() === "*") return "some";
	// A weak tag never matches (RFC 9110, 13.1.1), nor does what is no version.
	return tagsOf(match).flatMap(({ tag, isWeak }) => (isWeak || !/^[1-9][0-9]{0,15}$/.test(tag) ? [] : [Number(tag)]));
}

/** @throws Refused `bad_request` where they are none. */
function tagsOf(header: string): { tag: string; isWeak: boolean }[] {
	return header.split(",").map((each) => {
		const found = TAG.exec(each);
		if (found === null)
			throw new Refused("bad_request", "An entity tag stands in quotation marks, as an `ETag` gave it.");
		return { tag: found[2] ?? "", isWeak: found[1] !== undefined };
	});
}
