/** Names, ids and the cursor that a client carries. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanName, formatCursor, MEMBER_ID, parseCursor, RESUME_KEY, ROOM_NAME } from "../../src/protocol/ids.ts";

test.each(["lobby", "a", "0", "A.b_c~d:e-f", `a${"b".repeat(127)}`])("a room may be called %s", (name) => {
	expect(ROOM_NAME.test(name)).toBe(true);
});

test.each(["", ".a", "-a", "_a", "a b", "a/b", "ä", "a\n", "a%20", `a${"b".repeat(128)}`])(
	"[T-4] a room may not be called %j",
	(name) => {
		expect(ROOM_NAME.test(name)).toBe(false);
	},
);

test("[T-5] member ids and guests' keys have their alphabets and lengths", () => {
	for (const id of ["a", "guest:0123456789abcdef", "ann@example.com", "~._-:@", "x".repeat(128)])
		expect(MEMBER_ID.test(id)).toBe(true);
	for (const id of ["", "a b", "a/b", "ann\n", "é", "x".repeat(129)]) expect(MEMBER_ID.test(id)).toBe(false);
	for (const key of ["x".repeat(16), "A-z_9".repeat(10)]) expect(RESUME_KEY.test(key)).toBe(true);
	for (const key of ["x".repeat(15), "x".repeat(129), "x".repeat(15).concat("/"), ""])
		expect(RESUME_KEY.test(key)).toBe(false);
});

test("property: a cursor comes back as it was written", () => {
	const epoch = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
	fc.assert(
		fc.property(epoch, fc.maxSafeNat(), fc.maxSafeNat(), (each, seq, version) => {
			expect(parseCursor(formatCursor({ epoch: each, seq }))).toEqual({ epoch: each, seq });
			expect(parseCursor(formatCursor({ epoch: each, seq, version }))).toEqual({ epoch: each, seq, version });
		}),
	);
});

test.each([
	"",
	"e",
	"e.",
	".1",
	"e.-1",
	"e.01",
	"e.1.2.3",
	"e.1.",
	"e.1.02",
	"e.1.-2",
	"e.1.9007199254740993",
	"e.1 ",
	" e.1",
	"e.1e3",
	"e.9007199254740993",
	"e.99999999999999999999",
	"e p.1",
	`${"e".repeat(65)}.1`,
	"e.1\n",
	"é.1",
])("%j is no cursor", (text) => {
	expect(parseCursor(text)).toBeNull();
});

test("property: what is read as a cursor is written as the same text", () => {
	fc.assert(
		fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/), (text) => {
			const cursor = parseCursor(text);
			if (cursor !== null) expect(formatCursor(cursor)).toBe(text);
		}),
	);
});

test.each([
	["  Ann  ", "Ann"],
	["Ann \t\n  Lee", "Ann Lee"],
	["a\tb", "a b"],
	["a \u200b b", "a b"],
	["A\u202enn\u200b", "Ann"],
	["\u0000A\u0007", "A"],
	["\u2028\u2029\ufeff", ""],
	["Zoë 🎈", "Zoë 🎈"],
])("the name %j is shown as %j", (name, shown) => {
	expect(cleanName(name)).toBe(shown);
});
