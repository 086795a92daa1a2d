/** Reading what clients send: every message as it should be, and what ignores what. */
import { expect, test } from "vitest";
import { decodeFrame } from "../../src/protocol/codec.ts";
import { CLIENT_MESSAGES, type ClientMessage } from "../../src/protocol/messages.ts";

const GOLDEN: [string, ClientMessage][] = [
	[
		'{"type":"publish","id":"p1","name":"chat","data":{"text":"hi"}}',
		{ type: "publish", id: "p1", name: "chat", data: { text: "hi" } },
	],
	[
		'{"type":"publish","id":"p1","name":"chat","data":null,"expect":0}',
		{ type: "publish", id: "p1", name: "chat", data: null, expect: 0 },
	],
	['{"type":"signal","name":"cursor","data":[1,2]}', { type: "signal", name: "cursor", data: [1, 2] }],
	[
		'{"type":"signal","name":"typing","data":true,"to":"guest:00ff"}',
		{ type: "signal", name: "typing", data: true, to: "guest:00ff" },
	],
	['{"type":"set","id":"s1","key":"topic","value":{"a":1}}', { type: "set", id: "s1", key: "topic", value: { a: 1 } }],
	[
		'{"type":"set","id":"s1","key":"vote/ada","value":null,"expect":0}',
		{ type: "set", id: "s1", key: "vote/ada", value: null, expect: 0 },
	],
	['{"type":"set","id":"s1","key":"likes","add":-1.5}', { type: "set", id: "s1", key: "likes", add: -1.5 }],
	['{"type":"presence","state":{"away":true}}', { type: "presence", state: { away: true } }],
	['{"type":"presence","state":null}', { type: "presence", state: null }],
	['{"type":"job","id":"j1","name":"resize","data":{}}', { type: "job", id: "j1", name: "resize", data: {} }],
	['{"type":"received","jobs":["j1","j2"]}', { type: "received", jobs: ["j1", "j2"] }],
	['{"type":"history","id":"h1"}', { type: "history", id: "h1" }],
	['{"type":"history","id":"h1","before":9,"limit":200}', { type: "history", id: "h1", before: 9, limit: 200 }],
	['{"type":"history","id":"h1","after":0,"limit":1}', { type: "history", id: "h1", after: 0, limit: 1 }],
	[
		'{"type":"moderate","id":"m1","action":"mute","member":"ann","seconds":60}',
		{ type: "moderate", id: "m1", action: "mute", member: "ann", seconds: 60 },
	],
	['{"type":"moderate","id":"m1","action":"redact","seq":3}', { type: "moderate", id: "m1", action: "redact", seq: 3 }],
];

test.each(GOLDEN)("%s is read", (text, message) => {
	expect(decodeFrame(text)).toEqual([{ message }]);
});

test("every message that a client may send is among the golden ones", () => {
	expect([...new Set(GOLDEN.map(([, message]) => message.type))].sort()).toEqual(Object.keys(CLIENT_MESSAGES).sort());
});

test("[F-3] an array is its messages in order, each by itself: a bad one costs its neighbours nothing", () => {
	const frame = `[${GOLDEN[0]?.[0]},7,${GOLDEN[2]?.[0]},{"type":"new"}]`;
	const [first, second, third, fourth] = decodeFrame(frame);
	expect(first).toEqual({ message: GOLDEN[0]?.[1] });
	expect(second).toMatchObject({ refusal: { code: "malformed" } });
	expect(third).toEqual({ message: GOLDEN[2]?.[1] });
	expect(fourth).toMatchObject({ refusal: { code: "unknown_type" } });
	expect(decodeFrame("[]")).toEqual([]);
});

test("[F-4] unknown fields are ignored", () => {
	expect(decodeFrame('{"type":"presence","state":1,"later":{"deep":[[[]]]}}')).toEqual([
		{ message: { type: "presence", state: 1 } },
	]);
});

test("G8 a __proto__ key is a key like any other and reaches no prototype", () => {
	const [decoded] = decodeFrame(
		'{"type":"publish","id":"p","name":"n","data":{"__proto__":{"admin":true},"constructor":1},"__proto__":{"expect":9}}',
	);
	const message = (decoded as { message: { data: object; expect?: number } }).message;
	expect(JSON.stringify(message.data)).toBe('{"__proto__":{"admin":true},"constructor":1}');
	expect(message.expect).toBeUndefined();
	expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test("well-formed surrogate pairs pass, raw and escaped", () => {
	const data = (text: string) => (decodeFrame(text)[0] as { message: { data: unknown } }).message.data;
	expect(data('{"type":"signal","name":"n","data":"🎈"}')).toBe("🎈");
	expect(data('{"type":"signal","name":"n","data":"\\ud83c\\udf88"}')).toBe("🎈");
	expect(data('{"type":"signal","name":"n","data":"\\\\ud83c"}')).toBe("\\ud83c");
});

test("G8 the deepest text that a frame can hold is refused, not run out of stack", () => {
	const deep = (count: number) =>
		`{"type":"publish","id":"p","name":"n","data":${"[".repeat(count)}${"]".repeat(count)}}`;
	expect(decodeFrame(deep(32_000))[0]).toMatchObject({ refusal: { id: "p", code: "invalid" } });
	expect(decodeFrame(`${"[".repeat(32_000)}"\\ud800"${"]".repeat(32_000)}`)[0]).toMatchObject({
		refusal: { code: "malformed" },
	});
});
