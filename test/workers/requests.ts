/** Arbitrary requests: what a hostile client may put into a path, a query, a header and a body. */
import fc from "fast-check";
import { frameText } from "../protocol/frame-texts.ts";
import { json } from "../protocol/messages.ts";

const text = fc.string({ unit: "binary", maxLength: 80 });
const digits = fc.constantFrom(
	"0",
	"1",
	"200",
	"201",
	"-1",
	"1.5",
	"1e3",
	"",
	" 1",
	"NaN",
	"9".repeat(16),
	"9".repeat(40),
);

/** A value of a query, before it is escaped; some are escaped wrongly. */
const value = fc.oneof(
	text.map(encodeURIComponent),
	digits.map(encodeURIComponent),
	fc.constantFrom(
		"%",
		"%ff",
		"%E0%A4%A",
		"%00",
		"%ud800",
		"%ed%a0%80",
		"+",
		"a&a=b",
		"e.1",
		"e.-1",
		".1",
		"[]",
		"x".repeat(9000),
	),
);
const key = fc.constantFrom(
	"after",
	"before",
	"limit",
	"epoch",
	"state",
	"q",
	"room",
	"name",
	"since",
	"history",
	"x[]",
);

export const query = fc
	.array(fc.tuple(key, value), { maxLength: 5 })
	.map((pairs) => pairs.map(([name, each]) => `${name}=${each}`).join("&"));

/** The last part of a room's address: names that fit, and others. */
export const roomName = fc.oneof(
	fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,10}$/),
	text.map(encodeURIComponent),
	fc.constantFrom("%", "%2e%2e", "..%2f..", "%00", "a%2Fb", "%ff", "-a", "x".repeat(129), "__proto__", "a;b", "a?"),
);

const printable = fc.string({
	unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
	maxLength: 80,
});
export const header = fc.oneof(
	printable.map((each) => each.trim()),
	fc.constantFrom("", "k", "Bearer", "Bearer ", "Bearer x", "Basic eDp4", "null", ",", "x".repeat(9000), "*"),
);

/** A body as bytes: JSON of a wrong shape, broken JSON, and what is no text at all. */
export const body = fc.oneof(
	{ weight: 3, arbitrary: frameText },
	{
		weight: 2,
		arbitrary: fc
			.dictionary(fc.constantFrom("name", "data", "expect", "action", "member", "seq", "seconds"), json)
			.map((each) => JSON.stringify(each)),
	},
	{ weight: 2, arbitrary: json.map((data) => JSON.stringify({ name: "n", data })) },
	{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);
