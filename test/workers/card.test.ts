/** The card of a page: in whatever encoding it is written, and by whatever title it means. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Card } from "../../src/jobs/card.ts";
import { type JobContext, NonRetryableError } from "../../src/jobs/kind.ts";
import { unfurl } from "../../src/jobs/unfurl.ts";

afterEach(() => {
	vi.unstubAllGlobals();
});

/** The card of a page that is served so. */
function card(body: BodyInit, type = "text/html"): Promise<Card> {
	// Of bytes, so that no charset is added to the type.
	const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
	vi.stubGlobal("fetch", async () => new Response(bytes, { headers: { "Content-Type": type } }));
	const context = { ownHosts: [], signal: new AbortController().signal } as unknown as JobContext;
	return unfurl.run({ url: "http://a.example/" }, context) as Promise<Card>;
}

/** Bytes of ASCII with others among them. */
const bytes = (...parts: (string | number[])[]) =>
	Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

const WRITTEN: [label: string, title: number[], shown: string][] = [
	["windows-1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], "Привет"],
	["Windows-1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], "Привет"],
	["cp1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], "Привет"],
	["koi8-r", [0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4], "Привет"],
	["Shift_JIS", [0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x83, 0x5c], "日本語ソ"],
	["x-sjis", [0x93, 0xfa], "日"],
	["euc-jp", [0xc6, 0xfc, 0xcb, 0xdc, 0xb8, 0xec], "日本語"],
	["iso-2022-jp", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42], "日本"],
	["gb2312", [0xd6, 0xd0, 0xce, 0xc4], "中文"],
	["gbk", [0xd6, 0xd0, 0xce, 0xc4], "中文"],
	["gb18030", [0xd6, 0xd0, 0x95, 0x32, 0x82, 0x36], "中𠀀"],
	["big5", [0xa4, 0xa4, 0xa4, 0xe5], "中文"],
	["euc-kr", [0xc7, 0xd1, 0xb1, 0xdb], "한글"],
	["ks_c_5601-1987", [0xc7, 0xd1, 0xb1, 0xdb], "한글"],
	["iso-8859-1", [0x63, 0x61, 0x66, 0xe9, 0x93, 0x94], "café“”"],
	["iso-8859-2", [0xbe, 0xe8], "žč"],
	["windows-1256", [0xe3, 0xd1, 0xcd, 0xc8, 0xc7], "مرحبا"],
	["utf-8", [0xc3, 0xa9, 0xe2, 0x82, 0xac], "é€"],
	["UTF8", [0xc3, 0xa9], "é"],
];

describe("a page is read in the encoding that it is written in", () => {
	test.each(WRITTEN)("%s, by its header", async (label, title, shown) => {
		const page = bytes("<title>", title, "</title>");
		for (const type of [
			`text/html; charset=${label}`,
			`text/html;charset="${label}"`,
			`Text/HTML; a=b; Charset = ${label} ; x`,
		])
			expect(await card(page, type), type).toMatchObject({ title: shown });
	});

	test.each(WRITTEN)("%s, by its meta", async (label, title, shown) => {
		for (const meta of [
			`<meta charset=${label}>`,
			`<META CHARSET = "${label}" />`,
			`<meta name=x content='a > b'><meta charset='${label}'>`,
			`<meta http-equiv="Content-Type" content="text/html; charset=${label}">`,
			`<meta content='text/html;charset=${label}' http-equiv=content-type>`,
			`<!doctype html><!-- ${"x".repeat(1500)} --><meta/charset=${label}>`,
		]) {
			const page = bytes(`<html><head>${meta}<title>`, title, "</title>");
			expect(await card(page), meta).toMatchObject({ title: shown });
		}
	});

	test.each([
		["its mark over its header", "text/html; charset=koi8-r", bytes([0xef, 0xbb, 0xbf], "<title>é</title>")],
		["its mark over its meta", "text/html", bytes([0xef, 0xbb, 0xbf], "<meta charset=koi8-r><title>é</title>")],
		["its header over its meta", "text/html; charset=utf-8", bytes("<meta charset=koi8-r><title>é</title>")],
		[
			"its meta where the header names none that there is",
			"text/html; charset=none",
			bytes("<meta charset=latin1><title>", [0xe9], "</title>"),
		],
		[
			"the second meta where the first names none",
			"text/html",
			bytes("<meta charset=x-none><meta charset=latin1><title>", [0xe9], "</title>"),
		],
		["no meta in a comment", "text/html", bytes("<!-- <meta charset=koi8-r> --><title>é</title>")],
		["no meta in an attribute", "text/html", bytes("<body title='<meta charset=koi8-r>'><title>é</title>")],
		["no charset of another meta", "text/html", bytes("<meta name=x content='charset=koi8-r'><title>é</title>")],
		["UTF-8 where nothing says so", "text/html", bytes("<title>é</title>")],
		["windows-1252 where it is no UTF-8", "text/html", bytes("<title>", [0xe9], "</title>")],
		[
			"UTF-8 where its meta says UTF-16, in which it could not",
			"text/html",
			bytes("<meta charset=utf-16><title>é</title>"),
		],
		[
			"UTF-16, little end first",
			"text/html",
			bytes(
				[0xff, 0xfe],
				[..."<title>é</title>"].flatMap((each) => [each.charCodeAt(0), 0]),
			),
		],
		[
			"UTF-16, big end first",
			"text/html",
			bytes(
				[0xfe, 0xff],
				[..."<title>é</title>"].flatMap((each) => [0, each.charCodeAt(0)]),
			),
		],
		[
			"its XML declaration",
			"application/xhtml+xml",
			bytes("<?xml version='1.0' encoding='iso-8859-1'?><html><title>", [0xe9], "</title></html>"),
		],
	])("%s", async (_, type, page) => {
		expect(await card(page, type)).toMatchObject({ title: "é" });
	});

	test("UTF-8 that is cut off within a letter is UTF-8", async () => {
		const page = bytes("<title>é</title>", `${"x".repeat(512 * 1024 - 19)}€`);
		expect(await card(page)).toMatchObject({ title: "é" });
	});

	test("what no encoding holds shows as such, and the card is well-formed", async () => {
		const { title } = await card(bytes("<title>a", [0xff], "b</title>"), "text/html; charset=utf-8");
		expect(title).toBe("a\ufffdb");
	});

	test("the description too, and the address of the image", async () => {
		const page = bytes(
			"<meta charset=windows-1251><meta name=description content='",
			[0xcf, 0xf0],
			"'><meta property=og:image content='/a.png?b=1&amp;c=2'>",
		);
		expect(await card(page)).toMatchObject({ description: "Пр", image: "http://a.example/a.png?b=1&c=2" });
	});
});

describe("a page's title", () => {
	test.each([
		["before it a drawing's", "<svg><title>S</title></svg><title>A</title>"],
		["behind it a drawing's", "<title>A</title><svg><g><title>S</title></g></svg>"],
		["behind a drawing's that closes itself", "<svg><title/></svg><title>A</title>"],
		["behind a drawing that closes itself", "<svg viewBox='0 0 1 1'/><title>A</title>"],
		["a drawing's foreign page", "<svg><foreignObject><title>F</title></foreignObject></svg><title>A</title>"],
		["a formula's", "<math><title>M</title></math><title>A</title>"],
		["a template's", "<template><title>T</title></template><title>A</title>"],
		["a template's behind", "<title>A</title><template><p><title>T</title></p></template>"],
		["what is for those without scripts", "<noscript><title>N</title></noscript><title>A</title>"],
		["a comment's", "<!-- <title>C</title> --><title>A</title>"],
		["a script's and a style's", "<script>'<title>X</title>'</script><style><title>X</title></style><title>A</title>"],
		["a text field's", "<textarea><title>X</title></textarea><title>A</title>"],
		["another page's", "<iframe><title>X</title></iframe><title>A</title>"],
		["a second one", "<title>A</title><title>B</title>"],
		["an empty one before", "<title> \u200b</title><title>A</title>"],
		["lost where nothing ends it", "<title>A"],
		["capitals", "<SVG><TITLE>S</TITLE></SVG><TITLE>A</TITLE>"],
		["an og:title that is empty", '<meta property="og:title" content=""><title>A</title>'],
		["one of white space", '<meta property="og:title" content=" \n&nbsp; "><title>A</title>'],
		["one of letters that are not drawn", '<meta property="og:title" content="&#x3164;&#x200b;"><title>A</title>'],
		[
			"an empty one and a second",
			'<meta property="og:title" content=""><meta property="og:title" content="A"><title>B</title>',
		],
		["an og:title within a template", '<template><meta property="og:title" content="T"></template><title>A</title>'],
		["one within a drawing", '<svg><desc><meta property="og:title" content="T"></desc></svg><title>A</title>'],
		["an empty property beside a name", '<meta property="" name="og:title" content="A"><title>B</title>'],
	])("is not %s", async (_, page) => {
		expect(await card(page)).toMatchObject({ title: "A" });
	});

	test("an empty og:description and og:image win over nothing either", async () => {
		const page = `<meta property="og:description" content=" "><meta name="description" content="D">
			<meta property="og:image" content=""><meta property="og:image" content="data:x"><meta property="og:image" content="/i.png">`;
		expect(await card(page)).toMatchObject({ description: "D", image: "http://a.example/i.png" });
	});

	test.each([
		["&eacute;&hellip;&mdash;&trade;&rarr;&nbsp;&euro;", "é…—™→ €"],
		["&copy 2026 &ampamp; &lt;b&gt;", "© 2026 &amp; <b>"],
		["&#233;&#xE9;&#x1F388;&#150;", "éé🎈–"],
		["&notin;&CounterClockwiseContourIntegral;&NotEqualTilde;", "∉∳≂̸"],
		["&none; & &; &#; &#x;", "&none; & &; &#; &#x;"],
		["&amp;eacute;", "&eacute;"],
		["A&#x202e;n&#8203;n&zwnj;&zwj;&shy;", "Ann"],
		["&#x1F468;&zwj;&#x1F469;", "👨‍👩"],
		["می&zwnj;خواهم", "می‌خواهم"],
		["👨‍👩‍👧 می‌خواهم", "👨‍👩‍👧 می‌خواهم"],
		["a&#0;&#xD800;&#x110000;b", "a\ufffd\ufffd\ufffdb"],
	])("%s is shown as %s, in an attribute too", async (written, shown) => {
		expect(await card(`<title>${written}</title>`)).toMatchObject({ title: shown });
		// In an attribute a name without its semicolon may be part of an address.
		if (!/&copy |&ampamp/.test(written))
			expect(await card(`<meta property="og:title" content="${written}">`)).toMatchObject({ title: shown });
	});

	test("an address in an attribute keeps what only looks like an entity", async () => {
		expect(await card('<meta property="og:image" content="/i?a=1&copy=2&amp;lt=3">')).toMatchObject({
			image: "http://a.example/i?a=1&copy=2&lt=3",
		});
	});

	test("counts where a tag behind it is larger than any", async () => {
		expect(await card(`<title>A</title><img src="data:image/png;base64,${"x".repeat(512 * 1024)}">`)).toMatchObject({
			title: "A",
		});
	});

	test("is cut between letters", async () => {
		const family = "👨‍👩‍👧";
		expect((await card(`<title>${family.repeat(40)}</title>`)).title).toBe(family.repeat(25));
		expect((await card(`<title>${"x".repeat(199)}🎈</title>`)).title).toBe("x".repeat(199));
		expect((await card(`<title>${"x".repeat(198)}e\u0301\u0301</title>`)).title).toBe("x".repeat(198));
		expect((await card(`<title>${"&amp;".repeat(300)}</title>`)).title).toBe("&".repeat(200));
		expect((await card(`<title>Zo${`a${"\u0301".repeat(1000)}`}</title>`)).title).toBe("Zo");
		expect((await card(`<meta name=description content="${family.repeat(90)}">`)).description).toBe(family.repeat(50));
	});
});

describe("XHTML is a page", () => {
	const page = (title: string) =>
		`<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><script src="a.js"/><title>${title}</title></head></html>`;

	test.each([
		"application/xhtml+xml",
		"Application/XHTML+XML; charset=utf-8",
		"application/xhtml+xml;profile=x",
		"application/vnd.wap.xhtml+xml",
		"application/xml",
		"text/xml; charset=utf-8",
	])("%s", async (type) => {
		expect(await card(page("é &amp; <![CDATA[<b> & c]]>"), type)).toMatchObject({ title: "é & <b> & c" });
	});

	test("whose elements close themselves", async () => {
		const svg = `<style type="text/css"/><title/><svg><title>S</title></svg><meta property="og:title" content="A"/>`;
		expect(await card(page("").replace("<title></title>", svg), "application/xhtml+xml")).toMatchObject({ title: "A" });
	});

	test.each([
		["application/xml", "<rss><channel><title>Feed</title></channel></rss>"],
		["application/rss+xml", "<rss/>"],
		["image/svg+xml", "<svg/>"],
		["application/xhtml", "<html/>"],
		["text/htmlx", "<title>A</title>"],
		["application/json", "{}"],
		["", "<title>A</title>"],
	])("%s is none", async (type, body) => {
		await expect(card(body, type)).rejects.toThrow(NonRetryableError);
	});

	test("a server is told that it may send it", async () => {
		const fetched = vi.fn(
			async (_: URL, __: RequestInit) => new Response("<title>A</title>", { headers: { "Content-Type": "text/html" } }),
		);
		vi.stubGlobal("fetch", fetched);
		const context = { ownHosts: [], signal: new AbortController().signal } as unknown as JobContext;
		await unfurl.run({ url: "http://a.example/" }, context);
		expect(new Headers(fetched.mock.calls[0]?.[1].headers).get("Accept")).toContain("application/xhtml+xml");
	});
});

test.each([
	["unclosed sections", "application/xhtml+xml", "<![CDATA[".repeat(58_000)],
	["unclosed comments", "text/html", "<!--<meta ".repeat(52_000)],
	["quotes", "text/html", `<meta "'`.repeat(65_000)],
	["elements that nearly close themselves", "application/xhtml+xml", "<title/".repeat(74_000)],
	["joiners", "text/html", `<title>${"\u200d".repeat(170_000)}`],
	["metas", "text/html", '<meta property="og:title" content="&">'.repeat(13_000)],
	["entities", "text/html", `<title>${"&".repeat(500_000)}`],
])(
	"G8 a page of %s is read in a time that grows with its length alone: 5 s at most on a busy machine",
	async (_, type, page) => {
		const begun = performance.now();
		await card(page, type);
		expect(performance.now() - begun).toBeLessThan(5_000);
	},
);
