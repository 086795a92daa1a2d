/** `rotunda/testing`: the real room and the real client, under a clock of the test's own. */
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { defineKind, type Kind } from "../../src/jobs/kind.ts";
import { testRoom } from "../../src/testing/index.ts";

const app = defineApp({
	events: { chat: { from: "members", data: v.object({ text: v.string() }) }, "*": { from: "members" } },
});
const HOUR_MS = 3_600_000;

describe("testRoom", () => {
	test("two who join hear each other, and each is the production client", async () => {
		const room = testRoom(app);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		expect([ann.state.kind, bob.state.kind]).toEqual(["live", "live"]);
		const heard: unknown[] = [];
		bob.on("event", ({ data }) => heard.push(data));
		await ann.publish("chat", { text: "hi" });
		await room.settle();
		expect(heard).toEqual([{ text: "hi" }]);
		expect(bob.members.size).toBe(2);
		// @ts-expect-error the app says of what form it is, also to the compiler
		await expect(ann.publish("chat", { txt: "hi" })).rejects.toMatchObject({ code: "invalid" });
	});

	test("what is said without data is null: an event, a signal, and what the backend posts", async () => {
		const room = testRoom(app);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		const heard: unknown[] = [];
		bob.on("event", ({ name, data }) => heard.push([name, data]));
		bob.on("signal", ({ name, data }) => heard.push([name, data]));
		await ann.publish("closed");
		await room.settle();
		ann.signal("wave");
		await room.settle();
		await room.post("opened");
		await room.settle();
		expect(heard).toEqual([
			["closed", null],
			["wave", null],
			["opened", null],
		]);
	});

	test("G7 an hour, a sleep and a crash change nothing that one could see", async () => {
		const room = testRoom(app);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		const seqs: number[] = [];
		bob.on("event", ({ seq }) => seqs.push(seq));
		await ann.publish("chat", { text: "1" });
		await room.advance(HOUR_MS);
		await room.sleep();
		await ann.publish("chat", { text: "2" });
		await room.crash();
		const third = ann.publish("chat", { text: "3" });
		await room.advance(60_000);
		await third;
		expect(seqs).toEqual([1, 2, 3]);
		expect(bob.state.kind).toBe("live");
	});

	test("G9 one whose cable is cut is gone within two minutes, and comes back by itself", async () => {
		const room = testRoom(app);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		room.cut(bob);
		await room.advance(130_000);
		expect(ann.count).toBe(1);
		await ann.publish("chat", { text: "where are you?" });
		room.mend(bob);
		await room.advance(60_000);
		expect(ann.count).toBe(2);
		expect(bob.state.kind).toBe("live");
	});

	test("what is heard is dealt with before time moves on, however many steps it takes", async () => {
		const room = testRoom(app);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		bob.on("event", async ({ data }) => {
			if ((data as { text: string }).text !== "ask") return;
			for (let step = 0; step < 28; step++) await null;
			void bob.publish("chat", { text: "answer" });
		});
		await room.settle();
		void ann.publish("chat", { text: "ask" });
		await room.advance(HOUR_MS);
		const [asked, answered] = room.history();
		expect(answered?.at).toBe(asked?.at);
	});

	test("a kind's work goes on however far time leaps", async () => {
		const check = defineKind({
			...{ name: "check", input: v.any(), asked: false, concerns: "nobody", runMsMax: 60_000 },
			retry: { attempts: 1, firstSeconds: 1, mostSeconds: 1 },
			run: async () => {
				await new Promise((done) => setTimeout(done, 20));
				return { verdict: "clear" };
			},
		});
		const room = testRoom(
			defineApp({ events: { chat: { from: "members", hold: "check", withinSeconds: 45 } }, kinds: [check] }),
		);
		const ann = room.join("Ann");
		await room.settle();
		const told = ann.publish("chat", "hello");
		await room.advance(HOUR_MS);
		expect(await told).toEqual({ seq: 1 });
	});

	test("the same seed is the same run, and another another", async () => {
		const run = async (seed: number) => {
			const room = testRoom(app, { seed });
			const ann = room.join("Ann");
			await ann.publish("chat", { text: "hello" });
			await room.crash();
			await room.advance(HOUR_MS);
			return [ann.cursor, ann.me?.session, room.history()];
		};
		expect(await run(7)).toEqual(await run(7));
		expect(await run(7)).not.toEqual(await run(8));
	});
});

