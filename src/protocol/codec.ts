/**
 * The one codec. A frame from a client is one message or an array of them; a frame to a
 * client is always an array. Encoded messages are kept as text and joined, never encoded twice.
 */
import * as v from "valibot";
import type { Refusal } from "./codes.ts";
import { parseJson } from "./json.ts";
import { FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX, SERVER_FRAME_BYTES_MAX } from "./limits.ts";
import { CLIENT_MESSAGES, type ClientMessage, type Event, type ServerMessage } from "./messages.ts";
import { isNameable } from "./skim.ts";
import { exceedsBytes, isWellFormedValue, mayBeIllFormed, utf8Bytes } from "./text.ts";

/** A message, or the refusal that answers what should have been one. */
export type Decoded = { message: ClientMessage } | { refusal: Refusal };

/** Reads a text frame. Never throws; each message of an array stands alone, in order. */
export function decodeFrame(text: string): Decoded[] {
	if (exceedsBytes(text, FRAME_BYTES_MAX)) {
		return [refused("too_large", `A frame holds at most ${FRAME_BYTES_MAX} bytes; send less at a time.`)];
	}
	let parsed: unknown;
	try {
		parsed = parseJson(text);
	} catch {
		return [refused("malformed", "The frame is not JSON. Send one message, or an array of messages.")];
	}
	const isSuspect = mayBeIllFormed(text);
	if (!Array.isArray(parsed)) return [decodeMessage(parsed, isSuspect)];
	if (parsed.length > MESSAGES_PER_FRAME_MAX) {
		return [refused("too_large", `A frame holds at most ${MESSAGES_PER_FRAME_MAX} messages; send several frames.`)];
	}
	return parsed.map((value) => decodeMessage(value, isSuspect));
}

/** `isSuspect`: the frame may hold text that is not well-formed, in this message or in another. */
function decodeMessage(value: unknown, isSuspect: boolean): Decoded {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		return refused("malformed", "A message is a JSON object with a `type`.");
	}
	const { type, id } = value as { type?: unknown; id?: unknown };
	if (isSuspect && !isWellFormedValue(value)) {
		return refused("malformed", "The message holds text that is not well-formed Unicode (a lone surrogate).", id);
	}
	if (typeof type !== "string") {
		return refused("malformed", "A message is a JSON object with a `type`.", id);
	}
	if (!Object.hasOwn(CLIENT_MESSAGES, type)) {
		return refused("unknown_type", "This room does not know messages of that type.", id);
	}
	const result = v.safeParse(CLIENT_MESSAGES[type as keyof typeof CLIENT_MESSAGES], value, {
		abortEarly: true,
	});
	if (result.success) return { message: result.output };
	return refused("invalid", sentenceOf(type, result.issues[0]), id);
}

function refused(code: Refusal["code"], message: string, id?: unknown): Decoded {
	const refusal: Refusal = { code, message };
	if (isNameable(id)) refusal.id = id;
	return { refusal };
}

/** What is wrong with which field, without repeating what the field held. */
function sentenceOf(type: string, issue: v.BaseIssue<unknown>): string {
	const field = v.getDotPath(issue);
	const where = field === null ? `A \`${type}\`` : `\`${field}\` of a \`${type}\``;
	if (issue.type === "check") return `${where} ${issue.message}.`;
	return `${where} is missing or is not what it should be${issue.expected === null ? "" : `: expected ${issue.expected}`}.`;
}

export function encodeMessage(message: ServerMessage): string {
	return JSON.stringify(message);
}

/** An event as text, for the wire and for the store alike. `dataJson` is its data, already JSON. */
export function encodeEvent(event: Omit<Event, "type" | "data">, dataJson: string): string {
	const id = event.id === undefined ? "" : `,"id":${JSON.stringify(event.id)}`;
	const of = event.of === undefined ? "" : `,"of":${event.of}`;
	const redacted = event.redacted === true ? ',"redacted":true' : "";
	return `{"type":"event","seq":${event.seq},"at":${event.at},"from":${JSON.stringify(event.from)},"author":${JSON.stringify(event.author)}${id}${of},"name":${JSON.stringify(event.name)},"data":${dataJson}${redacted}}`;
}

/** True for an event, encoded, that was taken back. No data ends so: it is closed by what follows it. */
export function isRedacted({ body }: { readonly body: string }): boolean {
	return body.endsWith(',"redacted":true}');
}

/**
 * Packs encoded messages into as few frames as their bounds allow, in order. A message that
 * is larger than the bound by itself travels alone.
 */
export function packFrames(
	messages: readonly string[],
	bytesMax = SERVER_FRAME_BYTES_MAX,
	messagesMax = Number.POSITIVE_INFINITY,
): string[] {
	if (messages.length === 0) return [];
	// The usual case, told by lengths alone: everything fits one frame.
	let unitsTotal = 2 + messages.length;
	for (const message of messages) unitsTotal += message.length;
	if (unitsTotal * 3 <= bytesMax && messages.length <= messagesMax) return [`[${messages.join(",")}]`];
	const frames: string[] = [];
	let part: string[] = [];
	let bytes = 2;
	for (const message of messages) {
		const size = utf8Bytes(message) + 1;
		if (part.length > 0 && (bytes + size > bytesMax || part.length === messagesMax)) {
			frames.push(`[${part.join(",")}]`);
			part = [];
			bytes = 2;
		}
		part.push(message);
		bytes += size;
	}
	frames.push(`[${part.join(",")}]`);
	return frames;
}

/**
 * The frames that everyone gets, with a private part at their end. The shared text is not packed again:
 * where the last frame has room it is the same text with more behind it.
 */
export function extendFrames(shared: readonly string[], own: readonly string[]): readonly string[] {
	const last = shared.at(-1);
	if (last === undefined) return packFrames(own);
	if (own.length === 0) return shared;
	const tail = own.join(",");
	if ((last.length + 1 + tail.length) * 3 > SERVER_FRAME_BYTES_MAX) return [...shared, ...packFrames(own)];
	return [...shared.slice(0, -1), `${last.slice(0, -1)},${tail}]`];
}

/** Some of many rows, as a JSON array, and the place of its first among all. */
export interface Rows {
	first: number;
	json: string;
}

/** Rows as JSON arrays of at most `bytesMax` bytes each, in order: a statement's parameter has a bound. */
export function packRows(rows: readonly unknown[], bytesMax: number): Rows[] {
	if (rows.length === 0) return [];
	// The usual case, told by its length alone: everything fits one.
	const all = JSON.stringify(rows);
	if (all.length * 3 <= bytesMax) return [{ first: 0, json: all }];
	const parts: Rows[] = [];
	let part: string[] = [];
	let bytes = 2;
	for (const [index, row] of rows.entries()) {
		const text = JSON.stringify(row);
		const size = utf8Bytes(text) + 1;
		if (part.length > 0 && bytes + size > bytesMax) {
			parts.push({ first: index - part.length, json: `[${part.join(",")}]` });
			part = [];
			bytes = 2;
		}
		part.push(text);
		bytes += size;
	}
	if (part.length > 0) parts.push({ first: rows.length - part.length, json: `[${part.join(",")}]` });
	return parts;
}
