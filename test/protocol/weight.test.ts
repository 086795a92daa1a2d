/** What a frame weighs is known without reading it: where it is dear to read, that shows. */
import { expect, test } from "vitest";
import { MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import { countMessages, effortOf } from "../../src/protocol/weight.ts";

const text = "x".repeat(60_000);
const objects = `[${Array(20_000).fill("{}").join(",")}]`;
const keys = `{${Array.from({ length: 7_000 }, (_, n) => `"${n.toString(36)}":0`).join(",")}}`;

test("objects and keys weigh more than as much text, and the more so the dearer they are", () => {
	expect(effortOf(JSON.stringify(text))).toBeLessThan(1.01 * text.length);
	expect(effortOf(objects)).toBeGreaterThan(2 * objects.length);
	expect(effortOf(keys)).toBeGreaterThan(3 * keys.length);
});

test("messages are counted by their types, within a frame's bound", () => {
	expect(countMessages("[]")).toBe(1);
	expect(countMessages('[{"type":"x"},{"type":"y"}]')).toBe(2);
	expect(countMessages(`[${Array(500).fill('{"type":"x"}').join(",")}]`)).toBe(MESSAGES_PER_FRAME_MAX);
});
