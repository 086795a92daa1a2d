/** Names at the door: what a guest may be called, and what is shown of a token's name. */
import { reset } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, enter, knock, outcomeOf } from "./door.ts";

afterEach(reset);

const call = doorWith({ TOKEN_SECRET: SECRET });
const asked = (name: string) => `/rooms/names?name=${encodeURIComponent(name)}`;

test("[J-2] a query that is not UTF-8 is refused, and not read as something else", async () => {
	for (const name of ["%FF", "a%C3", "%ED%A0%80", "%C0%AF"]) {
		expect(await outcomeOf(await knock(call, `/rooms/names?name=${name}`)), name).toBe("400 bad_request");
	}
	expect(await outcomeOf(await knock(call, "/rooms/names?name=100%25"))).toBe("in");
});

test("G10 [T-6] a token's id that reads as the room or an operator is said to be a member's", async () => {
	for (const sub of ["Room", "OPERATOR"]) {
		const [welcome] = await (await enter(call, "/rooms/team-a", bearing(await mint({ sub, name: undefined })))).hears(
			"welcome",
		);
		expect(welcome?.me.name).toBe(`member ${sub}`);
	}
});

test.each(["👨‍👩‍👧", "می‌خواهم", "ශ්‍රී", "👩🏽‍🚀".repeat(17), "🎈".repeat(64)])("a guest is called %s", async (name) => {
	const [welcome] = await (await enter(call, asked(name))).hears("welcome");
	expect(welcome?.me.name).toBe(name);
	expect(welcome?.members).toMatchObject([{ name }]);
});

test.each([
	"Room",
	"operator",
	"Ｏｐｅｒａｔｏｒ",
	"R\u200boom",
	"\u3164",
	"\u200d\u200c",
	"\u2800",
	"x".repeat(65),
	"👨‍👩‍👧".repeat(15),
	`a${"\u0301".repeat(1000)}`,
])("G10 [T-6] no guest is called %j", async (name) => {
	expect(await outcomeOf(await knock(call, asked(name)))).toBe("400 bad_request");
});

test.each([
	["👨‍👩‍👧", "👨‍👩‍👧"],
	["\u3164", "ada"],
	["\u200b\u2800", "ada"],
	["Room", "ada"],
	["OPERATOR", "ada"],
	[`${"x".repeat(63)}👍🏽👍🏽`, `${"x".repeat(63)}👍🏽`],
	[`a${"\u0301".repeat(1000)}`, "ada"],
])("a token's name %j is shown as %j", async (name, shown) => {
	const [welcome] = await (await enter(call, "/rooms/team-a", bearing(await mint({ sub: "ada", name })))).hears(
		"welcome",
	);
	expect(welcome?.me).toMatchObject({ id: "ada", name: shown });
});
