/** Arbitrary texts of frames that are not what they should be, built so that they shrink to what matters. */
import fc from "fast-check";
import { CLIENT_MESSAGES } from "../../src/protocol/messages.ts";
import { clientMessage } from "./messages.ts";

/** JSON texts of values that something may stumble over. */
const hostileJson = fc.oneof(
	fc.constantFrom(
		...["null", "true", "-1", "-0", "1.5", "1e400", "-1e400", "9007199254740993", "1e-400", "9".repeat(400)],
		...['""', '"\\u0000"', '"a\\nb"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83c\\udf88"', '"room:operator"'],
		...['"__proto__"', '"constructor"', '"toString"', `"${"x".repeat(65)}"`, `"${"🎈".repeat(33)}"`],
		...["{}", "[]", "[[]]", '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":1}}', '{"\\ud800":1}'],
		...['{"toJSON":1}', '{"then":1}', '{"length":9}', '{"a":1,"a":2}', '{"id":"inner","type":"publish"}'],
	),
	fc.json({ stringUnit: "binary", maxDepth: 3 }),
	fc
		.tuple(fc.integer({ min: 30, max: 1_000 }), fc.constantFrom(["[", "]"] as const, ['{"a":', "}"] as const))
		.map(([depth, [open, close]]) => `${open.repeat(depth)}1${close.repeat(depth)}`),
);

const FIELDS = ["type", "id", "name", "data", "state", "jobs", "action", "member", "seq", "seconds", "expect", "to"];
const field = fc.constantFrom(...FIELDS, "before", "after", "limit", "later", "__proto__", "constructor");
const type = fc.constantFrom(...Object.keys(CLIENT_MESSAGES), "none", "__proto__", "toString", "");

/** A message of which some fields are hostile, missing, or there twice. */
const hostileMessage = fc
	.tuple(type, fc.array(fc.tuple(field, hostileJson), { maxLength: 6 }))
	.map(([name, fields]) => {
		const all: (readonly [string, string])[] = [["type", JSON.stringify(name)], ["id", '"i1"'], ...fields];
		return `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
	});

const messageText = fc.oneof(
	{ weight: 4, arbitrary: hostileMessage },
	{ weight: 2, arbitrary: clientMessage.map((message) => JSON.stringify(message)) },
	{ weight: 1, arbitrary: hostileJson },
);

const wellFormedJson = fc.oneof(
	messageText,
	fc.array(messageText, { maxLength: 12 }).map((texts) => `[${texts.join(",")}]`),
	fc.integer({ min: 98, max: 103 }).map((count) => `[${Array.from({ length: count }, () => "7").join(",")}]`),
);

/** A text with a piece of it taken out or put in. */
const mutated = fc
	.tuple(wellFormedJson, fc.nat(), fc.nat(4), fc.oneof(fc.constantFrom("", '"', "{", "]", ",", "\\"), fc.string()))
	.map(([text, at, out, put]) => {
		const start = at % (text.length + 1);
		return text.slice(0, start) + put + text.slice(start + out);
	});

export const frameText = fc.oneof(
	{ weight: 5, arbitrary: wellFormedJson },
	{ weight: 3, arbitrary: mutated },
	{ weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