describe("entries", () => {
	const board = defineApp({
		events: { chat: { from: "members" } },
		state: {
			count: { write: "members", value: v.number() },
			"vote/{member}": { write: "own", value: v.boolean(), see: "own" },
			topic: { write: "moderators", value: v.string() },
			price: { write: "backend" },
			"*": { write: "members" },
		},
	});
	const values = (room: { entries(): readonly { key: string; value: unknown }[] }): Record<string, unknown> =>
		Object.fromEntries(room.entries().map(({ key, value }) => [key, value]));

	test("G11 what one sets the others have; a sleep, a crash and a cut cable take nothing of it", async () => {
		const room = testRoom(board);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		await ann.set("shape", { x: 1 });
		await room.sleep();
		await bob.add("count", 2);
		await room.crash();
		const [more, same] = [ann.add("count", 3), bob.set("shape", (shape) => ({ ...(shape as object), y: 2 }))];
		expect(ann.get("count")).toBe(5);
		await room.advance(60_000);
		await Promise.all([more, same]);
		room.cut(bob);
		await ann.drop("shape");
		const waits = bob.set("late", true);
		await room.advance(30_000);
		expect(values(bob)).toEqual({ count: 5, shape: { x: 1, y: 2 }, late: true });
		room.mend(bob);
		await room.advance(60_000);
		await waits;
		const late = room.join("Late");
		await room.settle();
		for (const each of [ann, bob, late]) expect(values(each)).toEqual({ count: 5, late: true });
	});

	test("[V-11] what one alone may see is told to nobody else; what one may not set is refused, and snaps back", async () => {
		const room = testRoom(board);
		const [ann, bob] = [room.join("Ann"), room.join("Bob")];
		await room.settle();
		await ann.set("vote/Ann", true);
		expect([values(ann), values(bob)]).toEqual([{ "vote/Ann": true }, {}]);
		const forbidden = bob.set("topic", "tea");
		expect(bob.get("topic")).toBe("tea");
		await expect(forbidden).rejects.toMatchObject({ code: "forbidden" });
		expect(bob.get("topic")).toBe(null);
		await expect(bob.set("vote/Ann", false)).rejects.toMatchObject({ code: "forbidden" });
		// @ts-expect-error: what the compiler refuses too, the room refuses.
		await expect(bob.set("count", "none")).rejects.toMatchObject({ code: "invalid" });
		// @ts-expect-error
		await expect(bob.add("vote/Bob", 1)).rejects.toMatchObject({ code: "invalid" });
	});

	test("the backend's are set by the test, which can look at all of them", async () => {
		const room = testRoom(board);
		const ann = room.join("Ann");
		await room.settle();
		await ann.set("vote/Ann", true);
		expect(await room.set("price", 7)).toMatchObject({ outcome: "landed", version: 2 });
		await expect(ann.set("price", 1)).rejects.toMatchObject({ code: "forbidden" });
		expect(ann.get("price")).toBe(7);
		expect(room.state()).toMatchObject([
			{ key: "price", value: 7, version: 2, from: "room:operator" },
			{ key: "vote/Ann", value: true, version: 1, from: "Ann" },
		]);
		await room.set("vote/Ann", null);
		await room.settle();
		expect(ann.get("vote/Ann")).toBe(null);
	});

	test("[V-12] after a wipe there are none, and what one makes of an entry is made of what is there then", async () => {
		const room = testRoom(board);
		const ann = room.join("Ann");
		await room.settle();
		await ann.set("list", ["old"]);
		room.cut(ann);
		const added = ann.set("list", (list) => [...((list as string[] | null) ?? []), "new"]);
		await room.wipe();
		room.mend(ann);
		await room.advance(60_000);
		await added;
		expect(values(ann)).toEqual({ list: ["new"] });
	});
});

describe("jobs", () => {
	const judge: Kind<{ text: string }> = {
		name: "judge",
		input: v.object({ text: v.string() }),
		asked: false,
		concerns: "nobody",
		retry: { attempts: 2, firstSeconds: 1, mostSeconds: 1 },
		runMsMax: 1_000,
		run: async ({ text }) =>
			text.includes("rude") ? { verdict: "refuse", reason: "That is not nice." } : { verdict: "clear" },
	};
	const judged = defineApp({ kinds: [judge as Kind], events: { chat: { from: "members", hold: "judge" } } });

	test("G5 the app's own kinds do what is owed", async () => {
		const room = testRoom(judged);
		const ann = room.join("Ann");
		await room.settle();
		await ann.publish("chat", { text: "hi" });
		await expect(ann.publish("chat", { text: "rude" })).rejects.toMatchObject({ code: "rejected" });
		expect(room.history().map(({ data }) => data)).toEqual([{ text: "hi" }]);
	});

	test("or the test does, when it likes", async () => {
		const room = testRoom(judged, { jobs: "test" });
		const ann = room.join("Ann");
		await room.settle();
		const said = ann.publish("chat", { text: "hi" });
		await room.settle();
		expect(room.history()).toEqual([]);
		const job = room.jobs.take("judge");
		expect(job).toMatchObject({ name: "judge", member: "Ann", input: { text: "hi" } });
		job.done({ verdict: "clear" });
		await said;
		expect(room.history()).toHaveLength(1);
		expect(() => room.jobs.take()).toThrow("waiting are: none");
	});
});
