/** Display names: 1 to 64 letters as people count them and 256 bytes, with what letters need and nothing that hides (docs/protocol.md [T-6]). */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanName, displayName } from "../../src/protocol/ids.ts";
import { cutLetters } from "../../src/protocol/letters.ts";
import { runs } from "../runs.ts";

const FAMILY = "👨‍👩‍👧";
const SCOTLAND = "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}";
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const lettersOf = (text: string): number => [...new Intl.Segmenter().segment(text)].length;

test.each([
	["a family", FAMILY],
	["a Persian verb", "می‌خواهم"],
	["a Persian plural of a Latin word", "PDF‌ها"],
	["a Persian number", "۲۰‌ساله"],
	["a Kurdish name", "ئه‌حمه‌د"],
	["a skin tone in a sequence", "👩🏽‍🚀 Ada"],
	["a rainbow flag, a pirate's and a nation's", "🏳️‍🌈🏴‍☠️🇮🇷"],
	["a region's flag", `Ann ${SCOTLAND}`],
	["a keycap", "1️⃣"],
	["a heart on fire", "❤️‍🔥"],
	["a couple of four pictures", "👩‍❤️‍💋‍👨"],
	["an Indic conjunct that is half written", "क्‍ष"],
	["one that is not joined", "क्‌ष"],
	["Sri Lanka", "ශ්‍රී ලංකා"],
	["a Malayalam letter that ends a name", "അരുണ്‍"],
	["a Bengali one", "র‍্যাব"],
	["marks above", "Zoë e\u0301 ñ"],
	["Hangul of many parts", "\u1112\u1161\u11ab"],
	["Thai", "กำ้"],
])("%s is shown as it was written: %s", (_, name) => {
	expect(displayName(name)).toBe(name);
	expect(displayName(`  ${name}\u200b `)).toBe(name);
});

test.each([
	["A\u200dnn", "Ann"],
	["A\u200cnn", "Ann"],
	["\u200cAnn\u200d", "Ann"],
	["\u200cمی\u200c", "می"],
	["a \u200c b", "a b"],
	["a \u200d\u200c b", "a b"],
	["می\u200c خواهم", "می خواهم"],
	["می\u200c\u200c\u200dخواهم", "می\u200cخواهم"],
	["می\u202e\u200c\u202cخواهم", "می\u200cخواهم"],
	["👨\u200d\u200d👩", "👨\u200d👩"],
	["👨\u200d", "👨"],
	["\u200d👨", "👨"],
	["👨\u200da", "👨a"],
	["1\u200d2", "12"],
	["A\u{E0041}\u{E0042}\u{E007F}nn", "Ann"],
	["🏴\u{E0067}nn", "🏴nn"],
	[`🏴${"\u{E0061}".repeat(40)}\u{E007F}`, "🏴"],
	["A\u2066n\u2069n\u200e\u200f\u061c", "Ann"],
	["A\u00adn\u2060n\ufeff", "Ann"],
	["Ann\u{E0001}", "Ann"],
])("what hides goes: %j is shown as %j", (name, shown) => {
	expect(displayName(name)).toBe(shown);
});

test.each([
	["nothing", ""],
	["spaces", " \u00a0\u3000\t"],
	["zero widths", "\u200b\u200c\u200d\u2060"],
	["Hangul fillers", "\u3164\u115f\u1160\uffa0"],
	["a blank of braille", "\u2800\u2800"],
	["variation selectors", "\ufe0f\ufe0f\u{E0100}"],
	["a grapheme joiner", "\u034f"],
	["Khmer vowels that are not drawn", "\u17b4\u17b5"],
	["a mark without a letter", "\u0301"],
	["a note without a head", "\u{1d159}"],
	["tags", "\u{E0041}\u{E0042}"],
	["Room", "Room"],
	["Room in another case, between spaces", " rOOM "],
	["Operator", "Operator"],
	["Operator in capitals", "OPERATOR"],
	["Room with what hides in it", "R\u200bo\u00ado\u200dm"],
	["Room with what is not drawn in it", "Ro\u034fo\ufe0fm\u3164"],
	["Room, wide", "Ｒｏｏｍ"],
	["Operator in mathematical bold", "𝐎𝐩𝐞𝐫𝐚𝐭𝐨𝐫"],
	["Room, spaced", "R o o m"],
	["undefined", "undefined"],
])("%s is no name", (_, name) => {
	expect(displayName(name)).toBeNull();
});

