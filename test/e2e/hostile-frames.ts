/**
 * Frames that nobody in good faith would send, drawn from one seed: what the bytes are, what the room is to refuse of
 * them, and whether the platform may end the socket for them.
 *
 * What workerd 2026-11-17 makes of breaches of the WebSocket protocol was tried one by one: reserved opcodes and bits,
 * fragmented control frames, stray or missing continuations end the socket (1002), so does a length beyond 32 MiB
 * (1009); a missing mask, a long ping and bytes that are no UTF-8 are put up with, the latter read as U+FFFD.
 */
import { decodeFrame } from "../../src/protocol/codec.ts";
import type { Refusal } from "../../src/protocol/codes.ts";
import { CLIENT_MESSAGES } from "../../src/protocol/messages.ts";
import type { Random } from "../simulation/random.ts";
import { frameOf, OPCODE } from "../support/frames.ts";

/** What is expected of a refusal. */
export type Refused = Pick<Refusal, "code" | "id">;

export interface HostileFrame {
	kind: string;
	bytes: Buffer;
	/** What the codec is to refuse, in order. What it lets pass the room may refuse for reasons of its own. */
	refused: readonly Refused[];
	/** True where the socket does not outlive it. */
	isLast: boolean;
}

export const MIB = 1024 * 1024;
export const MESSAGE_BYTES_MAX = 32 * MIB;

/** How often each kind comes; of what ends the socket little, else all would be joins. */
const KINDS = {
	"cut short": [12, cutShort],
	mutated: [8, mutated],
	"nested deep": [2, nestedDeep],
	"huge numbers": [8, hugeNumbers],
	"lone surrogates": [6, loneSurrogates],
	"prototype keys": [6, prototypeKeys],
	"duplicate keys": [6, duplicateKeys],
	"hostile fields": [20, hostileFields],
	"too many": [0.5, tooMany],
	"well made": [6, wellMade],
	binary: [6, binary],
	fragments: [5, fragments],
	"no mask": [3, noMask],
	"wrong mask": [2, wrongMask],
	"control frames": [4, controlFrames],
	"no UTF-8": [3, noUtf8],
	"over 64 KiB": [0.3, overFrame],
	"breach of protocol": [0.3, breach],
	"odd close": [0.1, oddClose],
	"broken off": [0.1, brokenOff],
} as const satisfies Record<string, readonly [number, (random: Random) => Draft]>;

const WEIGHTS = Object.entries(KINDS).map(([kind, [weight]]) => [kind as keyof typeof KINDS, weight] as const);

type Draft = Omit<HostileFrame, "kind">;

export function hostileFrame(random: Random): HostileFrame {
	const kind = random.weighted(WEIGHTS);
	return { kind, ...KINDS[kind][1](random) };
}

/** The largest that there are: on both sides of what the platform takes. */
export function giants(): HostileFrame[] {
	const text = (bytes: number): Buffer => Buffer.alloc(bytes, 91);
	const tooLarge = { refused: [{ code: "too_large" }], isLast: false } as const;
	const ended = { refused: [], isLast: true } as const;
	const parts = Array.from({ length: 40 }, (_, n) =>
		frameOf(n === 0 ? OPCODE.text : OPCODE.continuation, text(MIB), { isLast: n === 39 }),
	);
	return [
		{ kind: "1 MiB", bytes: frameOf(OPCODE.text, text(MIB)), ...tooLarge },
		{ kind: "16 MiB", bytes: frameOf(OPCODE.text, text(MESSAGE_BYTES_MAX / 2)), ...tooLarge },
		{ kind: "32 MiB", bytes: frameOf(OPCODE.text, text(MESSAGE_BYTES_MAX)), ...tooLarge },
		{
			kind: "32 MiB, binary",
			bytes: frameOf(OPCODE.binary, text(MESSAGE_BYTES_MAX)),
			refused: [{ code: "binary_reserved" }],
			isLast: false,
		},
		{ kind: "over 32 MiB", bytes: frameOf(OPCODE.text, text(MESSAGE_BYTES_MAX + 1)), ...ended },
		{ kind: "over 32 MiB, in fragments", bytes: Buffer.concat(parts), ...ended },
	];
}

/** A text frame, and what the codec says to it: the room is to say the same, on the same socket, in the same order. */
function said(anyText: string, bytes = frameOf(OPCODE.text, Buffer.from(anyText))): Draft {
	// Half a surrogate pair is no UTF-8: what is sent for it, and read, is U+FFFD.
	const text = anyText.toWellFormed();
	const refused = decodeFrame(text).flatMap((decoded) => {
		if ("message" in decoded) return [];
		const { code, id } = decoded.refusal;
		return [id === undefined ? { code } : { code, id }];
	});
	return { bytes, refused, isLast: false };
}

