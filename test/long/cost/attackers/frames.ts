/** Who sends frames that are no messages, or none that anyone wants. */
import { FRAME_BYTES_MAX } from "../../../../src/protocol/limits.ts";
import { frameOf, OPCODE } from "../../../support/frames.ts";
import { textFrame } from "../line.ts";
import type { Attacker } from "../stage.ts";
import { emptyObjects, frameOfMany, nested } from "./words.ts";

/** The same frame as fast as it is read, by one guest. */
function flood(frame: Buffer): Attacker["attack"] {
	return async (stage) => {
		const line = await stage.guest();
		await stage.flood(() => line.sendBytes(frame));
	};
}

const BURST_FRAMES = 300;

/** So many of the same at once, every other second. */
function bursts(text: string): Attacker["attack"] {
	return async (stage) => {
		const burst = Buffer.concat(Array.from({ length: BURST_FRAMES }, () => textFrame(text)));
		const line = await stage.guest();
		await stage.every(0.5, () => line.sendBytes(burst));
	};
}

/** As a double is written to its last digit. */
const LONG_NUMBERS = Array.from({ length: 2_900 }, () => "1.2345678901234567e18").join(",");
const BINARY = frameOf(OPCODE.binary, Buffer.alloc(1_000));
const job = (n: number): string => `prepared-${n}`;

export const FRAMERS: readonly Attacker[] = [
	{
		name: "frames of objects, a burst",
		does: "300 frames of 64 KiB at once, every other second, each a publish of 20,000 empty objects",
		isWithinRates: false,
		attack: bursts(`{"type":"publish","id":"o","name":"note","data":${emptyObjects(100)}}`),
	},
	{
		name: "frames of no events, a burst",
		does: "300 frames of 64 KiB of `[{},{},…]` at once, every other second",
		isWithinRates: true,
		attack: bursts(emptyObjects()),
	},
	{
		name: "frames of objects",
		does: "frames of 64 KiB of `[{},{},…]` without end",
		isWithinRates: true,
		attack: flood(textFrame(emptyObjects())),
	},
	{
		name: "frames of unknown objects",
		does: "frames of 64 KiB of a type that nobody knows, with 20,000 empty objects in them",
		isWithinRates: true,
		attack: flood(textFrame(`{"type":"x","padding":${emptyObjects(100)}}`)),
	},
	{
		name: "frames of signals, a burst",
		does: "300 frames of 64 KiB at once, every other second, each a signal of 20,000 empty objects",
		isWithinRates: false,
		attack: bursts(`{"type":"signal","name":"s","data":${emptyObjects(100)}}`),
	},
	{
		name: "frames of unknown types",
		does: "frames of 100 messages of a type that nobody knows, without end",
		isWithinRates: true,
		attack: flood(frameOfMany((n) => ({ type: "x", id: `x${n}` }))),
	},
	{
		name: "frames of numbers",
		does: "events of 2,900 numbers of 17 digits and an exponent, each held against what it comes out as, without end",
		isWithinRates: true,
		attack: flood(textFrame(`{"type":"publish","id":"f","name":"note","data":[${LONG_NUMBERS},9007199254740993]}`)),
	},
	{
		name: "frames deep",
		does: "frames of 64 KiB of arrays that nest 32,768 deep, without end",
		isWithinRates: true,
		attack: flood(textFrame(nested(FRAME_BYTES_MAX / 2))),
	},
	{
		name: "frames too deep",
		does: "events whose data nests 30,000 deep, without end",
		isWithinRates: true,
		attack: flood(textFrame(`{"type":"publish","id":"d","name":"note","data":${nested(30_000)}}`)),
	},
	{
		name: "frames of 1 MiB",
		does: "frames of 1 MiB of text without end",
		isWithinRates: true,
		attack: flood(textFrame("x".repeat(1024 * 1024))),
	},
	{
		name: "frames of 16 MiB",
		does: "frames of 16 MiB of text without end",
		isWithinRates: true,
		attack: flood(textFrame("x".repeat(16 * 1024 * 1024))),
	},
	{
		name: "frames binary",
		does: "binary frames of 1 KB without end",
		isWithinRates: true,
		attack: flood(BINARY),
	},
	{
		name: "frames empty",
		does: "frames of `[]` without end",
		isWithinRates: true,
		attack: flood(Buffer.concat(Array.from({ length: 100 }, () => textFrame("[]")))),
	},
	{
		name: "frames of eight",
		does: "frames of 64 KiB of `[{},{},…]` without end, by eight guests at once",
		isWithinRates: true,
		attack: async (stage) => {
			const frame = textFrame(emptyObjects());
			const lines = await stage.guests(8);
			await Promise.all(lines.map((line) => stage.flood(() => line.sendBytes(frame))));
		},
	},
	{
		name: "frames malformed",
		does: "joins, sends 20 frames of 64 KiB that are no JSON, and joins again, 20 times at once",
		isWithinRates: true,
		attack: async (stage) => {
			const frames = Buffer.concat(Array.from({ length: 20 }, () => textFrame(`[${"x".repeat(64_000)}`)));
			await stage.requests(async () => {
				const line = await stage.guest();
				await line.sendBytes(frames);
				line.leave();
			}, 20);
		},
	},
	{
		name: "frames of received",
		does: "frames of 64 KiB of `received`, 100 ids each, without end",
		isWithinRates: true,
		attack: flood(frameOfMany(() => ({ type: "received", jobs: Array.from({ length: 100 }, (_, n) => job(n)) }), 40)),
	},
];
