/** A frame that has come by a socket: what it weighs is known at once, and what it says is read in its turn. */
import { type Decoded, decodeFrame } from "../protocol/codec.ts";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { skimIds } from "../protocol/skim.ts";
import { countMessages, effortOf } from "../protocol/weight.ts";
import { BINARY_RESERVED } from "./refusals.ts";

export interface Frame {
	/** Of its text: UTF-16 units; 0 where nothing of it is kept. */
	bytes: number;
	/** How many it holds, about. */
	messages: number;
	/** What it takes to read it, in units of text. */
	effort: number;
	read(): Decoded[];
	/** The ids that its messages bear; undefined for each that bears none. */
	ids(): (string | undefined)[];
}

/** One that can be refused by its looks alone is not kept until its turn. */
export function frameOf(data: string | ArrayBuffer): Frame {
	if (typeof data !== "string") return refusedAs([{ refusal: BINARY_RESERVED }]);
	if (data.length > FRAME_BYTES_MAX) return refusedAs(decodeFrame(data));
	return new TextFrame(data);
}

/** A class, and no functions of its own for each frame: of small ones there are tens of thousands a second. */
class TextFrame implements Frame {
	readonly bytes: number;
	readonly messages: number;
	readonly effort: number;
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
		this.bytes = text.length;
		this.messages = countMessages(text);
		this.effort = effortOf(text);
	}

	read(): Decoded[] {
		return decodeFrame(this.#text);
	}

	ids(): (string | undefined)[] {
		return skimIds(this.#text);
	}
}

/** Apart from where the frame is known: a function holds all that those beside it hold. */
function refusedAs(messages: Decoded[]): Frame {
	return { bytes: 0, messages: 1, effort: 0, read: () => messages, ids: () => [undefined] };
}