// Messages that would be well made.

const okId = (random: Random): string => `ok${random.word().toString(36)}${random.word().toString(36)}`;
const name = (random: Random): string => random.pick(["chat", "cursor", "n", "ä🎈", "order.paid", "room.job"]);

function data(random: Random): unknown {
	return random.pick<() => unknown>([
		() => null,
		() => random.word(),
		() => "x".repeat(random.below(300)),
		() => ({ text: `hi ${random.word()}`, at: [random.fraction()] }),
		() => Array.from({ length: random.below(20) }, () => random.word()),
	])();
}

/** Few, so that they meet. */
const key = (random: Random): string => random.pick(["n", "topic", `vote/${random.below(9)}`, "room.own", "\u00e9"]);

function message(random: Random): Record<string, unknown> {
	const [id, to] = [okId(random), random.pick([undefined, "guest:0000000000000000", "nobody"])];
	return random.weighted<() => Record<string, unknown>>([
		[() => ({ type: "publish", id, name: name(random), data: data(random) }), 3],
		[() => ({ type: "publish", id, name: name(random), data: 1, expect: random.below(1000) }), 1],
		[() => ({ type: "set", id, key: key(random), value: data(random), expect: random.below(9) }), 2],
		[() => ({ type: "set", id, key: key(random), add: random.pick([1, -0.5, 1e300]) }), 2],
		[() => ({ type: "signal", name: "cursor", data: data(random), to }), 3],
		[() => ({ type: "presence", state: data(random) }), 1],
		[() => ({ type: "job", id, name: random.pick(["unfurl", "moderate", "none"]), data: data(random) }), 1],
		[() => ({ type: "received", jobs: [id, "x-1", "-"] }), 1],
		[() => ({ type: "history", id, limit: random.between(1, 5), before: random.word() }), 1],
		[() => ({ type: "moderate", id, action: random.pick(["ban", "lock", "redact"]), member: "ann", seq: 1 }), 1],
	])();
}

function wellMade(random: Random): Draft {
	const messages = Array.from({ length: random.pick([1, 1, 1, 3, 20]) }, () => message(random));
	return said(JSON.stringify(messages.length === 1 ? messages[0] : messages));
}

// Texts.

function cutShort(random: Random): Draft {
	const text = JSON.stringify(message(random));
	return said(text.slice(0, random.below(text.length)));
}

/** A character of it is another, or gone, or there twice. */
function mutated(random: Random): Draft {
	const text = JSON.stringify([message(random), message(random)]);
	const at = random.below(text.length);
	const put = random.pick(["", '"', "{", "]", ",", ":", "\\", "\u0000", "\u2028", "e", "-", "0", "null", " "]);
	return said(text.slice(0, at) + put + text.slice(at + random.below(2)));
}

function nestedDeep(random: Random): Draft {
	const depth = random.pick([33, 100, 1000, 10_000]);
	const [open, close] = random.pick([
		["[", "]"],
		['{"a":', "}"],
	]);
	const nest = `${open.repeat(depth)}1${random.once(4) ? "" : close.repeat(depth)}`;
	return said(
		random.pick([nest, wrap("data", nest), wrap("id", nest), wrap("later", nest), `[${wrap("data", nest)},${nest}]`]),
	);
}

/** A publish in which one field more, or one instead of its own, is this JSON. */
function wrap(field: string, json: string, id = "bad"): string {
	const fields: Record<string, string> = { type: '"publish"', id: `"${id}"`, name: '"n"', data: "1", [field]: json };
	return `{${Object.entries(fields)
		.map(([key, value]) => `"${key}":${value}`)
		.join(",")}}`;
}

function hugeNumbers(random: Random): Draft {
	const number = random.pick([
		"1e400",
		"-1e400",
		"1e309",
		"9".repeat(random.between(17, 5000)),
		"9007199254740993",
		"-9007199254740993",
		"9007199254740993e0",
		"9.007199254740993E+15",
		`9007199254740993.${"0".repeat(random.between(1, 2000))}`,
		"1e-400",
		"-0",
		`0.${"1".repeat(random.between(20, 2000))}`,
		"18446744073709551616",
	]);
	const json = random.pick([number, `[${number}]`, `{"a":{"b":${number}}}`]);
	return said(
		random.pick([
			wrap("data", json, okId(random)),
			wrap("expect", number, okId(random)),
			wrap("later", json, okId(random)),
			`{"type":"history","id":"${okId(random)}","${random.pick(["before", "after", "limit"])}":${number}}`,
			`{"type":"moderate","id":"${okId(random)}","action":"redact","seq":${number}}`,
			json,
		]),
	);
}

