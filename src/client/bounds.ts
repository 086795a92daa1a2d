/**
 * What the room would refuse without saying of which message is looked at before it is sent: what is no
 * JSON, what no frame holds, an id that is none. So each call is answered, and none is sent again for ever.
 */
import type { Refusal } from "../protocol/codes.ts";
import { FRAME_BYTES_MAX, ID_CHARS_MAX } from "../protocol/limits.ts";
import type { HistoryRequest, JobRequest, Publish, SignalRequest, WelcomeLimits } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";
import { RoomError } from "./room.ts";

export type Asked = Publish | HistoryRequest | JobRequest;

/** A message as text, and what the room's bounds are about. */
export interface Written {
	text: string;
	/** Of its data as JSON. */
	dataBytes: number;
}

/** @throws RoomError where no room could take it. */
export function write(message: Asked): Written {
	const { id } = message;
	if (typeof id !== "string" || id === "" || id.length > ID_CHARS_MAX) {
		throw refused("invalid", `An id is a text of 1 to ${ID_CHARS_MAX} characters. Give another, or none.`);
	}
	if (message.type === "history") return { text: jsonOf(message), dataBytes: 0 };
	const { data, ...rest } = message;
	const json = jsonOf(data);
	return { text: `${jsonOf(rest).slice(0, -1)},"data":${json}}`, dataBytes: utf8Bytes(json) };
}

/** Why the room would refuse it; before the first welcome only what holds in every room is known. */
export function whyNot({ text, dataBytes }: Written, limits: WelcomeLimits | null): Refusal | null {
	if (limits !== null && dataBytes > limits.eventBytes) {
		return tooLarge("The data of an event or a job", limits.eventBytes, dataBytes);
	}
	// A frame is an array.
	const bytes = utf8Bytes(text) + 2;
	const frameBytes = limits?.frameBytes ?? FRAME_BYTES_MAX;
	return bytes > frameBytes ? tooLarge("A message", frameBytes, bytes) : null;
}

/** @throws RoomError where the room could not take it. */
export function writeSignal({ data, ...rest }: SignalRequest, limits: WelcomeLimits | null): string {
	const json = jsonOf(data);
	const bytes = utf8Bytes(json);
	if (limits !== null && bytes > limits.signalBytes) {
		throw new RoomError(tooLarge("The data of a signal", limits.signalBytes, bytes));
	}
	return `${jsonOf(rest).slice(0, -1)},"data":${json}}`;
}

/** Why the room would refuse a presence state, given as JSON. */
export function whyNotPresence(json: string, { presenceBytes }: WelcomeLimits): Refusal | null {
	const bytes = utf8Bytes(json);
	return bytes > presenceBytes ? tooLarge("A presence state", presenceBytes, bytes) : null;
}

export function writePresence(json: string): string {
	return `{"type":"presence","state":${json}}`;
}

function tooLarge(what: string, most: number, bytes: number): Refusal {
	const message = `${what} has at most ${most} bytes as JSON, and this has ${bytes}. Send less, or keep it elsewhere and send where it is.`;
	return { code: "too_large", message };
}

/**
 * JSON that says what the value says.
 * @throws RoomError where there is none.
 */
export function jsonOf(value: unknown): string {
	let json: string | undefined;
	try {
		json = JSON.stringify(value, faithful);
	} catch (error) {
		if (error instanceof RoomError) throw error;
		throw refused(
			"invalid",
			"It cannot be written as JSON: it holds itself, nests too deep, or a toJSON of it throws.",
		);
	}
	if (json === undefined) throw notJson("undefined");
	return json;
}

/** Refuses what JSON would leave out or write as null. A field that is undefined is one that is not there. */
function faithful(this: unknown, key: string, value: unknown): unknown {
	const kind = typeof value;
	if (kind === "bigint" || kind === "function" || kind === "symbol") throw notJson(`a ${kind}`);
	if (kind === "undefined" && Array.isArray(this)) throw notJson("undefined in a list");
	if (kind === "number" && !Number.isFinite(value)) throw notJson(String(value));
	if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
		throw refused("malformed", "It holds text that is not well-formed (a lone surrogate). Call toWellFormed() on it.");
	}
	return value;
}

function notJson(what: string): RoomError {
	return refused("invalid", `JSON does not hold ${what}. Send null, a number or a text instead.`);
}

function refused(code: Refusal["code"], message: string): RoomError {
	return new RoomError({ code, message });
}
