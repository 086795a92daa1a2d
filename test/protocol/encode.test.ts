/** Golden bytes of what the room sends. A change here is a change of the wire, and docs/protocol.md must say so too. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { encodeEvent, encodeMessage } from "../../src/protocol/codec.ts";
import { SERVER_MESSAGES, type ServerMessage } from "../../src/protocol/messages.ts";

const WELCOME: ServerMessage = {
	type: "welcome",
	protocol: 1,
	features: [],
	room: "lobby",
	epoch: "e1",
	head: 2,
	floor: 1,
	version: 7,
	continuity: "reset",
	reason: "trimmed",
	resume: "key",
	me: { id: "guest:0123456789abcdef", name: "Ann", session: "s1", can: ["read", "publish"] },
	members: [{ id: "guest:0123456789abcdef", name: "Ann", state: null }],
	count: 1,
	limits: {
		frameBytes: 65536,
		eventBytes: 32768,
		signalBytes: 4096,
		presenceBytes: 2048,
		nameChars: 64,
		messagesPerFrame: 100,
		publishPerSecond: 50,
		signalPerSecond: 100,
		heartbeatMs: 20000,
		idempotencyMs: 86400000,
	},
};

const GOLDEN: [ServerMessage, string][] = [
	[
		WELCOME,
		'{"type":"welcome","protocol":1,"features":[],"room":"lobby","epoch":"e1","head":2,"floor":1,"version":7,"continuity":"reset","reason":"trimmed","resume":"key","me":{"id":"guest:0123456789abcdef","name":"Ann","session":"s1","can":["read","publish"]},"members":[{"id":"guest:0123456789abcdef","name":"Ann","state":null}],"count":1,"limits":{"frameBytes":65536,"eventBytes":32768,"signalBytes":4096,"presenceBytes":2048,"nameChars":64,"messagesPerFrame":100,"publishPerSecond":50,"signalPerSecond":100,"heartbeatMs":20000,"idempotencyMs":86400000}}',
	],
	[{ type: "ack", id: "p1", seq: 7 }, '{"type":"ack","id":"p1","seq":7}'],
	[{ type: "ack", id: "s1", version: 7 }, '{"type":"ack","id":"s1","version":7}'],
	[
		{
			type: "state",
			version: 9,
			entries: [
				{ key: "topic", value: "tea" },
				{ key: "a", value: null, version: 8 },
			],
		},
		'{"type":"state","version":9,"entries":[{"key":"topic","value":"tea"},{"key":"a","value":null,"version":8}]}',
	],
	[
		{ type: "state", version: 9, entries: [], full: true, more: true },
		'{"type":"state","version":9,"entries":[],"full":true,"more":true}',
	],
	[
		{ type: "signal", from: "ann", session: "s1", name: "cursor", data: { x: 1, y: 2 } },
		'{"type":"signal","from":"ann","session":"s1","name":"cursor","data":{"x":1,"y":2}}',
	],
	[
		{
			type: "presence",
			count: 2,
			joined: [{ id: "bob", name: "Bob", state: { away: true } }],
			left: ["cid"],
			changed: [],
		},
		'{"type":"presence","count":2,"joined":[{"id":"bob","name":"Bob","state":{"away":true}}],"left":["cid"],"changed":[]}',
	],
	[
		{ type: "presence", joined: [], left: [], changed: [{ id: "bob", name: "Rob", state: null }] },
		'{"type":"presence","joined":[],"left":[],"changed":[{"id":"bob","name":"Rob","state":null}]}',
	],
	[
		{
			type: "presence",
			count: 1,
			joined: [{ id: "bob", name: "Bob", state: null }],
			left: [],
			changed: [],
			full: true,
		},
		'{"type":"presence","count":1,"joined":[{"id":"bob","name":"Bob","state":null}],"left":[],"changed":[],"full":true}',
	],
	[
		{ type: "job", id: "j1", job: "e1:4", name: "resize", state: "accepted" },
		'{"type":"job","id":"j1","job":"e1:4","name":"resize","state":"accepted"}',
	],
	[
		{
			type: "job",
			id: "j1",
			job: "e1:4",
			name: "resize",
			state: "failed",
			error: { code: "rejected", message: "No." },
		},
		'{"type":"job","id":"j1","job":"e1:4","name":"resize","state":"failed","error":{"code":"rejected","message":"No."}}',
	],
	[
		{ type: "history", id: "h1", events: [], floor: 1, head: 0, more: false },
		'{"type":"history","id":"h1","events":[],"floor":1,"head":0,"more":false}',
	],
	[{ type: "access", can: ["read"] }, '{"type":"access","can":["read"]}'],
	[{ type: "caught-up", head: 12 }, '{"type":"caught-up","head":12}'],
	[
		{ type: "error", id: "p1", code: "conflict", message: "The head is 2.", head: 2 },
		'{"type":"error","id":"p1","code":"conflict","message":"The head is 2.","head":2}',
	],
	[
		{ type: "error", id: "s1", code: "conflict", message: "Look.", key: "topic", version: 3, value: "tea" },
		'{"type":"error","id":"s1","code":"conflict","message":"Look.","key":"topic","version":3,"value":"tea"}',
	],
	[
		{ type: "error", code: "rate_limited", message: "Too fast.", retryAfterMs: 20 },
		'{"type":"error","code":"rate_limited","message":"Too fast.","retryAfterMs":20}',
	],
];

test.each(GOLDEN)("$type is these bytes, and its schema reads them", (message, bytes) => {
	expect(encodeMessage(message)).toBe(bytes);
	expect(v.parse(SERVER_MESSAGES[message.type] as v.GenericSchema, JSON.parse(bytes))).toEqual(message);
});

test("every message that the room sends has golden bytes", () => {
	const covered = new Set<string>(GOLDEN.map(([message]) => message.type)).add("event");
	expect([...covered].sort()).toEqual(Object.keys(SERVER_MESSAGES).sort());
});

const EVENT = { seq: 3, at: 1_700_000_000_000, from: "guest:0123456789abcdef", author: "Ann", name: "chat" };

test.each([
	[
		"an event with its publisher's id",
		{ ...EVENT, id: "p1" },
		'{"text":"hi"}',
		'{"type":"event","seq":3,"at":1700000000000,"from":"guest:0123456789abcdef","author":"Ann","id":"p1","name":"chat","data":{"text":"hi"}}',
	],
	[
		"an event of the room's own, without an id",
		{ ...EVENT, from: "room:operator", name: "room.redacted" },
		'{"seq":1,"by":"ann"}',
		'{"type":"event","seq":3,"at":1700000000000,"from":"room:operator","author":"Ann","name":"room.redacted","data":{"seq":1,"by":"ann"}}',
	],
	[
		"a redacted event, which keeps its place",
		{ ...EVENT, id: "p1", redacted: true as const },
		"null",
		'{"type":"event","seq":3,"at":1700000000000,"from":"guest:0123456789abcdef","author":"Ann","id":"p1","name":"chat","data":null,"redacted":true}',
	],
	[
		"text that JSON must escape, in every field that people choose",
		{ ...EVENT, id: 'p"1', author: 'A\\"nn\u2028', name: "ch\u00e4t 🎈" },
		'"a\\nb"',
		'{"type":"event","seq":3,"at":1700000000000,"from":"guest:0123456789abcdef","author":"A\\\\\\"nn\u2028","id":"p\\"1","name":"chät 🎈","data":"a\\nb"}',
	],
])("%s is these bytes", (_, event, dataJson, bytes) => {
	expect(encodeEvent(event, dataJson)).toBe(bytes);
	const { data: __, type, ...fields } = v.parse(SERVER_MESSAGES.event, JSON.parse(bytes));
	expect({ type, ...fields }).toEqual({ type: "event", ...event });
});
