/** What a room's body refuses by itself, before the room is asked. */
import type { Refusal } from "../protocol/codes.ts";
import { FULL_RETRY_MS, NEWER_SCHEMA_RETRY_MS, RETRY_MS_DEFAULT } from "../protocol/limits.ts";

export const NEWER_SCHEMA: Refusal = {
	code: "newer_schema",
	message: "This room was last written by a newer version of the server; try again when the deploy is complete.",
	retryAfterMs: NEWER_SCHEMA_RETRY_MS,
};

export const OVERLOADED: Refusal = {
	code: "overloaded",
	message: "The room has more to do than it can hold; send this again a little later.",
	retryAfterMs: RETRY_MS_DEFAULT,
};

export const BINARY_RESERVED: Refusal = {
	code: "binary_reserved",
	message: "Binary frames are reserved; send JSON as text.",
};

export const BUSY: Refusal = {
	code: "room_full",
	message: "The room is very busy; try again in a moment.",
	retryAfterMs: RETRY_MS_DEFAULT,
};

export function fullOf(sessions: number): Refusal {
	const message = `The room holds at most ${sessions} sessions; try again when someone has left.`;
	return { code: "room_full", message, retryAfterMs: FULL_RETRY_MS };
}
