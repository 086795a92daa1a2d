/** Where links begin and end in a text, and that no text is dear to read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LINK_CHARS_MAX, LINKS_PER_TEXT_MAX } from "../../src/protocol/limits.ts";
import { findLinks } from "../../src/protocol/links.ts";
import { runs } from "../runs.ts";

const addressesIn = (text: string): string[] => [...findLinks(text)].map(({ address }) => address);

describe("a link", () => {
	test.each([
		["http://a.example/x, or not", "http://a.example/x"],
		["HTTPS://A.example!", "HTTPS://A.example"],
		["Is it http://a.example/?!…", "http://a.example/"],
		["‘http://a.example/’", "http://a.example/"],
		["http://a.example/it's", "http://a.example/it's"],
		["<http://a.example>", "http://a.example"],
		['{"url":"http://a.example/x"}', "http://a.example/x"],
		["`http://a.example/x`", "http://a.example/x"],
		["«http://a.example/x»", "http://a.example/x"],
		["http://a.example\u0000x", "http://a.example"],
		["http://a.example\u3000x", "http://a.example"],
		["http://ex\u00adample/é🎈.", "http://ex\u00adample/é🎈"],
	])("ends before what ends a sentence or sets it off: %j holds %j", (text, address) => {
		expect(addressesIn(text)).toEqual([address]);
	});

	test.each([
		["看http://a.example/x。好", "http://a.example/x"],
		["「http://a.example/x」です", "http://a.example/x"],
		["http://a.example/x、http", "http://a.example/x"],
		["http://a.example/x！", "http://a.example/x"],
		["http://a.example/x？？", "http://a.example/x"],
		["（http://a.example/x）", "http://a.example/x"],
		["http://a.example/x，然后", "http://a.example/x"],
		["【http://a.example/x】", "http://a.example/x"],
		["http://a.example/x｡", "http://a.example/x"],
		["http://a.example/x।", "http://a.example/x"],
		["http://a.example/x؟", "http://a.example/x"],
	])("ends before the punctuation of scripts that write no space behind it: %j holds %j", (text, address) => {
		expect(addressesIn(text)).toEqual([address]);
	});

	test.each([
		["http://a.example/x_(y)", "http://a.example/x_(y)"],
		["(http://a.example/x_(y))", "http://a.example/x_(y)"],
		["(http://a.example/x_(y).)", "http://a.example/x_(y)"],
		["http://a.example/(a)(b))", "http://a.example/(a)(b)"],
		["[http://a.example/]", "http://a.example/"],
		["[x](http://a.example/[1])", "http://a.example/[1]"],
		["http://[::1]/", "http://[::1]/"],
		["http://a.example/{x}", "http://a.example/{x}"],
		["http://a.example/x(", "http://a.example/x"],
		["(see http://a.example/ (or not))", "http://a.example/"],
	])("keeps brackets that close in it, and no others: %j holds %j", (text, address) => {
		expect(addressesIn(text)).toEqual([address]);
	});

	test("stands where it says, and there may be many", () => {
		const text = "a http://b.example, (http://c.example) http://d.example/e";
		for (const { at, address } of findLinks(text)) expect(text.startsWith(address, at)).toBe(true);
		expect(addressesIn(text)).toEqual(["http://b.example", "http://c.example", "http://d.example/e"]);
	});

	test.each(["", "http", "http:/", "javascript:alert(1)", "ftp://a.example", "http:// a", "https://。"])(
		"is not in %j",
		(text) => {
			expect(addressesIn(text)).toEqual([]);
		},
	);

	test("of LINK_CHARS_MAX characters is one; a longer one is text, and the next is found", () => {
		const longest = `http://a.example/${"x".repeat(LINK_CHARS_MAX - "http://a.example/".length)}`;
		expect(addressesIn(longest)).toEqual([longest]);
		expect(addressesIn(`${longest}x http://b.example`)).toEqual(["http://b.example"]);
	});
});

/** The rules for an address's end as they are said, one look at all of it for each character that is taken off. */
function endBySaying(run: string): string {
	const last = run.at(-1) ?? "";
	const count = (bracket: string): number => run.split(bracket).length - 1;
	const opening = { ")": "(", "]": "[", "}": "{" }[last];
	const isAlone = opening === undefined ? "([{".includes(last) : count(last) > count(opening);
	return last !== "" && (isAlone || ".,;:!?'’‘…،؛؟۔".includes(last)) ? endBySaying(run.slice(0, -1)) : run;
}

test("an address ends where the rules say, whatever brackets and punctuation stand in it and behind it", () => {
	const piece = fc.constantFrom(..."()[]{}.,;:!?\"'’…a/é🎈".replace('"', ""), "))", "((", "()", "x)");
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
			const run = `http://${pieces.join("")}`;
			expect(addressesIn(run)).toEqual(run === "http://" ? [] : [endBySaying(run)]);
		}),
		runs(2_000),
	);
});

describe("G8: no text is dear to read", () => {
	const CHARS = 60_000;
	const hostile = (start: string, more: string, end: string): string =>
		start + more.repeat(Math.ceil(CHARS / more.length)) + end;

	test.each([
		["http://a", ")", ""],
		["http://a", ")", "x"],
		["http://a", "(", ""],
		["http://a", "()", ""],
		["http://a", "([{", "}])"],
		["http://a", ".", "x"],
		["http://a", "!?)", "x"],
		["", "http://", ""],
		["", "http://a)", ""],
		["", "http", ""],
		["", "h", "ttp://"],
		["http://", "é", ""],
		["http://a", "\u0301", ""],
		["http://a", "\ud83d", ""],
	])("%j and so much %j and %j is a text without links", (start, more, end) => {
		expect(addressesIn(hostile(start, more, end))).toEqual([]);
	});

	test("a text of nothing but short links has LINKS_PER_TEXT_MAX of them: to draw thousands is dear too", () => {
		for (const each of ["http://a) ", "http://a。", "(http://a)\n"]) {
			expect(addressesIn(hostile("", each, ""))).toEqual(Array(LINKS_PER_TEXT_MAX).fill("http://a"));
		}
	});

	test("a link lies in the text, holds no white space, and none overlaps the one before", () => {
		const piece = fc.constantFrom(
			"http://",
			"HTTPS://",
			"a",
			"é",
			"(",
			")",
			"[",
			"]",
			".",
			"。",
			" ",
			"\n",
			"x".repeat(1500),
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
				const text = pieces.join("");
				let end = 0;
				for (const { at, address } of findLinks(text)) {
					expect(text.startsWith(address, at)).toBe(true);
					expect(at).toBeGreaterThanOrEqual(end);
					expect(address).toMatch(/^https?:\/\/[^\s。]*$/i);
					expect(address.length).toBeLessThanOrEqual(LINK_CHARS_MAX);
					end = at + address.length;
				}
			}),
			runs(300),
		);
	});
});
