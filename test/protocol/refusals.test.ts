/** What a client's bad message gets: the code, the id that it bore, and a sentence that does not repeat it (G8). */
import { expect, test } from "vitest";
import { decodeFrame } from "../../src/protocol/codec.ts";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";

function refusalOf(text: string) {
	const [decoded, ...more] = decodeFrame(text);
	expect(more).toEqual([]);
	if (decoded === undefined || !("refusal" in decoded)) throw new Error(`${text.slice(0, 80)} was not refused`);
	return decoded.refusal;
}

const publish = (fields: string) => `{"type":"publish","id":"p1","name":"chat","data":1${fields}}`;

test.each([
	["no JSON", "hello"],
	["cut JSON", '{"type":"publish"'],
	["nothing", ""],
	["a number", "7"],
	["null", "null"],
	["a text", '"ping"'],
	["an array in an array", "[[]]"],
	["an object without a type", "{}"],
	["a type that is no text", '{"type":7}'],
])("G8 %s is malformed", (_, text) => {
	expect(refusalOf(text)).toMatchObject({ code: "malformed" });
});

test.each(["publish2", "PUBLISH", "", "__proto__", "constructor", "toString", "welcome"])(
	"G8 [F-4] the type `%s` is unknown",
	(type) => {
		const refusal = refusalOf(JSON.stringify({ type, id: "x1" }));
		expect(refusal).toMatchObject({ code: "unknown_type", id: "x1" });
	},
);

test.each([
	["an id that is missing", '{"type":"publish","name":"chat","data":1}', "`id` of a `publish`"],
	["an empty id", '{"type":"publish","id":"","name":"chat","data":1}', "`id` of a `publish`"],
	[
		"an id of 65 characters",
		`{"type":"publish","id":"${"i".repeat(65)}","name":"chat","data":1}`,
		"`id` of a `publish`",
	],
	[
		"an id with a control character",
		'{"type":"publish","id":"a\\u0000","name":"chat","data":1}',
		"`id` of a `publish`",
	],
	["a name that is missing", '{"type":"publish","id":"p1","data":1}', "`name` of a `publish`"],
	["an empty name", '{"type":"publish","id":"p1","name":"","data":1}', "`name` of a `publish`"],
	[
		"a name of 65 characters",
		`{"type":"publish","id":"p1","name":"${"n".repeat(65)}","data":1}`,
		"`name` of a `publish`",
	],
	["a name with a line break", '{"type":"publish","id":"p1","name":"a\\nb","data":1}', "`name` of a `publish`"],
	["data that is missing", '{"type":"publish","id":"p1","name":"chat"}', "`data` of a `publish`"],
	[
		"data 33 deep",
		`{"type":"publish","id":"p1","name":"chat","data":${"[".repeat(33)}${"]".repeat(33)}}`,
		"`data` of a `publish`",
	],
	["an `expect` below 0", publish(',"expect":-1'), "`expect` of a `publish`"],
	["an `expect` that is no whole number", publish(',"expect":1.5'), "`expect` of a `publish`"],
	["an `expect` that is a text", publish(',"expect":"1"'), "`expect` of a `publish`"],
	["a signal without data", '{"type":"signal","name":"n"}', "`data` of a `signal`"],
	["a signal to what is no member id", '{"type":"signal","name":"n","data":1,"to":"a b"}', "`to` of a `signal`"],
	["a presence without a state", '{"type":"presence"}', "`state` of a `presence`"],
	["a state 33 deep", `{"type":"presence","state":${'{"a":'.repeat(33)}1${"}".repeat(33)}}`, "`state` of a `presence`"],
	["a page of 0", '{"type":"history","id":"h1","limit":0}', "`limit` of a `history`"],
	["a page of 201", '{"type":"history","id":"h1","limit":201}', "`limit` of a `history`"],
	["a page both before and after", '{"type":"history","id":"h1","before":3,"after":1}', "A `history`"],
	["an action that does not exist", '{"type":"moderate","id":"m1","action":"shout"}', "`action` of a `moderate`"],
])("G8 %s is invalid, and the sentence names the field", (_, text, where) => {
	const refusal = refusalOf(text);
	expect(refusal.code).toBe("invalid");
	expect(refusal.message).toContain(where);
	expect(refusal.message).toMatch(/\.$/);
});

test("G8 a number that JSON cannot write again is refused, not kept as null", () => {
	for (const number of ["1e999", "-1e309", "9".repeat(400)]) {
		const refusal = refusalOf(`{"type":"publish","id":"p1","name":"n","data":{"a":[${number}]}}`);
		expect(refusal).toMatchObject({ code: "invalid", id: "p1" });
		expect(refusal.message).toBe("`data` of a `publish` holds a number that is too large.");
	}
});