test.each(["Roomba", "Operators", "Ann Operator", "Room 7", "Bedroom", "ሩም"])("%s is a name", (name) => {
	expect(displayName(name)).toBe(name);
});

test("[T-6] 64 letters and 256 bytes, whichever is reached first; the cut is between letters", () => {
	expect(displayName("x".repeat(64))).toBe("x".repeat(64));
	expect(displayName("x".repeat(65))).toBe("x".repeat(64));
	expect(displayName("🎈".repeat(64))).toBe("🎈".repeat(64));
	expect(displayName("🎈".repeat(65))).toBe("🎈".repeat(64));
	// 18 bytes each: 14 fit.
	expect(displayName(FAMILY.repeat(64))).toBe(FAMILY.repeat(14));
	expect(displayName(`${"x".repeat(63)}👍🏽👍🏽`)).toBe(`${"x".repeat(63)}👍🏽`);
	expect(displayName(`${"é".repeat(20)}${"🇮🇷".repeat(30)}`)).toBe(`${"é".repeat(20)}${"🇮🇷".repeat(27)}`);
	expect(displayName(`${"ab ".repeat(21)} c`)).toBe("ab ".repeat(21).concat("c"));
	// Behind the cut nothing is joined any more, and no space is left.
	expect(displayName(`${"x".repeat(63)}ی‌خ`)).toBe(`${"x".repeat(63)}ی`);
	expect(displayName(`${"x".repeat(63)} y`)).toBe("x".repeat(63));
});

test("a letter under a thousand marks is no part of a name, and what comes before it is", () => {
	const tower = `a${"\u0301".repeat(1000)}`;
	expect(displayName(tower)).toBeNull();
	expect(displayName(`Zo${tower}`)).toBe("Zo");
	expect(displayName(`a${"\u0301".repeat(127)}`)).toBe(`a${"\u0301".repeat(127)}`);
	expect(displayName(`a${"\u0301".repeat(128)}`)).toBeNull();
});

const piece = fc.constantFrom(
	...[
		"a",
		"é",
		"e\u0301",
		" ",
		"\t",
		"\u200b",
		"\u200c",
		"\u200d",
		"\u202e",
		"\ufe0f",
		"\u3164",
		"\ufeff",
		"\u{E0067}",
	],
	...[
		"👨",
		"👩",
		"🏽",
		"🎈",
		"🏴",
		"\u{E007F}",
		"🇮",
		"ی",
		"م",
		"ه",
		"क",
		"\u094d",
		"ष",
		"1",
		"\u20e3",
		"\ud83c",
		"\udf88",
	],
);

test("property: a name is within its bounds, stays what it is, and holds a joiner only where it joins", () => {
	const text = fc.oneof(fc.string({ unit: piece, maxLength: 200 }), fc.string({ unit: "binary", maxLength: 300 }));
	fc.assert(
		fc.property(text, (each) => {
			const name = displayName(each);
			if (name === null) return;
			expect(lettersOf(name)).toBeLessThanOrEqual(64);
			expect(bytesOf(name)).toBeLessThanOrEqual(256);
			expect(name.isWellFormed()).toBe(true);
			expect(name.replaceAll("\u200c", "\u200d")).not.toMatch(/\s\s|^\s|\s$|^\u200d|\u200d\u200d|\s\u200d/);
			expect(name).not.toMatch(/\u200c(\s|$)/);
			expect(name.replace(/\u200c|\u200d|[\u{E0020}-\u{E007F}]/gu, "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
			expect(displayName(name)).toBe(name);
			expect(cleanName(name)).toBe(name);
		}),
		runs(200),
	);
});

test("property: a cut leaves whole letters, as many as fit", () => {
	fc.assert(
		fc.property(fc.string({ unit: piece, maxLength: 80 }), fc.nat(60), (each, unitsMax) => {
			const text = each.toWellFormed();
			let expected = "";
			for (const { segment } of new Intl.Segmenter().segment(text)) {
				if (expected.length + segment.length > unitsMax) break;
				expected += segment;
			}
			expect(cutLetters(text, unitsMax)).toBe(expected);
		}),
		runs(300),
	);
});
