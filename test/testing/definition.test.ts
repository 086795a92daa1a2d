/** Nobody is left guessing: what `app.ts` says is looked at when it is loaded: `wrangler dev` runs what no compiler has seen. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { testRoom } from "../../src/testing/index.ts";

const define = defineApp as unknown as (given: unknown) => ReturnType<typeof defineApp>;
const sum = {
	...{ name: "sum", input: v.number(), asked: true, concerns: "member", runMsMax: 1_000 },
	...{ retry: { attempts: 1, firstSeconds: 1, mostSeconds: 1 }, run: async () => 0 },
};
const chat = { from: "members" };

test.each([
	[undefined, "what `defineApp` is given must be an app: an app has events, "],
	[{ evnts: {} }, "`events` is missing"],
	[{ events: 3 }, "`events` must be an object, by names."],
	[{ events: [chat] }, "`events` must be an object, by names."],
	[{ events: new Map([["chat", chat]]) }, "`events` must be an object, by names."],
	[{ events: { constructor: { from: "nobody" } } }, "`events.constructor.from` must be one of: "],
	[{ events: {}, state: { constructor: null } }, "`state.constructor` must be an entry: an entry has write, "],
	[{ events: {}, stat: {} }, "`stat` means nothing there: an app has events, "],
	[{ events: { chat: "members" } }, "`events.chat` must be an event: an event has from, "],
	[{ events: { chat: {} } }, "`events.chat.from` is missing: an event has from, "],
	[{ events: { chat: v.string() } }, "`events.chat.from` is missing: an event has from, "],
	[{ events: { chat: { from: "member" } } }, '`events.chat.from` must be one of: "members", "moderators", "backend".'],
	[
		{ events: { chat: { ...chat, schema: v.string() } } },
		"`events.chat.schema` means nothing there: an event has from, ",
	],
	[{ events: { chat: { ...chat, data: { parse() {} } } } }, "`events.chat.data` must be a schema of Valibot."],
	[{ events: { chat: { ...chat, data: v.objectAsync({}) } } }, "`events.chat.data` must not be asynchronous."],
	[{ events: { chat: { ...chat, withinSeconds: -1 } } }, "`events.chat.withinSeconds` must not be negative."],
	[{ events: { chat: { ...chat, decide: true } } }, "`events.chat.decide` must be a function."],
	[{ events: {}, state: { topic: { see: "own" } } }, "`state.topic.write` is missing: an entry has write, "],
	[{ events: {}, state: { topic: { write: "everyone" } } }, '`state.topic.write` must be one of: "members", "own", '],
	[{ events: {}, members: { join() {} } }, "`members.join` means nothing there: `members` has joined, left."],
	[{ events: {}, signals: { cursor: {} } }, "`signals.cursor` must be a schema of Valibot."],
	[{ events: {}, kinds: {} }, "`kinds` must be a list of kinds."],
	[{ events: {}, kinds: [{ name: "sum" }] }, "`kinds.0.retry` is missing: a kind has name, "],
	[{ events: {}, kinds: [{ ...sum, retry: 3 }] }, "`kinds.0.retry` must be `retry`: `retry` has attempts, "],
	[{ events: {}, kinds: [{ ...sum, concerns: "all" }] }, '`kinds.0.concerns` must be one of: "room", '],
	[{ events: {}, kinds: [{ ...sum, run: null }] }, "`kinds.0.run` must be a function."],
])("%j stops the Worker, by a sentence that says where and what", (given, sentence) => {
	expect(() => define(given)).toThrow(`In app.ts ${sentence}`);
});

test("an app may be made of another, and of what classes hold", () => {
	class Comings {
		count = 0;
		joined(): void {
			this.count++;
		}
	}
	const app = define({ events: { chat: Object.freeze(chat) }, members: new Comings() });
	expect(() => define({ ...app, kinds: [sum], presence: undefined })).not.toThrow();
});

test("who may not publish or set something is told what in app.ts says so", async () => {
	const app = defineApp({
		events: { news: { from: "backend" }, ruling: { from: "moderators" } },
		state: {
			price: { write: "backend" },
			score: { write: "rules" },
			topic: { write: "moderators" },
			"vote/{member}": { write: "own" },
		},
	});
	const ann = testRoom(app).join("Ann") as unknown as {
		publish(name: string): Promise<unknown>;
		set(key: string, value: unknown): Promise<unknown>;
	};
	const refused = { code: "forbidden" };
	const because = (message: string) => ({ ...refused, message: expect.stringContaining(message) });
	await expect(ann.publish("chat")).rejects.toMatchObject(because("`events` in app.ts lists those that there are"));
	await expect(ann.publish("news")).rejects.toMatchObject(because("by the app's backend and its rules: `from`"));
	await expect(ann.publish("ruling")).rejects.toMatchObject(because("by those who may moderate: `from`"));
	await expect(ann.set("subject", 1)).rejects.toMatchObject(because("it fits no pattern of `state` in app.ts"));
	await expect(ann.set("price", 1)).rejects.toMatchObject(because("by the app's backend and its rules: `write`"));
	await expect(ann.set("score", 1)).rejects.toMatchObject(because("by the rules of events alone: `write`"));
	await expect(ann.set("topic", 1)).rejects.toMatchObject(because("by those who may moderate: `write`"));
	await expect(ann.set("vote/Bob", 1)).rejects.toMatchObject(because("by the member that they name: `write`"));
});
