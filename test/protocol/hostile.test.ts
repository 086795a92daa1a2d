/** G8, whatever a frame holds: what the codec makes of any text, held against what `JSON.parse` finds in it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, encodeEvent } from "../../src/protocol/codec.ts";
import { cleanName, matchesPattern } from "../../src/protocol/ids.ts";
import { FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import { CLIENT_MESSAGES } from "../../src/protocol/messages.ts";
import { runs } from "../runs.ts";
import { frameText } from "./frame-texts.ts";
import { clientMessage, json } from "./messages.ts";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** What stands where a message should, one by one; null for a frame that can only be refused whole. */
function partsOf(text: string): unknown[] | null {
	if (bytesOf(text) > FRAME_BYTES_MAX) return null;
	try {
		const parsed: unknown = JSON.parse(text);
		if (!Array.isArray(parsed)) return [parsed];
		return parsed.length > MESSAGES_PER_FRAME_MAX ? null : parsed;
	} catch {
		return null;
	}
}

/** The id that a refusal is to name. */
function idOf(part: unknown): string | undefined {
	if (typeof part !== "object" || part === null || Array.isArray(part)) return undefined;
	const { id } = part as { id?: unknown };
	return typeof id === "string" && id !== "" && id.length <= 64 && id.isWellFormed() ? id : undefined;
}

const REFUSALS = ["malformed", "unknown_type", "invalid", "too_large"];
const INTERNALS = /\bat .*\(|node_modules|\/src\/|\.ts:\d|TypeError|SyntaxError|undefined|\[object/;

test("G8 property: any text is answered message by message, in order; a refusal is typed and names the id that there is", () => {
	fc.assert(
		fc.property(frameText, (text) => {
			const decoded = decodeFrame(text);
			const parts = partsOf(text);
			expect(decoded).toHaveLength(parts?.length ?? 1);
			for (const [index, each] of decoded.entries()) {
				const part = parts?.[index];
				if ("message" in each) {
					expect(each.message.type).toBe((part as { type: string }).type);
					continue;
				}
				const { code, message, ...more } = each.refusal;
				const id = idOf(part);
				expect(REFUSALS).toContain(code);
				expect(message).toMatch(/^[^\n]+\.$/);
				expect(message).not.toMatch(INTERNALS);
				expect(more).toEqual(id === undefined ? {} : { id });
			}
		}),
		runs(200),
	);
});

test("G8 property: what is let through is what its schema names, comes out as it went in, and touches no prototype", () => {
	fc.assert(
		fc.property(frameText, (text) => {
			for (const each of decodeFrame(text)) {
				if (!("message" in each)) continue;
				const { message } = each;
				const schema = CLIENT_MESSAGES[message.type];
				const entries = "pipe" in schema ? schema.pipe[0].entries : schema.entries;
				expect(Object.keys(entries)).toEqual(expect.arrayContaining(Object.keys(message)));
				expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
				const written = JSON.stringify(message);
				expect(written.isWellFormed()).toBe(true);
				expect(JSON.stringify(decodeFrame(written)[0])).toBe(`{"message":${written}}`);
			}
			expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(OWN);
		}),
		runs(150),
	);
});
const OWN = Object.getOwnPropertyNames(Object.prototype);

test("property: every message that is well made is read as it was written, alone and among others", () => {
	const few = fc.array(clientMessage, { minLength: 1, maxLength: 8 });
	fc.assert(
		fc.property(few, (messages) => {
			const frame = JSON.stringify(messages);
			fc.pre(bytesOf(frame) <= FRAME_BYTES_MAX);
			expect(JSON.stringify(decodeFrame(frame))).toBe(JSON.stringify(messages.map((message) => ({ message }))));
			const [first] = messages;
			expect(JSON.stringify(decodeFrame(JSON.stringify(first)))).toBe(JSON.stringify([{ message: first }]));
		}),
		runs(200),
	);
});

test("property: fields that nobody knows change nothing", () => {
	fc.assert(
		fc.property(clientMessage, json, (message, later) => {
			const alone = JSON.stringify(message);
			const more = `{"later":${JSON.stringify(later)},"__proto__":${JSON.stringify(later)},${alone.slice(1)}`;
			fc.pre(bytesOf(more) <= FRAME_BYTES_MAX);
			expect(JSON.stringify(decodeFrame(more))).toBe(JSON.stringify(decodeFrame(alone)));
		}),
		runs(200),
	);
});

test("property: an event as text is the event, whatever people put into it", () => {
	const text = fc.string({ unit: "binary" });
	const event = fc.record({
		seq: fc.maxSafeNat(),
		at: fc.maxSafeNat(),
		from: text,
		author: text,
		name: text,
		id: text,
	});
	fc.assert(
		fc.property(event, json, (fields, data) => {
			const expected = JSON.stringify({ type: "event", ...fields, data });
			expect(JSON.parse(encodeEvent(fields, JSON.stringify(data)))).toEqual(JSON.parse(expected));
		}),
		runs(200),
	);
});

test("property: a name that was cleaned is clean: one space at a time, nothing that hides", () => {
	const letters = fc.constantFrom("a", "é", " ", "\t", "\n", "\u0000", "\u200b", "\u202e", "\u2028", "\ufeff", "🎈");
	fc.assert(
		fc.property(fc.oneof(fc.string({ unit: letters }), fc.string({ unit: "binary" })), (name) => {
			const clean = cleanName(name);
			expect(clean).not.toMatch(/[\p{Cc}\p{Cf}]|\s\s|^\s|\s$/u);
			expect(cleanName(clean)).toBe(clean);
		}),
		runs(150),
	);
});

test("property: a pattern matches what the same pattern with `.*` for `*` matches", () => {
	const text = (letters: string[]) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });
	fc.assert(
		fc.property(text(["a", "b", "."]), text(["a", "b", ".", "*"]), (name, pattern) => {
			const expected = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
			expect(matchesPattern(name, pattern)).toBe(expected.test(name));
		}),
		runs(500),
	);
});
