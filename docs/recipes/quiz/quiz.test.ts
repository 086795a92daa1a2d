import assert from "node:assert/strict";
import test from "node:test";
import { explore, testRoom } from "rotunda/testing";
import { ANSWER_MS, app } from "./app.ts";

const QUESTION = { text: "2 + 2?", choices: ["3", "4"] };

test("nobody sees what another has answered before the time is over, and then it counts", async () => {
	const room = testRoom(app);
	const [ada, bob, cleo] = [room.join("Ada"), room.join("Bob"), room.join("Cleo")];
	await ada.set("right/Ada", 1);
	const { seq: question } = await ada.publish("ask", QUESTION);
	await bob.set("answer/Bob", { question, choice: 1 });
	await cleo.set("answer/Cleo", { question, choice: 0 });
	await ada.set("right/Ada", 0); // too late
	await room.settle();
	assert.deepEqual([cleo.get("answer/Bob"), cleo.get("asked/Ada"), cleo.get("right/Ada")], [null, null, null]);
	await assert.rejects(bob.publish("ask", QUESTION), { code: "app.open" });
	await room.crash();
	await room.advance(ANSWER_MS);
	assert.deepEqual(room.history().at(-1)?.data, { question, right: 1, winners: ["Bob"] });
});

test("each question ends once, by itself, and points are those that were told", async () => {
	const found = await explore(
		app,
		{
			members: ["ada", "bob"],
			moves: {
				ask: async (room, pick) => {
					await room.set(`right/${room.me?.id}`, pick(2));
					await room.publish("ask", QUESTION);
				},
				answer: (room, pick) => {
					const question = room.get("question")?.id ?? 0;
					return room.set(`answer/${room.me?.id}`, { question, choice: pick(2) });
				},
			},
			holds({ of, events, entries, get }) {
				for (const { key } of of === null ? [] : entries()) {
					if (/^(right|asked|answer)/.test(key) && !key.endsWith(`/${of}`)) return `${of} sees ${key}`;
				}
				const results = events.flatMap((event) => (event.name === "result" && event.data ? [event.data] : []));
				if (new Set(results.map(({ question }) => question)).size < results.length) return "a question ends twice";
				const points = Object.values(get("scores") ?? {}).reduce((sum, each) => sum + each, 0);
				return of !== null || points === results.flatMap(({ winners }) => winners).length;
			},
			ends: ({ get }) => get("question") === null,
		},
		{ seeds: 40 },
	);
	assert.ifError(found);
});
