/** An app's rules in `rotunda/testing`: the app as its author writes it, in the real room and under a clock of the test's own. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { testRoom } from "../../src/testing/index.ts";

const app = defineApp({
	events: {
		bid: {
			from: "members",
			data: v.object({ amount: v.number() }),
			decide({ data, from }, room) {
				const best = room.get("best");
				if (room.get("closed") === true) room.refuse("closed", "The auction is over.");
				if (best !== null && data.amount <= best.amount) room.refuse("too_low", `Bid more than ${best.amount}.`);
				room.set("best", { amount: data.amount, by: from });
				room.later("close", 60_000);
			},
		},
		close: {
			from: "backend",
			decide: (_, room) => {
				room.set("closed", true);
				room.publish("sold", room.get("best"));
			},
		},
		sold: { from: "backend" },
	},
	state: {
		best: { write: "rules", value: v.object({ amount: v.number(), by: v.string() }) },
		closed: { write: "rules", value: v.boolean() },
		here: { write: "rules", value: v.number() },
	},
	members: {
		joined: (_, room) => room.set("here", room.members.length),
		left: (_, room) => room.set("here", room.members.length),
	},
});

test("an auction is closed by its deadline, once, through sleep and crash, and no later bid is taken", async () => {
	const room = testRoom(app);
	const [ann, bob] = [room.join("Ann"), room.join("Bob")];
	await room.settle();
	await ann.publish("bid", { amount: 5 });
	await expect(bob.publish("bid", { amount: 5 })).rejects.toMatchObject({
		code: "app.too_low",
		message: "Bid more than 5.",
	});
	await room.advance(50_000);
	await bob.publish("bid", { amount: 6 });
	await room.advance(59_000);
	await room.sleep();
	await room.crash();
	await room.advance(120_000);
	await expect(ann.publish("bid", { amount: 9 })).rejects.toMatchObject({ code: "app.closed" });
	const events = (await room.history()).map(({ name, data }) => [name, data]);
	expect(events.slice(-2)).toEqual([
		["close", null],
		["sold", { amount: 6, by: bob.me?.id }],
	]);
	expect(events.filter(([name]) => name === "close")).toHaveLength(1);
});

test("the same seed throws the same dice", async () => {
	const dice = defineApp({
		events: {
			roll: { from: "members", decide: (_, room) => room.publish("rolled", 1 + Math.floor(room.random() * 6)) },
			rolled: { from: "backend" },
		},
	});
	const rolls = async (seed: number): Promise<unknown[]> => {
		const room = testRoom(dice, { seed });
		const ann = room.join("Ann");
		await room.settle();
		for (let i = 0; i < 20; i++) {
			await ann.publish("roll", null);
			await room.sleep();
			await room.advance(1_000);
		}
		return (await room.history()).filter(({ name }) => name === "rolled").map(({ data }) => data);
	};
	expect(await rolls(1)).toEqual(await rolls(1));
	expect(await rolls(1)).not.toEqual(await rolls(2));
});
