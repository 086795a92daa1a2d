import assert from "node:assert/strict";
import test from "node:test";
import { explore, testRoom } from "rotunda/testing";
import { app, LAST_CALL_MS, OPEN_MS } from "./app.ts";

test("a late bid gives the others time, and one that is too late is none", async () => {
	const room = testRoom(app);
	const [ada, bob, cleo] = [room.join("Ada"), room.join("Bob"), room.join("Cleo")];
	await ada.publish("open", { item: "A clock" });
	await bob.publish("bid", { amount: 5 });
	await assert.rejects(cleo.publish("bid", { amount: 5 }), { code: "app.too_low" });
	await room.advance(OPEN_MS - 1_000);
	await cleo.publish("bid", { amount: 6 });
	await room.sleep();
	await room.advance(LAST_CALL_MS);
	await assert.rejects(bob.publish("bid", { amount: 7 }), { code: "app.closed" });
	assert.deepEqual(room.history().at(-1)?.data, { item: "A clock", best: { by: "Cleo", author: "Cleo", amount: 6 } });
});

test("each lot is sold once, to who bid most for it, and nobody bids when it is over", async () => {
	const found = await explore(
		app,
		{
			members: ["ada", "bob"],
			moves: {
				open: (room, pick) => room.publish("open", { item: `lot ${pick(1e9)}` }),
				bid: (room, pick) => room.publish("bid", { amount: 1 + pick(20) }),
			},
			holds({ events }) {
				let [isOpen, most] = [false, 0];
				for (const { name, data } of events) {
					if (data === null) continue;
					if (name === "bid" && !isOpen) return "a bid after the end";
					if (name === "bid") most = Math.max(most, data.amount);
					if (name === "sold" && (data.best?.amount ?? 0) !== most) return `sold for ${data.best?.amount}, not ${most}`;
					if (name === "open" || name === "sold") [isOpen, most] = [name === "open", 0];
				}
			},
			ends: ({ get }) => get("lot") === null,
		},
		{ seeds: 40 },
	);
	assert.ifError(found);
});
