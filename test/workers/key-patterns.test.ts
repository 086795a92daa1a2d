/** What `state` in `app.ts` says: which keys fit which pattern, whose they are, and what is no pattern. */
import { describe, expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { keyPattern } from "../../src/jobs/key-pattern.ts";

describe("[V-1] a pattern", () => {
	test.each([
		["topic", "topic", null],
		["topic", "topics", undefined],
		["*", "anything/at all", null],
		["list/*", "list/1/done", null],
		["list/*", "lists", undefined],
		["vote/{member}", "vote/ada", "ada"],
		["vote/{member}", "vote/guest:0123", "guest:0123"],
		["vote/{member}", "vote/ada/more", undefined],
		["vote/{member}", "vote/", undefined],
		["vote/{member}", "xvote/ada", undefined],
		["vote/{member}", `vote/${"a".repeat(128)}`, "a".repeat(128)],
		["vote/{member}", `vote/${"a".repeat(129)}`, undefined],
		["{member}", "ada", "ada"],
		["{member}/*", "ada/x/y", "ada"],
		["{member}/*", "a b/x", undefined],
		["draft/{member}/*", "draft/ada/1", "ada"],
		["{member}-hand", "ada-bob-hand", "ada-bob"],
		["hand-{member}", "hand-ada-bob", "ada-bob"],
		["*/{member}", "a/b/ada", "ada"],
		["*/{member}/note", "a/b/ada/note", "ada"],
	])("%s and the key %s: %s", (pattern, key, owner) => {
		expect(keyPattern(pattern).ownerOf(key)).toBe(owner);
	});

	test.each(["{member}/{member}", "*{member}", "{member}*", "*-{member}", "{member}.*"])(
		"%s stops the Worker: nobody could say whose a key is",
		(pattern) => {
			expect(() => defineApp({ events: {}, state: { [pattern]: { write: "members" } } })).toThrow(/not clear/);
		},
	);

	test("whose own it is must be said", () => {
		expect(() => defineApp({ events: {}, state: { "vote/*": { write: "own" } } })).toThrow(/`vote\/\*`.*write: "own"/);
		expect(() => defineApp({ events: {}, state: { a: { write: "members", see: "own" } } })).toThrow(/see: "own"/);
	});

	test("the first that a key fits counts, and without any nobody sets anything", () => {
		const { rules } = defineApp({
			events: {},
			state: { "vote/{member}": { write: "own" }, "vote/*": { write: "moderators" }, "*": { write: "members" } },
		});
		const of = (key: string) => rules({}).entry(key);
		expect(of("vote/ada")).toMatchObject({ write: "own", owner: "ada", isOwn: false });
		expect(of("vote/ada/x")).toMatchObject({ write: "moderators", owner: null });
		expect(of("x")).toMatchObject({ write: "members" });
		expect(defineApp({ events: {} }).rules({}).entry("x")).toBeNull();
	});
});