function loneSurrogates(random: Random): Draft {
	const half = random.pick(["\\ud800", "\\uDFFF", "\\udc00\\ud800", "\\ud83c x"]);
	const json = random.pick([`"${half}"`, `["${half}"]`, `{"${half}":1}`, `"\\ud83c\\udf88${half}"`]);
	const one = wrap(random.pick(["id", "name", "data", "later", "type"]), json, `bad${random.below(10)}`);
	return said(random.pick([one, `[${one},${JSON.stringify(message(random))}]`, json]));
}

const PROTOTYPE = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "toJSON", "then"];

function prototypeKeys(random: Random): Draft {
	const key = random.pick(PROTOTYPE);
	const poison = random.pick(['{"admin":true}', '{"type":"publish","id":"x"}', "null", "1", '{"__proto__":{"a":1}}']);
	return said(
		random.pick([
			wrap(key, poison, okId(random)),
			wrap("data", `{"${key}":${poison}}`, okId(random)),
			`{"${key}":{"type":"publish","id":"bad","name":"n","data":1}}`,
			JSON.stringify({ type: key, id: "bad" }),
			JSON.stringify({ type: "moderate", id: "bad", action: key }),
			`{"type":"job","id":"${okId(random)}","name":"${key}","data":{"${key}":1}}`,
			`{"type":"presence","state":{"${key}":${poison}}}`,
			`{"type":"signal","name":"${key}","data":${poison},"to":"${key}"}`,
			`{"type":"publish","id":"${key}","name":"${key}","data":${poison}}`,
		]),
	);
}

/** The last of them counts. */
function duplicateKeys(random: Random): Draft {
	const [first, second] = [okId(random), okId(random)];
	return said(
		random.pick([
			`{"type":"publish","id":"${first}","id":"${second}","name":"n","data":1,"data":2}`,
			`{"type":"publish","type":"signal","id":"${first}","name":"n","data":1}`,
			`{"type":"signal","type":"none","id":"bad","id":"worse","data":1}`,
			`{"type":"publish","id":"${first}","id":7,"name":"n","data":1}`,
			`{"type":"publish","id":"${first}","name":"n","name":"","data":1}`,
			`{"type":"history","id":"bad","limit":1,"limit":-1}`,
			`{${'"type":"publish",'.repeat(500)}"id":"${first}","name":"n","data":1}`,
		]),
	);
}

const HOSTILE_VALUES: readonly unknown[] = [
	null,
	true,
	0,
	-1,
	1.5,
	"",
	" ",
	"\u0000",
	"a\nb",
	"x".repeat(65),
	"x".repeat(5000),
	"'; drop table events; --",
	"<script>alert(1)</script>",
	"../../etc/passwd",
	"room:operator",
	"guest:",
	"room.job",
	"%00%ff",
	"\u202e\u200b",
	"🎈".repeat(33),
	[],
	[[]],
	{},
	{ length: 5 },
	{ $gt: "" },
	["publish"],
	Array.from({ length: 101 }, (_, n) => `j${n}`),
	Number.MAX_SAFE_INTEGER,
];

/** Any message of the wire, with one to three of its fields hostile, or left out. */
function hostileFields(random: Random): Draft {
	const types = Object.keys(CLIENT_MESSAGES);
	const one = (): Record<string, unknown> => {
		const made: Record<string, unknown> = {
			type: random.pick(types),
			id: okId(random),
			name: "n",
			data: 1,
			state: 1,
			jobs: ["x-1"],
			key: "k",
			value: 1,
			action: "mute",
			member: "nobody",
		};
		const fields = [...Object.keys(made), "expect", "add", "to", "before", "after", "limit", "seq", "seconds", "later"];
		for (let n = random.between(1, 3); n > 0; n--) {
			const field = random.pick(fields);
			if (random.once(5)) delete made[field];
			else made[field] = random.pick(HOSTILE_VALUES);
		}
		return made;
	};
	return said(JSON.stringify(random.once(4) ? [one(), one(), one()] : one()));
}

function tooMany(random: Random): Draft {
	const count = random.pick([100, 101, 1000, 5000]);
	return said(`[${random.pick(['{"type":"?","id":"bad"}', "{}", "[]", "1"]).concat(",").repeat(count).slice(0, -1)}]`);
}

function overFrame(random: Random): Draft {
	return said(wrap("data", `"${"x".repeat(random.between(65_500, 300_000))}"`));
}

