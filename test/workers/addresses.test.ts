/** The addresses that strangers give `unfurl`: which are fetched, and which are refused in every notation. */
import { describe, expect, test } from "vitest";
import { NonRetryableError } from "../../src/jobs/kind.ts";
import { checkAddress, firstLink } from "../../src/jobs/unfurl.ts";

const OWN = ["rotunda.example:8787", "Rooms.Example"];

describe("G8 an address that is refused", () => {
	test.each([
		[
			"a scheme",
			[
				"ftp://a.example/",
				"file:///etc/passwd",
				"javascript:alert(1)",
				"data:text/html,x",
				"ws://a.example",
				"blob:http://a.example/1",
			],
		],
		[
			"no address",
			[
				"",
				"a.example",
				"//a.example",
				"http://",
				"http:///",
				"http://a b.example",
				"http://exa mple",
				"http://[::1",
				"\u0000",
			],
		],
		["its length", [`http://a.example/${"x".repeat(2_000)}`, `http://${".".repeat(60_000)}a.example/`]],
		[
			"credentials",
			[
				"http://user@a.example/",
				"http://user:pass@a.example/",
				"http://:pass@a.example/",
				"https://a.example:80@b.example/",
			],
		],
		[
			"a port",
			[
				"http://a.example:22/",
				"http://a.example:8080/",
				"https://a.example:8443/",
				"http://a.example:0/",
				"http://a.example:65535/",
			],
		],
		[
			"an IPv4 address, decimal",
			[
				"http://127.0.0.1/",
				"http://10.0.0.1/",
				"http://169.254.169.254/latest/meta-data",
				"http://8.8.8.8/",
				"http://2130706433/",
				"http://127.0.0.1./",
				"http://0/",
			],
		],
		["an IPv4 address, octal", ["http://0177.0.0.1/", "http://017700000001/", "http://0300.0250.1.1/"]],
		["an IPv4 address, hex", ["http://0x7f.0.0.1/", "http://0x7f000001/", "http://0X7F.1/", "http://0xa9fea9fe/"]],
		["an IPv4 address, short", ["http://127.1/", "http://127.0.1/", "http://10.1/"]],
		[
			"an IPv4 address, in other digits and dots",
			[
				"http://①②⑦.0.0.1/",
				"http://１２７.0.0.1/",
				"http://127。0。0。1/",
				"http://127.0.0.%31/",
				"http://%31%32%37.1/",
			],
		],
		[
			"an IPv6 address",
			[
				"http://[::1]/",
				"http://[::]/",
				"http://[fe80::1]/",
				"http://[2001:db8::1]/",
				"http://[::ffff:127.0.0.1]/",
				"http://[::ffff:7f00:1]/",
				"http://[64:ff9b::7f00:1]/",
				"http://[::127.0.0.1]/",
			],
		],
		["one label", ["http://localhost/", "http://intranet/", "http://a./", "http://LOCALHOST./", "http://com/"]],
		[
			"a private suffix",
			[
				"http://printer.local/",
				"http://a.internal/",
				"http://metadata.google.internal/",
				"http://a.localhost/",
				"http://A.LOCAL/",
				"http://a.local./",
				"http://a.internal../",
				"http://x.ｌｏｃａｌ/",
			],
		],
		[
			"the server itself",
			[
				"http://rotunda.example/",
				"https://ROTUNDA.example./rooms/x",
				"http://rooms.example/",
				"https://rooms.example:443/",
			],
		],
	])("for %s", (_, addresses) => {
		for (const address of addresses) {
			expect(() => checkAddress(address, OWN), address).toThrow(NonRetryableError);
		}
	});

	test("tells a sentence that repeats nothing of the address", () => {
		for (const address of ["http://secret@a.example/", "http://127.0.0.1/?secret", "http://secret/"]) {
			expect(() => checkAddress(address, [])).toThrow(/^(?!.*secret).*\.$/);
		}
	});
});

test.each([
	"http://a.example",
	"https://a.example:443/x?y#z",
	"http://a.example:80/",
	"http://münchen.example/",
	"http://1.2.3.4.example/",
	"http://local.example/",
	"http://notlocal/x".replace("notlocal", "not.locals"),
	"HTTP://A.EXAMPLE/",
	"http://not-rotunda.example/",
	`http://a.example/${"x".repeat(1_900)}`,
])("%s may be fetched", (address) => {
	expect(checkAddress(address, OWN).hostname).toContain(".");
});

test.each([
	["see http://a.example/x, or not", "http://a.example/x"],
	["(https://a.example/)", "https://a.example/"],
	["HTTPS://A.example!", "HTTPS://A.example"],
	["http://a.example\nhttp://b.example", "http://a.example"],
	["<http://a.example>", "http://a.example"],
	["no link: a.example", null],
	["看http://a.example/x。", "http://a.example/x"],
	["http://a.example/x_(y)", "http://a.example/x_(y)"],
	["http://% http://a.example/", "http://a.example/"],
	[`http://a.example/${"x".repeat(2_000)}`, null],
	["http://", null],
	["javascript:http", null],
])("the first link of %j is %j", (text, link) => {
	expect(firstLink(text)).toBe(link);
});
