/** Packing encoded messages into frames. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { extendFrames, packFrames } from "../../src/protocol/codec.ts";
import { SERVER_FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
/** A JSON string of so many bytes, quotes included. */
const message = (bytes: number, fill = "x"): string => `"${fill.repeat((bytes - 2) / bytesOf(fill))}"`;

test("nothing to say is no frame", () => {
	expect(packFrames([])).toEqual([]);
});

test("[F-2] a frame is an array, whatever the number of its messages", () => {
	expect(packFrames(['{"a":1}'])).toEqual(['[{"a":1}]']);
	expect(packFrames(['{"a":1}', '{"b":2}'])).toEqual(['[{"a":1},{"b":2}]']);
});

test("[F-5] messages that together pass 256 KiB are split between messages, in order", () => {
	const messages = Array.from({ length: 10 }, (_, index) => message(60_000 + index));
	const frames = packFrames(messages);
	expect(frames.map((frame) => (JSON.parse(frame) as string[]).length)).toEqual([4, 4, 2]);
	expect(frames.flatMap((frame) => JSON.parse(frame) as string[])).toEqual(messages.map((each) => JSON.parse(each)));
});

test("the bound counts bytes, not characters", () => {
	const frames = packFrames([message(150_002, "€"), message(150_002, "€")]);
	expect(frames).toHaveLength(2);
});

test("a message that is larger than a frame by itself travels alone", () => {
	const large = message(SERVER_FRAME_BYTES_MAX + 10);
	expect(packFrames(["1", large, "2"])).toEqual(["[1]", `[${large}]`, "[2]"]);
});

test("property: every frame keeps its bound, holds no less than one message, and none is lost or moved", () => {
	const sized = fc.tuple(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom("x", "ä", "€", "🎈"));
	fc.assert(
		fc.property(fc.array(sized, { maxLength: 30 }), (parts) => {
			const messages = parts.map(([count, fill]) => JSON.stringify(fill.repeat(count)));
			const frames = packFrames(messages);
			for (const frame of frames) expect(bytesOf(frame)).toBeLessThanOrEqual(SERVER_FRAME_BYTES_MAX);
			const read = frames.map((frame) => JSON.parse(frame) as string[]);
			expect(read.every((each) => each.length > 0)).toBe(true);
			expect(read.flat().map((each) => JSON.stringify(each))).toEqual(messages);
		}),
		{ numRuns: 60 },
	);
});

test("a private part follows the shared one, in the same frame where it has room and in others where not", () => {
	expect(extendFrames(["[1,2]"], ["3", "4"])).toEqual(["[1,2,3,4]"]);
	expect(extendFrames(["[1,2]"], [])).toEqual(["[1,2]"]);
	expect(extendFrames([], ["3"])).toEqual(["[3]"]);
	expect(extendFrames([], [])).toEqual([]);
	const large = message(200_000);
	expect(extendFrames(["[0]", `[${large}]`], [large, "5"])).toEqual(["[0]", `[${large}]`, `[${large},5]`]);
});

test("property: what a private part is added to keeps its order and its bound", () => {
	const parts = fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 8 });
	fc.assert(
		fc.property(parts, parts, (everyone, one) => {
			const text = (sizes: number[], fill: string) => sizes.map((size) => JSON.stringify(fill.repeat(size)));
			const [shared, own] = [text(everyone, "s"), text(one, "ö")];
			const frames = extendFrames(packFrames(shared), own);
			for (const frame of frames) expect(bytesOf(frame)).toBeLessThanOrEqual(SERVER_FRAME_BYTES_MAX);
			const read = frames.flatMap((frame) => JSON.parse(frame) as string[]);
			expect(read.map((each) => JSON.stringify(each))).toEqual([...shared, ...own]);
		}),
		{ numRuns: 60 },
	);
});