test("G8 of an array only the message with a lone surrogate is refused, and by its id", () => {
	const [first, second, third] = decodeFrame(
		`[${publish("")},{"type":"publish","id":"p2","name":"n","data":"\\ud800"},${publish("")}]`,
	);
	expect([first, third]).toMatchObject([{ message: { id: "p1" } }, { message: { id: "p1" } }]);
	expect(second).toMatchObject({ refusal: { code: "malformed", id: "p2" } });
	// An id that is itself ill-formed is none to repeat.
	expect(refusalOf('{"type":"publish","id":"\\ud800","name":"n","data":1}')).not.toHaveProperty("id");
});

test("[T-2] [T-7] data, state and names at exactly their bounds pass", () => {
	const deep = `${"[".repeat(32)}${"]".repeat(32)}`;
	for (const text of [
		`{"type":"publish","id":"${"i".repeat(64)}","name":"${"n".repeat(64)}","data":${deep}}`,
		`{"type":"presence","state":${deep}}`,
		`{"type":"history","id":"h","limit":200}`,
	]) {
		expect(decodeFrame(text)[0], text).toHaveProperty("message");
	}
});

test("G8 [E-3] a refusal names the id of the message, whatever else is wrong with it", () => {
	expect(refusalOf('{"type":"publish","id":"p1"}').id).toBe("p1");
	expect(refusalOf('{"id":"x1"}').id).toBe("x1");
	expect(refusalOf('{"type":"nonsense","id":"x2"}').id).toBe("x2");
	expect(refusalOf('{"type":"publish","id":{"a":1}}')).not.toHaveProperty("id");
	expect(refusalOf(`{"type":"publish","id":"${"i".repeat(65)}"}`)).not.toHaveProperty("id");
});

test("G8 a sentence does not repeat what a field held", () => {
	for (const text of [
		'{"type":"SECRET","id":"p1"}',
		'{"type":"publish","id":"p1","name":7,"data":"SECRET"}',
		'{"type":"moderate","id":"m1","action":"SECRET"}',
		'{"type":"signal","name":"n","data":1,"to":"SECRET SECRET"}',
		"SECRET",
	]) {
		expect(refusalOf(text).message).not.toContain("SECRET");
	}
});

test("G8 a frame over 64 KiB is refused before it is parsed, by bytes and not by characters", () => {
	const frame = (fill: string, count: number) => publish("").replace('"data":1', `"data":"${fill.repeat(count)}"`);
	const overhead = frame("", 0).length;
	expect(decodeFrame(frame("x", FRAME_BYTES_MAX - overhead))[0]).toHaveProperty("message");
	expect(refusalOf(frame("x", FRAME_BYTES_MAX - overhead + 1)).code).toBe("too_large");
	expect(refusalOf(frame("€", Math.ceil((FRAME_BYTES_MAX - overhead) / 3) + 1)).code).toBe("too_large");
	expect(refusalOf("no JSON at all ".repeat(10_000)).code).toBe("too_large");
});

test("G8 [F-3] a frame holds 100 messages, and 101 are refused as one", () => {
	const frame = (count: number) => `[${Array.from({ length: count }, () => publish("")).join(",")}]`;
	expect(decodeFrame(frame(100))).toHaveLength(100);
	expect(refusalOf(frame(101)).code).toBe("too_large");
});

test.each([
	["raw, in data", '{"type":"signal","name":"n","data":"\ud800"}'],
	["escaped, in data", '{"type":"signal","name":"n","data":"\\ud800"}'],
	["escaped in capitals", '{"type":"signal","name":"n","data":"\\uDFFF"}'],
	["two halves in the wrong order", '{"type":"signal","name":"n","data":"\\udf88\\ud83c"}'],
	["in a key", '{"type":"signal","name":"n","data":{"\\ud800":1}}'],
	["deep in data", '{"type":"signal","name":"n","data":[{"a":["b","\\udc00"]}]}'],
	["in an id", '{"type":"publish","id":"\\ud800","name":"n","data":1}'],
	["in a name", '{"type":"signal","name":"\\ud800","data":1}'],
	["in a field that nobody reads", '{"type":"signal","name":"n","data":1,"later":"\\ud800"}'],
])("G8 [T-3] a lone surrogate %s is malformed", (_, text) => {
	expect(refusalOf(text).code).toBe("malformed");
});
