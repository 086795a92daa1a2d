/** G8, bodies over HTTP: what cannot come out as it went in is refused, and nobody hears of it. */
import { reset } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { doorWith, problemOf } from "./door.ts";
import { join } from "./guest.ts";

afterEach(reset);

const KEY = "an-operator-key-of-some-length-to-be-safe";
const call = doorWith({ OPERATOR_KEY: KEY });
let posts = 0;

function post(path: string, body: BodyInit): Promise<Response> {
	const headers = {
		Authorization: `Bearer ${KEY}`,
		"Content-Type": "application/json",
		"Idempotency-Key": `post-${posts++}`,
	};
	return call(`/rooms/lobby${path}`, { method: "POST", body, headers });
}

const bytes = (...parts: (string | number[])[]) =>
	Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

describe("[X-5] a body that is no UTF-8 is malformed, not altered", () => {
	test.each([
		["a letter of Latin 1", [0xe9]],
		["a byte that begins nothing", [0xff]],
		["an overlong slash", [0xc0, 0xaf]],
		["a surrogate's half", [0xed, 0xa0, 0x80]],
		["a code beyond the last", [0xf5, 0x80, 0x80, 0x80]],
		["a letter cut short", [0xe2, 0x82]],
	])("%s, in a text, a key and a moderation", async (_, bad) => {
		const ann = await join("/rooms/lobby");
		for (const [path, head, tail] of [
			["/events", '{"name":"chat","data":"caf', '"}'],
			["/events", '{"name":"chat","data":{"caf', '":1}}'],
			["/events", '{"name":"ch', 't","data":1}'],
			["/moderation", '{"action":"mute","member":"ann","later":"', '"}'],
		] as const) {
			expect(await problemOf(await post(path, bytes(head, bad, tail))), head).toBe("400 malformed");
		}
		ann.publish("last");
		await ann.until(() => ann.seqs.length > 0);
		expect(ann.seqs).toEqual([1]);
	});

	test("UTF-8 passes, with a mark of its order before it too", async () => {
		for (const [n, body] of [
			bytes('{"name":"chat","data":"é€🎈"}'),
			bytes([0xef, 0xbb, 0xbf], '{"name":"chat","data":1}'),
		].entries()) {
			const answer = await post("/events", body);
			expect([answer.status, await answer.json()]).toMatchObject([201, { seq: n + 1 }]);
		}
		const page = (await (await call("/rooms/lobby/events")).json()) as { events: { data: unknown }[] };
		expect(page.events.map(({ data }) => data)).toEqual(["é€🎈", 1]);
	});

	test("UTF-16 is malformed", async () => {
		const text = '{"name":"chat","data":1}';
		const utf16 = [0xff, 0xfe, ...[...text].flatMap((letter) => [letter.charCodeAt(0), 0])];
		expect(await problemOf(await post("/events", bytes(utf16)))).toBe("400 malformed");
	});
});

test.each([
	["9007199254740993", "400 invalid"],
	['[{"a":18446744073709551615}]', "400 invalid"],
	["1e400", "400 invalid"],
	["[-9223372036854775807]", "400 invalid"],
	["9007199254740992", "201"],
	["1e21", "201"],
	["[1.5e300,0.1234567890123456789]", "201"],
	['"9007199254740993"', "201"],
])("data that is %s, over HTTP: %s", async (json, outcome) => {
	const answer = await post("/events", `{"name":"chat","data":${json}}`);
	const sentence = outcome === "201" ? /./ : /string|too large/;
	expect(await answer.clone().text()).toMatch(sentence);
	expect(await problemOf(answer)).toBe(outcome);
});

test("two integers that differ are never the same publish (G3)", async () => {
	const ann = await join("/rooms/lobby");
	ann.say('{"type":"publish","id":"p1","name":"chat","data":{"n":9007199254740992}}');
	ann.say('{"type":"publish","id":"p1","name":"chat","data":{"n":9007199254740993}}');
	const [refusal] = await ann.hears("error");
	expect(refusal).toMatchObject({ id: "p1", code: "invalid" });
	expect(ann.heard.filter(({ type }) => type === "ack")).toEqual([]);
});
