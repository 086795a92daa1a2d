/** The measures that the bounds are stated in. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	exceedsBytes,
	holdsFiniteNumbers,
	isWellFormedValue,
	mayBeIllFormed,
	nestsDeeper,
	sameJson,
	utf8Bytes,
} from "../../src/protocol/text.ts";

const wellFormed = fc.string({ unit: "binary" });

test("property: utf8Bytes is what TextEncoder gives", () => {
	fc.assert(
		fc.property(wellFormed, (text) => {
			expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
		}),
	);
	for (const text of ["", "a", "\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "🎈", "a🎈€ä"]) {
		expect(utf8Bytes(text), text).toBe(new TextEncoder().encode(text).length);
	}
});

test("property: exceedsBytes is the comparison that it stands for", () => {
	fc.assert(
		fc.property(wellFormed, fc.nat(200), (text, bytesMax) => {
			expect(exceedsBytes(text, bytesMax)).toBe(new TextEncoder().encode(text).length > bytesMax);
		}),
	);
});

test("nestsDeeper counts arrays and objects, and the scalars in them not", () => {
	expect(nestsDeeper(1, 0)).toBe(false);
	expect(nestsDeeper([], 0)).toBe(true);
	expect(nestsDeeper([1, { a: 2 }], 1)).toBe(true);
	expect(nestsDeeper([1, { a: 2 }], 2)).toBe(false);
	expect(nestsDeeper({ a: 1, b: { c: [null] } }, 2)).toBe(true);
});

test("property: a text is well-formed where every string and key in it is", () => {
	const any = fc.dictionary(
		fc.string({ unit: fc.constantFrom("a", "\ud83c", "\udf88") }),
		fc.string({ unit: fc.constantFrom("b", "\ud83c", "\udf88") }),
	);
	fc.assert(
		fc.property(any, (value) => {
			const json = JSON.stringify([value]);
			const expected = Object.entries(value).every(([key, each]) => key.isWellFormed() && each.isWellFormed());
			expect(isWellFormedValue(JSON.parse(json))).toBe(expected);
			if (!mayBeIllFormed(json)) expect(expected).toBe(true);
		}),
	);
});

test.each([
	["1", true],
	['[0,-0,1e308,{"a":[-1.5e-300]}]', true],
	['"1e999"', true],
	["1e309", false],
	["[[-1e309]]", false],
	['{"a":{"b":[1,1e999]}}', false],
	["9".repeat(400), false],
])("the numbers of %s are all of the kind that JSON can write: %s", (json, expected) => {
	expect(holdsFiniteNumbers(JSON.parse(json))).toBe(expected);
});

test.each([
	[{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
	[[1, 2], [2, 1], false],
	[{ a: 1 }, { a: 1, b: undefined }, false],
	[{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
	[[], {}, false],
	[{}, null, false],
	[null, null, true],
	["1", 1, false],
	[0, false, false],
	[[[]], [[]], true],
	[[[]], [[[]]], false],
	[JSON.parse('{"__proto__":1}'), {}, false],
	[JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'), true],
])("sameJson(%j, %j) is %s", (a, b, expected) => {
	expect(sameJson(a, b)).toBe(expected);
	expect(sameJson(b, a)).toBe(expected);
});

test("property: a JSON value is the same as its copy", () => {
	fc.assert(
		fc.property(fc.jsonValue(), (value) => {
			expect(sameJson(JSON.parse(JSON.stringify(value)), JSON.parse(JSON.stringify(value)))).toBe(true);
		}),
	);
});
