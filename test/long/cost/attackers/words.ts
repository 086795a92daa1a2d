/** What attackers say, made once. */
import { DEFAULTS, FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX } from "../../../../src/protocol/limits.ts";
import { textFrame } from "../line.ts";

/** Data whose JSON is as large as an event's may be. */
export const LARGE = "x".repeat(DEFAULTS.EVENT_MAX_BYTES - 2);
export const PUBLISH_PER_SECOND = DEFAULTS.PUBLISH_PER_SECOND;
export const SIGNAL_PER_SECOND = DEFAULTS.SIGNAL_PER_SECOND;

export const publish = (id: string, data: unknown = 0, name = "note") => ({ type: "publish", id, name, data });

/** A frame of so many messages. */
export function frameOfMany(message: (n: number) => unknown, count = MESSAGES_PER_FRAME_MAX): Buffer {
	return textFrame(JSON.stringify(Array.from({ length: count }, (_, n) => message(n))));
}

/** Objects that weigh much more in the engine than as text, as many as fit beside `rest` bytes of a frame. */
export function emptyObjects(rest = 0, bytes = FRAME_BYTES_MAX): string {
	return `[${Array.from({ length: Math.floor((bytes - rest - 2) / 3) }, () => "{}").join(",")}]`;
}

/** Data of 32 KB that costs a hundred times as much to parse as a text of that size. */
export const DEAR: unknown = JSON.parse(emptyObjects(0, DEFAULTS.EVENT_MAX_BYTES - 100));

/** An array in an array, so deep. */
export const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
