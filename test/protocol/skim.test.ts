/** What is refused unread bears the ids that it would bear if it had been read. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame } from "../../src/protocol/codec.ts";
import { FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import { skimIds } from "../../src/protocol/skim.ts";

function idsRead(frame: string): (string | undefined)[] {
	return decodeFrame(frame).map((decoded) => {
		const said = "message" in decoded ? decoded.message : decoded.refusal;
		return "id" in said ? said.id : undefined;
	});
}

test.each([
	["a message", '{"type":"publish","id":"p","name":"n","data":{"id":"inner"}}'],
	[
		"several",
		'[{"type":"publish","id":"p","name":"n","data":0},{"type":"?","id":"q"},{"type":"presence","state":1},7]',
	],
	["ids that cannot be named", `[{"id":7},{"id":""},{"id":"${"x".repeat(65)}"},{"id":"\\ud800"}]`],
	["nothing", "[]"],
	["no JSON", "[{"],
	["no object", '"p"'],
	[
		"too many",
		`[${Array(MESSAGES_PER_FRAME_MAX + 1)
			.fill('{"type":"x","id":"i"}')
			.join(",")}]`,
	],
	["too large", JSON.stringify("x".repeat(FRAME_BYTES_MAX))],
])("the ids are those by which it would be refused: %s", (_, frame) => {
	expect(skimIds(frame)).toEqual(idsRead(frame));
});

test("the ids are those by which it would be refused, whatever else a frame holds, and however it is written", () => {
	const id = fc.oneof(
		fc.string({ maxLength: 70 }),
		fc.constantFrom('"', "\\", '\\"', '"id":"x"', "a,b", "{", "]"),
		fc.jsonValue(),
	);
	const message = fc.oneof(
		fc.record({ type: fc.constantFrom("x", "job"), id, data: fc.jsonValue() }, { requiredKeys: ["type"] }),
		fc.record({ data: fc.record({ id }), type: fc.constant("x"), id }),
		fc.jsonValue().filter((value) => !Array.isArray(value)),
	);
	const frame = fc.oneof(message, fc.array(message, { maxLength: 20 }));
	fc.assert(
		fc.property(frame, fc.constantFrom(undefined, 1, "\t"), (said, space) => {
			const text = JSON.stringify(said, null, space);
			expect(skimIds(text)).toEqual(idsRead(text));
		}),
		{ numRuns: 2_000 },
	);
});
