/** An app as somebody writes one who has installed the package. */
import { archive, defineApp, defineKind, type JobContext, moderate, NonRetryableError, unfurl, webhook } from "rotunda";
import * as v from "valibot";

const order = defineKind({
	name: "order",
	input: v.object({ item: v.string() }),
	asked: true,
	concerns: "member",
	retry: { attempts: 5, firstSeconds: 2, mostSeconds: 60 },
	runMsMax: 10_000,
	run: async ({ item }, { env, job }: JobContext<{ SHOP: string }>) => {
		if (item === "") throw new NonRetryableError("no_item", "Say what to order.");
		return { ordered: item, from: env.SHOP, receipt: job };
	},
});

export const app = defineApp({
	events: {
		chat: { from: "members", data: v.object({ text: v.string() }), starts: ["unfurl"] },
		post: { from: "members", hold: "moderate" },
		price: { from: "backend", data: v.object({ amount: v.number() }) },
	},
	signals: { cursor: v.object({ x: v.number(), y: v.number() }) },
	presence: v.object({ mood: v.string() }),
	state: {
		topic: { write: "moderators", value: v.string() },
		count: { write: "members", value: v.pipe(v.number(), v.minValue(0)) },
		"vote/{member}": { write: "own", value: v.picklist(["yes", "no"]) },
		"shape/*/at": { write: "members", value: v.object({ x: v.number(), y: v.number() }) },
		open: { write: "backend", value: v.boolean() },
		"sum/*": { write: "rules", value: v.number() },
	},
	kinds: [unfurl, moderate, order],
	ranges: [archive, webhook],
	admit: ({ sub }, room) => ({ member: String(sub), can: room === "lobby" ? ["read", "publish"] : ["read"] }),
});

/** One that lets every other name pass too. */
export const open = defineApp({
	events: { chat: { from: "members", data: v.object({ text: v.string() }) }, "*": { from: "members" } },
	state: { topic: { write: "members", value: v.string() }, "*": { write: "members" } },
});

/** One whose rules decide, checked by its own schemas. */
export const game = defineApp({
	events: {
		move: {
			from: "members",
			data: v.object({ field: v.number() }),
			decide({ data, from, can }, room) {
				const board = room.get("board") ?? [];
				const score: number = room.get(`score/${from}`) ?? 0;
				if (board[data.field] !== undefined || !can.includes("publish")) room.refuse("taken", "That field is taken.");
				room.set("board", board.toSpliced(data.field, 1, from));
				room.set(`score/${from}`, score + 1);
				room.publish("won", { by: from });
				room.later("close", 60_000, room.random() < 0.5);
				const scores: number[] = room.entries("score/").map(({ value }) => value);
				const moods: (string | undefined)[] = room.members.map(({ state }) => state?.mood);
				room.set("note", [scores.length, moods.length, room.now]);
				room.job("order", { item: "tea" });
				// @ts-expect-error the field is a number
				data.field.trim();
				// @ts-expect-error the board is no text
				room.set("board", "x");
				// @ts-expect-error there is no such event
				room.publish("lost", null);
				// @ts-expect-error that event says who
				room.publish("won", { of: from });
				// @ts-expect-error there is no such kind
				room.job("orders", { item: "tea" });
				// @ts-expect-error that kind takes an item
				room.job("order", { thing: "tea" });
			},
		},
		won: { from: "backend", data: v.object({ by: v.string() }) },
		close: { from: "backend", data: v.boolean(), decide: ({ data }, room) => room.set("board", data ? null : []) },
	},
	state: {
		board: { write: "rules", value: v.array(v.string()) },
		"score/{member}": { write: "rules", value: v.number() },
		"*": { write: "members" },
	},
	presence: v.object({ mood: v.string() }),
	kinds: [order],
	members: {
		joined: ({ id }, room) => room.set(`score/${id}`, 0),
		left: ({ id }, room) => room.set(`score/${id}`, null),
	},
});

/** What the compiler finds; where nobody asks it, the first of them stops the Worker. */
export function misspelt(): void {
	// @ts-expect-error a misspelt field of an event
	defineApp({ events: { chat: { from: "members", start: ["unfurl"] } } });
	// @ts-expect-error a misspelt field of the app
	defineApp({ events: {}, kind: [unfurl] });
	// @ts-expect-error nobody of that name publishes
	defineApp({ events: { chat: { from: "member" } } });
	// @ts-expect-error a schema that is none
	defineApp({ events: {}, signals: { cursor: { x: 1 } } });
	// @ts-expect-error a misspelt field of an entry
	defineApp({ events: {}, state: { topic: { write: "members", val: v.string() } } });
	// @ts-expect-error nobody of that name sets
	defineApp({ events: {}, state: { topic: { write: "member" } } });
}
