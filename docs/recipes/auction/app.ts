import { defineApp } from "rotunda";
import * as v from "valibot";

/** So long a lot is open, and at least so long after its last bid. */
export const [OPEN_MS, LAST_CALL_MS] = [60_000, 10_000];

const amount = v.pipe(v.number(), v.integer(), v.minValue(1));
const best = v.object({ by: v.string(), author: v.string(), amount });

export const makeApp = () =>
	defineApp({
		events: {
			open: {
				from: "members",
				data: v.object({ item: v.string() }),
				decide({ data, from }, room) {
					if (room.get("lot") !== null) room.refuse("open", "Another lot is open.");
					room.set("lot", { ...data, seller: from, until: room.now + OPEN_MS });
					room.later("close", OPEN_MS);
				},
			},
			bid: {
				from: "members",
				data: v.object({ amount }),
				decide({ data, from, author }, room) {
					const [lot, best] = [room.get("lot"), room.get("best")];
					if (lot === null) return room.refuse("closed", "The auction is over.");
					if (lot.seller === from) room.refuse("own", "It is yours.");
					if (best !== null && data.amount <= best.amount) room.refuse("too_low", `Bid more than ${best.amount}.`);
					room.set("best", { by: from, author, ...data });
					const until = Math.max(lot.until, room.now + LAST_CALL_MS);
					room.set("lot", { ...lot, until });
					// There is one deadline of that name: this one takes the place of the one before.
					room.later("close", until - room.now);
				},
			},
			close: {
				from: "backend",
				decide(_, room) {
					const [lot, best] = [room.get("lot"), room.get("best")];
					if (lot === null) return;
					room.publish("sold", { item: lot.item, best });
					room.set("lot", null);
					room.set("best", null);
				},
			},
			sold: { from: "backend", data: v.object({ item: v.string(), best: v.nullable(best) }) },
		},
		state: {
			lot: { write: "rules", value: v.object({ item: v.string(), seller: v.string(), until: v.number() }) },
			best: { write: "rules", value: best },
		},
	});
export const app = makeApp();
