/** What a frame's text weighs, known without reading it. */
import { MESSAGES_PER_FRAME_MAX } from "./limits.ts";

const TYPE_KEY = '"type"';

/** How many messages a frame's text holds, about: as many as it names types, within a frame's bound. */
export function countMessages(text: string): number {
	let count = 0;
	for (
		let at = text.indexOf(TYPE_KEY);
		at !== -1 && count < MESSAGES_PER_FRAME_MAX;
		at = text.indexOf(TYPE_KEY, at + 1)
	)
		count++;
	return Math.max(1, count);
}

/** What stands for a key or a value, and by how many units each is dearer than text. */
const PRICES: readonly (readonly [sign: string, units: number])[] = [
	[":", 20],
	[",", 3],
	["{", 3],
	["[", 3],
];
/** To leap from sign to sign is faster than to step through the text as long as they are this rare, in units of text. */
const UNITS_PER_LEAP = 8;
const LEAPS_MIN = 64;

/**
 * What it takes to decode and check JSON, about, in UTF-16 units of plain text that take as long: 1 MiB some 45 ms at the
 * worst. Measured in frames of 64 KiB: 8,000 keys in one object take 11 ms, 21,000 empty objects 7 ms, text 0.5 ms. What
 * looks like a key or a value but is text counts as one: it only waits a little longer than it had to.
 */
export function effortOf(text: string): number {
	let effort = text.length;
	let leaps = Math.max(LEAPS_MIN, text.length / UNITS_PER_LEAP);
	for (const [sign, units] of PRICES) {
		for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
			if (--leaps < 0) return effortByStep(text);
			effort += units;
		}
	}
	return effort;
}

const COLON = 0x3a;
const COMMA = 0x2c;
const BRACE = 0x7b;
const BRACKET = 0x5b;

function effortByStep(text: string): number {
	let effort = text.length;
	for (let i = 0; i < text.length; i++) {
		const unit = text.charCodeAt(i);
		if (unit === COLON) effort += 20;
		else if (unit === COMMA || unit === BRACE || unit === BRACKET) effort += 3;
	}
	return effort;
}
