/** A frame that has come by a socket: what it weighs is known at once, and what it says is read in its turn. */
import { countMessages, type Decoded, decodeFrame } from "../protocol/codec.ts";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { BINARY_RESERVED } from "./refusals.ts";

export interface Frame {
	/** Of its text: UTF-16 units; 0 where nothing of it is kept. */
	bytes: number;
	/** How many it holds, about. */
	messages: number;
	read: () => Decoded[];
}

/** One that can be refused by its looks alone is not kept until its turn. */
export function frameOf(data: string | ArrayBuffer): Frame {
	if (typeof data !== "string") return refusedAs([{ refusal: BINARY_RESERVED }]);
	if (data.length > FRAME_BYTES_MAX) return refusedAs(decodeFrame(data));
	return { bytes: data.length, messages: countMessages(data), read: () => decodeFrame(data) };
}

/** Apart from where the frame is known: a function holds all that those beside it hold. */
function refusedAs(messages: Decoded[]): Frame {
	return { bytes: 0, messages: 1, read: () => messages };
}
