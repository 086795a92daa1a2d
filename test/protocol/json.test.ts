/** G8, numbers: what an integer was when it was sent it is when it is heard, or it is refused (docs/protocol.md [T-1]). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame } from "../../src/protocol/codec.ts";
import { parseJson } from "../../src/protocol/json.ts";
import { runs } from "../runs.ts";
import { frameText } from "./frame-texts.ts";

/** Where data travels: each message that carries some, with a literal in it. */
const CARRIERS: [string, (json: string) => string][] = [
	["a publish", (json) => `{"type":"publish","id":"p1","name":"n","data":${json}}`],
	["a signal", (json) => `{"type":"signal","name":"n","data":${json}}`],
	["a presence", (json) => `{"type":"presence","state":${json}}`],
	["a job", (json) => `{"type":"job","id":"p1","name":"n","data":${json}}`],
];

const ALTERED = [
	"9007199254740993",
	"-9007199254740993",
	"9223372036854775807",
	"-9223372036854775808",
	"18446744073709551615",
	"12345678901234567890",
	"100000000000000000001",
	"9".repeat(308),
	"9007199254740993.0",
	"9007199254740993e0",
	"9.007199254740993e15",
	"9.007199254740993E+15",
	"90071992547409930e-1",
	"1.8446744073709551615e19",
];

const TOO_LARGE = ["1e309", "1e400", "-1e400", "1E+999999", "9".repeat(400), `-${"9".repeat(5000)}.5`];

const CARRIED = [
	"0",
	"-0",
	"1e0",
	"9007199254740991",
	"9007199254740992",
	"-9007199254740992",
	"9007199254740994",
	"9007199254740992.0",
	"9.007199254740992e15",
	"100000000000000000000",
	"1e21",
	"1000000000000000000000",
	"1.5e300",
	"-1.7976931348623157081e+308",
	"1e-400",
	"0.1000000000000000055511151231257827021181583404541015625",
	"3.14159265358979323846264338327950288",
	"9007199254740993.5",
	"0.00000000000000000000000000000000000000001",
	"1234567890123456.789e-300",
	JSON.stringify(2 ** 63),
	JSON.stringify(2 ** 64 + 4096),
	// As a program in C prints a double: to its seventeenth digit.
	(2 ** 60 + 2 ** 8).toExponential(16),
	'"9007199254740993"',
	'"\\"9007199254740993"',
	'"\\\\",9007199254740992,"1e400"',
	'"a1e400b","1234567890123456789\\\\"',
];

describe.each(CARRIERS)("an integer in %s", (_, carry) => {
	test.each(ALTERED)("[T-1] that JSON cannot carry exactly is invalid: %s", (literal) => {
		for (const json of [literal, `[${literal}]`, `{"a":[1,{"b": ${literal} }],"c":"1e5"}`]) {
			expect(decodeFrame(carry(json))).toEqual([
				{
					refusal: expect.objectContaining({
						code: "invalid",
						message: expect.stringMatching(/send it as a string\.$/),
					}),
				},
			]);
		}
	});

	test.each(TOO_LARGE)("that is not finite is invalid", (literal) => {
		for (const json of [literal, `[${literal}]`, `{"a":{"b":[0, ${literal}]}}`]) {
			expect(decodeFrame(carry(json))).toMatchObject([{ refusal: { code: "invalid" } }]);
		}
	});

	test.each(CARRIED)("that comes back as it was sent passes, and fractions and texts do: %s", (literal) => {
		const [decoded] = decodeFrame(carry(`[${literal}]`));
		expect(decoded).toEqual({ message: JSON.parse(carry(`[${literal}]`)) });
	});
});

test("an altered integer costs its neighbours nothing, and only where it is data", () => {
	const frame = `[${CARRIERS.map(([, carry], n) => carry(n === 1 ? "9007199254740993" : "1")).join(",")}]`;
	expect(decodeFrame(frame).map((each) => ("refusal" in each ? each.refusal.code : "read"))).toEqual([
		"read",
		"invalid",
		"read",
		"read",
	]);
	expect(decodeFrame('{"type":"presence","state":1,"later":9007199254740993}')).toEqual([
		{ message: { type: "presence", state: 1 } },
	]);
	expect(decodeFrame('{"type":"history","id":"h","before":9007199254740993}')).toMatchObject([
		{ refusal: { id: "h", code: "invalid" } },
	]);
});

test("G8 the deepest text with an altered integer in it is refused, not run out of stack", () => {
	const later = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
	expect(decodeFrame(`{"type":"publish","id":"p","name":"n","later":${later},"data":9007199254740993}`)).toMatchObject([
		{ refusal: { id: "p", code: "invalid" } },
	]);
});

test("property: an integer comes out of the room with the digits that it went in with, or is not let in", () => {
	const integer = fc.bigInt({ min: -(2n ** 69n), max: 2n ** 69n });
	fc.assert(
		fc.property(integer, (each) => {
			const read = parseJson(String(each)) as number;
			if (Number.isFinite(read)) expect(BigInt(JSON.stringify(read))).toBe(each);
			else expect(BigInt(JSON.stringify(Number(each)))).not.toBe(each);
		}),
		runs(500),
	);
});

test("property: every number that a page can write is read as it was", () => {
	fc.assert(
		fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
			for (const text of [JSON.stringify(number), number.toExponential(), number.toExponential(16)]) {
				expect(parseJson(text)).toBe(JSON.parse(text));
			}
		}),
		runs(1000),
	);
});

test("property: a text is JSON here where it is JSON, and reads the same but for its numbers", () => {
	fc.assert(
		fc.property(frameText, (text) => {
			const read = (parse: (text: string) => unknown): unknown => {
				try {
					const found = parse(text);
					return JSON.stringify(found, (_, value) => (typeof value === "number" ? 0 : value));
				} catch {
					return "no JSON";
				}
			};
			expect(read(parseJson)).toBe(read(JSON.parse));
		}),
		runs(500),
	);
});
