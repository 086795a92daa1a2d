/** What is asked of the room, as text, and whether the room could take it: an id that is one, and a size that fits. */
import type { Refusal } from "../protocol/codes.ts";
import type { SetRequest } from "../protocol/entries.ts";
import { FRAME_BYTES_MAX, ID_CHARS_MAX } from "../protocol/limits.ts";
import type { HistoryRequest, JobRequest, Publish, WelcomeLimits } from "../protocol/messages.ts";
import { bytesOf, jsonOf, refused, whyTooLarge } from "./bounds.ts";

export type Asked = Publish | HistoryRequest | JobRequest;
/** What waits for an answer. */
export type Sent = Asked | SetRequest;

/** A message as text, and what the room's bounds are about. */
export interface Written {
	text: string;
	/** What the bound of its data is about. */
	what: string;
	/** Of its data, or its value, as JSON. */
	dataBytes: number;
}

/**
 * @param json its data, or its value; "" where it has none.
 * @throws RoomError where no room could take it.
 */
export function write(message: Sent, json: string): Written {
	const { id, type } = message;
	if (typeof id !== "string" || id === "" || id.length > ID_CHARS_MAX) {
		throw refused("invalid", `An id is a text of 1 to ${ID_CHARS_MAX} characters.`);
	}
	// What is undefined is left out.
	const rest = jsonOf({ ...message, data: undefined, value: undefined });
	const [field, what] = type === "set" ? ["value", "The value of an entry"] : ["data", "The data of an event or a job"];
	const text = json === "" ? rest : `${rest.slice(0, -1)},"${field}":${json}}`;
	return { text, what, dataBytes: bytesOf(json) };
}

/** Why the room would refuse it; before the first welcome only what holds in every room is known. */
export function whyNot({ text, what, dataBytes }: Written, limits: WelcomeLimits | null): Refusal | null {
	const refusal = limits && whyTooLarge(what, limits.eventBytes, dataBytes);
	// A frame is an array.
	return refusal ?? whyTooLarge("A message", limits?.frameBytes ?? FRAME_BYTES_MAX, bytesOf(text) + 2);
}