// Frames.

function bytesOf(random: Random, count: number): Buffer {
	const bytes = Buffer.alloc(count);
	for (let n = 0; n < count; n++) bytes[n] = random.word();
	return bytes;
}

function binary(random: Random): Draft {
	const payload = random.once(2) ? bytesOf(random, random.below(200)) : Buffer.from(JSON.stringify(message(random)));
	return { bytes: frameOf(OPCODE.binary, payload), refused: [{ code: "binary_reserved" }], isLast: false };
}

/** A message in pieces, some of them empty, cut anywhere, with pings in between: legal, and read as one. */
function fragments(random: Random): Draft {
	const text = JSON.stringify(random.once(2) ? message(random) : { type: "é🎈", id: "bad" });
	const payload = Buffer.from(text);
	const parts: Buffer[] = [];
	for (let at = 0; at <= payload.length; ) {
		const end = at + random.below(random.pick([2, 30, 200])) || at;
		const isLast = end >= payload.length;
		const opcode = parts.length === 0 ? OPCODE.text : OPCODE.continuation;
		parts.push(frameOf(opcode, payload.subarray(at, end), { isLast, mask: bytesOf(random, 4) }));
		if (isLast) break;
		if (random.once(4)) parts.push(frameOf(OPCODE.ping, bytesOf(random, random.below(126))));
		at = end;
	}
	// The first piece alone bears the opcode; a ping before it would have taken its place.
	return said(text, Buffer.concat(parts));
}

function noMask(random: Random): Draft {
	const text = JSON.stringify(message(random));
	return said(text, frameOf(OPCODE.text, Buffer.from(text), { mask: null }));
}

/** Masked by one key, and sent with another that differs in its first byte: no JSON begins so. */
function wrongMask(random: Random): Draft {
	const payload = Buffer.from(JSON.stringify(message(random)));
	const bytes = frameOf(OPCODE.text, payload, { mask: Buffer.from([1, 2, 3, 4]) });
	const at = bytes.length - payload.length - 4;
	bytes[at] = random.pick([128, 129, 192, 255]);
	return { bytes, refused: [{ code: "malformed" }], isLast: false };
}

function controlFrames(random: Random): Draft {
	const bytes = random.pick([
		() => frameOf(OPCODE.ping, bytesOf(random, random.pick([0, 1, 125, 126, 1000]))),
		() => frameOf(OPCODE.pong, bytesOf(random, random.below(200))),
		() => frameOf(OPCODE.text, Buffer.from("ping")),
	])();
	return { bytes, refused: [], isLast: false };
}

/** In the data of a publish that is well made otherwise. */
function noUtf8(random: Random): Draft {
	const bad = random.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]);
	const [head, tail] = wrap("data", '"|"', okId(random)).split("|") as [string, string];
	const payload = Buffer.concat([Buffer.from(head), Buffer.from(bad), Buffer.from(tail)]);
	return { bytes: frameOf(OPCODE.text, payload), refused: [], isLast: false };
}

// What the socket does not outlive.

function breach(random: Random): Draft {
	const payload = Buffer.from(JSON.stringify(message(random)));
	const bytes = random.pick([
		() => frameOf(random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload),
		() => frameOf(OPCODE.text, payload, { reserved: random.between(1, 7) }),
		() => frameOf(OPCODE.ping, payload, { isLast: false }),
		() => frameOf(OPCODE.continuation, payload),
		() => Buffer.concat([frameOf(OPCODE.text, payload, { isLast: false }), frameOf(OPCODE.text, payload)]),
		() => frameOf(OPCODE.text, payload, { length: random.pick([33n * BigInt(MIB), 2n ** 63n, 2n ** 64n - 1n]) }),
	])();
	return { bytes, refused: [], isLast: true };
}

function oddClose(random: Random): Draft {
	const code = random.pick([0, 999, 1000, 1004, 1005, 1006, 1015, 2999, 3000, 4000, 4503, 65_535]);
	const payload = random.pick([
		Buffer.alloc(0),
		Buffer.from([3]),
		Buffer.concat([Buffer.from([code >> 8, code & 255]), bytesOf(random, random.pick([0, 3, 123, 200]))]),
	]);
	return { bytes: frameOf(OPCODE.close, payload), refused: [], isLast: true };
}

/** The cable is cut in the middle of a frame. */
function brokenOff(random: Random): Draft {
	const whole = frameOf(OPCODE.text, Buffer.from(JSON.stringify(message(random))));
	return { bytes: whole.subarray(0, random.between(1, whole.length - 1)), refused: [], isLast: true };
}
