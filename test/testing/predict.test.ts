/** What a page foresees, in the real room: what it draws at once is what the room comes to, and what is not is undone. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { type DecidedEvent, predict, type RuleRoom } from "../../src/client/predict.ts";
import { defineApp } from "../../src/jobs/define.ts";
import { testRoom } from "../../src/testing/index.ts";
import { randomOf } from "../../src/testing/random.ts";

const count = (_: DecidedEvent, room: RuleRoom): void => room.set("count", Number(room.get("count") ?? 0) + 1);
function take({ data, from }: DecidedEvent<string>, room: RuleRoom): void {
	if (room.get(`seat/${data}`) !== null) room.refuse("taken", "It is taken.");
	room.set(`seat/${data}`, from);
}

const app = defineApp({
	events: {
		count: { from: "members", decide: count },
		take: { from: "members", data: v.string(), decide: take },
		say: { from: "members" },
	},
	state: { count: { write: "rules", value: v.number() }, "seat/*": { write: "rules", value: v.string() } },
});
const foreseen = predict<typeof app>({ count, take });

test("what one does shows in the very next line, and stands as it was foreseen", async () => {
	const room = testRoom(app);
	const [ann, bob] = [room.join("Ann", { predict: foreseen }), room.join("Bob")];
	await room.settle();
	const shown: unknown[] = [];
	ann.on("entries", (entries) => shown.push(...entries.map(({ value }) => value)));
	ann.publish("count", null);
	ann.publish("count", null);
	expect([ann.get("count"), bob.get("count")]).toEqual([2, null]);
	await room.settle();
	expect([ann.get("count"), bob.get("count")]).toEqual([2, 2]);
	expect(new Set(shown)).toEqual(new Set([2]));
});

test("two take one seat: who was second sees its own, then the other's, and is told why", async () => {
	const room = testRoom(app);
	const [ann, bob] = [room.join("Ann", { predict: foreseen }), room.join("Bob", { predict: foreseen })];
	await room.settle();
	await Promise.all([
		ann.publish("take", "1"),
		expect(bob.publish("take", "1")).rejects.toMatchObject({ code: "app.taken" }),
		Promise.resolve().then(() => expect([ann.get("seat/1"), bob.get("seat/1")]).toEqual(["Ann", "Bob"])),
	]);
	expect([ann.get("seat/1"), bob.get("seat/1")]).toEqual(["Ann", "Ann"]);
});

test("a cable that is cut, a room that dies: what was foreseen counts once when the page is back", async () => {
	const room = testRoom(app);
	const [ann, bob] = [room.join("Ann", { predict: foreseen }), room.join("Bob")];
	await room.settle();
	ann.publish("count", null);
	await room.crash();
	ann.publish("count", null);
	room.cut(ann);
	bob.publish("count", null);
	await room.advance(60_000);
	expect([ann.get("count"), bob.get("count")]).toEqual([2, 1]);
	room.mend(ann);
	await room.advance(60_000);
	expect([ann.get("count"), bob.get("count")]).toEqual([3, 3]);
});

test("a wipe while the page is away: what it foresees stands on the new epoch", async () => {
	const room = testRoom(app);
	const ann = room.join("Ann", { predict: foreseen });
	await room.settle();
	for (let i = 0; i < 5; i++) await ann.publish("count", null);
	room.cut(ann);
	ann.publish("count", null);
	expect(ann.get("count")).toBe(6);
	await room.wipe();
	await room.advance(120_000);
	room.mend(ann);
	await room.advance(60_000);
	expect(ann.get("count")).toBe(1);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
	"property: whatever is done, cut and killed, what pages show when all is quiet is the room's (seed %i)",
	async (seed) => {
		const random = randomOf(seed);
		const room = testRoom(app, { seed });
		const pages = ["Ann", "Bob"].map((name) => room.join(name, { predict: foreseen }));
		await room.settle();
		const below = (n: number): number => Math.floor(random() * n);
		const answers: Promise<unknown>[] = [];
		for (let step = 0; step < 150; step++) {
			const page = pages[below(2)];
			if (page === undefined) continue;
			const deed = below(20);
			if (deed < 8) answers.push(page.publish("count", null));
			else if (deed < 14) answers.push(page.publish("take", String(below(30))).catch(() => {}));
			else if (deed < 16) await room.advance(below(3_000));
			else if (deed === 16) await room.crash();
			else if (deed === 17) room.cut(page);
			else if (deed === 18) room.mend(page);
			else await room.sleep();
		}
		for (const page of pages) room.mend(page);
		await room.advance(300_000);
		await Promise.all(answers);
		const kept = room.state().map(({ key, value }) => ({ key, value }));
		for (const page of pages) expect(page.entries().map(({ key, value }) => ({ key, value }))).toEqual(kept);
		expect(kept.length).toBeGreaterThan(5);
	},
);
