/**
 * What the room would refuse without saying of which message is looked at before it is sent: what is no
 * JSON, or more than fits. So each call is answered, and none is sent again for ever.
 */
import type { Refusal } from "../protocol/codes.ts";
import type { SignalRequest, WelcomeLimits } from "../protocol/messages.ts";
import { RoomError } from "./room-error.ts";

const encoder = new TextEncoder();
/** Of UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** @throws RoomError where the room could not take it. */
export function writeSignal({ data, ...rest }: SignalRequest, limits: WelcomeLimits | null): string {
	const json = jsonOf(data);
	const refusal = limits && whyTooLarge("The data of a signal", limits.signalBytes, bytesOf(json));
	if (refusal !== null) throw new RoomError(refusal);
	return `${jsonOf(rest).slice(0, -1)},"data":${json}}`;
}

/** Why the room would refuse a presence state, given as JSON; its bound is not known before the first welcome. */
export function whyNotPresence(json: string, limits: WelcomeLimits | null): Refusal | null {
	return limits === null ? null : whyTooLarge("A presence state", limits.presenceBytes, bytesOf(json));
}

export function writePresence(json: string): string {
	return `{"type":"presence","state":${json}}`;
}

export function whyTooLarge(what: string, most: number, bytes: number): Refusal | null {
	if (bytes <= most) return null;
	const message = `${what} has at most ${most} bytes as JSON, and this has ${bytes}. Send less.`;
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
		throw refused("invalid", "It is no JSON: it holds itself, nests too deep, or a toJSON of it throws.");
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
		throw refused("malformed", "A text of it holds a lone surrogate: call toWellFormed() on it.");
	}
	return value;
}

function notJson(what: string): RoomError {
	return refused("invalid", `JSON does not hold ${what}. Send null or a text.`);
}

export function refused(code: Refusal["code"], message: string): RoomError {
	return new RoomError({ code, message });
}
