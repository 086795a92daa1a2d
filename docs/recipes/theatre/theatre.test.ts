import assert from "node:assert/strict";
import test from "node:test";
import { explore, testRoom } from "rotunda/testing";
import { app, HOLD_MS } from "./app.ts";

test("a seat is never sold twice, and never held by two, whatever goes wrong", async () => {
	const found = await explore(
		app,
		{
			members: ["ann", "ben", "cleo"],
			moves: {
				hold: (room, pick) => room.publish("hold", { seat: pick(["A1", "A2"]) }),
				buy: (room, pick) => room.publish("buy", { seat: pick(["A1", "A2"]) }),
			},
			holds({ events, entries, get }) {
				const sold = events.flatMap((event) => (event.name === "ticket" && event.data ? [event.data.seat] : []));
				if (new Set(sold).size < sold.length) return `sold: ${sold}`;
				for (const { key } of entries("sold/")) {
					if (get(`held/${key.slice("sold/".length)}`) !== null) return `${key} is held`;
				}
			},
			ends: ({ entries }) => entries("held/").length === 0,
		},
		{ seeds: 100 },
	);
	assert.ifError(found);
});

test("a seat that nobody buys is free again, each in its time", async () => {
	const room = testRoom(app);
	const [ann, ben] = [room.join("Ann"), room.join("Ben")];
	await ann.publish("hold", { seat: "A1" });
	await room.advance(HOLD_MS / 2);
	await ann.publish("hold", { seat: "A2" });
	await assert.rejects(ben.publish("hold", { seat: "A1" }), { code: "app.taken" });
	await room.advance(HOLD_MS / 2);
	await ben.publish("hold", { seat: "A1" });
	await assert.rejects(ann.publish("buy", { seat: "A1" }), { code: "app.not_held" });
	await ann.publish("buy", { seat: "A2" });
	await room.advance(HOLD_MS);
	assert.deepEqual(
		room.state().map(({ key, value }) => [key, value]),
		[["sold/A2", "Ann"]],
	);
});
