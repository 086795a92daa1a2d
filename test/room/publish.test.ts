/** Publishing: one order, acknowledgement, idempotency, and the checks in their order. */
import { expect } from "vitest";
import { only, range, scenario, seqs } from "./scenario.ts";
import { T0 } from "./stage.ts";

const event = (seq: number, id: string, more = {}) => ({
	type: "event",
	seq,
	at: T0,
	from: "ann",
	author: "ANN",
	id,
	name: "chat",
	data: id,
	...more,
});

scenario("G2 [P-1] an event reaches everyone, its author too, with its place, time and author", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(ann);
	stage.news(bob);
	stage.publish(ann, "p1", { text: 'hi "🎈"\n' });
	const heard = [event(1, "p1", { data: { text: 'hi "🎈"\n' } })];
	expect(stage.news(ann)).toEqual(heard);
	expect(stage.news(bob)).toEqual(heard);
});

scenario("G2 [R-1] publishes of several sessions in one turn get one order, and one frame each", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	const before = stage.frames(ann).length;
	stage.step([
		stage.saying(ann, [
			{ type: "publish", id: "a1", name: "chat", data: 1 },
			{ type: "publish", id: "a2", name: "chat", data: 2 },
		]),
		stage.saying(bob, { type: "publish", id: "a1", name: "chat", data: 3 }),
		stage.saying(ann, { type: "publish", id: "a3", name: "chat", data: 4 }),
	]);
	expect(seqs(stage.heard(bob))).toEqual([1, 2, 3, 4]);
	expect(only(stage.heard(bob), "event").map(({ data }) => data)).toEqual([1, 2, 3, 4]);
	expect(stage.frames(ann)).toHaveLength(before + 1);
});

scenario("G2 [T-8] the time of an event never decreases, though the clock does", (stage) => {
	const ann = stage.join("ann");
	stage.publish(ann, "p1");
	stage.now -= 60_000;
	stage.publish(ann, "p2");
	stage.now += 60_001;
	stage.publish(ann, "p3");
	expect(only(stage.heard(ann), "event").map(({ at }) => at - T0)).toEqual([0, 0, 1]);
});

scenario("G3 a repeat is acknowledged with its place and adds nothing", (stage) => {
	const ann = stage.join("ann");
	stage.publish(ann, "p1");
	stage.publish(ann, "p2");
	stage.news(ann);
	stage.publish(ann, "p1");
	expect(stage.news(ann)).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
	expect(stage.room.meta.head).toBe(2);
});

scenario("G3 a repeat in the same turn, and in the same frame, is one event", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	const publish = { type: "publish", id: "p1", name: "chat", data: "p1" };
	stage.step([stage.saying(ann, [publish, publish]), stage.saying(ann, publish)]);
	expect(stage.news(ann)).toEqual([
		event(1, "p1"),
		{ type: "ack", id: "p1", seq: 1 },
		{ type: "ack", id: "p1", seq: 1 },
	]);
});

scenario("G3 [P-2] the id belongs to the member: its next session repeats, another member does not", (stage) => {
	const first = stage.join("ann");
	stage.publish(first, "p1");
	stage.leave(first);
	const second = stage.join("ann");
	const bob = stage.join("bob");
	stage.news(second);
	stage.publish(second, "p1");
	expect(stage.news(second)).toContainEqual({ type: "ack", id: "p1", seq: 1 });
	stage.publish(bob, "p1");
	expect(seqs(stage.heard(bob))).toEqual([1, 2]);
});

scenario("G3 a repeat after a crash is acknowledged", (stage) => {
	const ann = stage.join("ann");
	stage.publish(ann, "p1");
	stage.crash();
	const again = stage.join("ann");
	stage.publish(again, "p1");
	expect(only(stage.heard(again), "ack")).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
});

scenario(
	"G3 [P-6] an id that is used again for something else is refused; the order of keys is nothing else",
	(stage) => {
		const ann = stage.join("ann");
		stage.publish(ann, "p1", { a: 1, b: [1] });
		stage.news(ann);
		stage.publish(ann, "p1", { b: [1], a: 1 });
		stage.publish(ann, "p1", { a: 1 });
		stage.publish(ann, "p1", { a: 1, b: [1] }, { name: "other" });
		expect(stage.news(ann)).toMatchObject([
			{ type: "ack", id: "p1", seq: 1 },
			{ type: "error", id: "p1", code: "id_reused" },
			{ type: "error", id: "p1", code: "id_reused" },
		]);
		expect(stage.room.meta.head).toBe(1);
	},
);

scenario("G8 [T-7] names of the room's own are refused, and names that only look so are not", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	stage.publish(ann, "p1", 1, { name: "room.job" });
	stage.publish(ann, "p2", 1, { name: "rooms" });
	expect(stage.news(ann)).toMatchObject([
		{ type: "error", id: "p1", code: "reserved_name" },
		{ type: "event", seq: 1 },
	]);
});

scenario("G10 who lacks the capability publishes nothing, and nobody else hears of it", (stage) => {
	const ann = stage.join("ann", { can: ["read"] });
	const bob = stage.join("bob");
	stage.news(ann);
	stage.news(bob);
	stage.publish(ann, "p1");
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: "p1", code: "forbidden" }]);
	expect(stage.news(bob)).toEqual([]);
	expect(stage.room.meta.head).toBe(0);
});

scenario("[P-7] `expect` publishes only at that head, and a miss tells the head", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	stage.publish(ann, "p1", 1, { expect: 0 });
	stage.publish(ann, "p2", 1, { expect: 0 });
	stage.publish(ann, "p3", 1, { expect: 2 });
	stage.publish(ann, "p4", 1, { expect: 1 });
	expect(stage.news(ann)).toMatchObject([
		{ type: "event", seq: 1 },
		{ type: "error", id: "p2", code: "conflict", head: 1 },
		{ type: "error", id: "p3", code: "conflict", head: 1 },
		{ type: "event", seq: 2 },
	]);
});

scenario("`expect` within a turn sees what the turn has added: of ten that race, one wins", (stage) => {
	const ann = stage.join("ann");
	stage.step(
		range(10).map((n) => stage.saying(ann, { type: "publish", id: `p${n}`, name: "chat", data: n, expect: 0 })),
	);
	expect(seqs(stage.heard(ann))).toEqual([1]);
	expect(only(stage.heard(ann), "error").map(({ code, head }) => [code, head])).toEqual(
		range(9).map(() => ["conflict", 1]),
	);
});

scenario(
	"G8 data over its bound is refused by bytes, and at its bound passes",
	(stage) => {
		const ann = stage.join("ann");
		stage.news(ann);
		stage.publish(ann, "p1", "x".repeat(98));
		stage.publish(ann, "p2", "x".repeat(99));
		stage.publish(ann, "p3", "€".repeat(33));
		expect(stage.news(ann)).toMatchObject([
			{ type: "event", seq: 1 },
			{ type: "error", id: "p2", code: "too_large" },
			{ type: "error", id: "p3", code: "too_large" },
		]);
		// Nothing refused leaves a trace: the id is free.
		stage.publish(ann, "p2", "x");
		expect(seqs(stage.heard(ann))).toEqual([1, 2]);
	},
	{ eventBytesMax: 100 },
);

scenario("an event over HTTP is published, repeated and refused like any other", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	const post = { id: "p1", name: "chat", data: 1 };
	expect(stage.post("bob", post)).toEqual({ outcome: "published", epoch: "epoch1", seq: 1 });
	expect(stage.post("bob", post)).toEqual({ outcome: "repeated", epoch: "epoch1", seq: 1 });
	expect(stage.post("bob", { ...post, data: 2 })).toMatchObject({
		outcome: "refused",
		refusal: { id: "p1", code: "id_reused" },
	});
	expect(stage.post("bob", { ...post, id: "p2", expect: 0 })).toMatchObject({ refusal: { code: "conflict", head: 1 } });
	expect(stage.post("bob", { ...post, id: "p3" }, ["read"])).toMatchObject({ refusal: { code: "forbidden" } });
	expect(stage.news(ann)).toEqual([{ ...event(1, "p1"), from: "bob", author: "BOB", data: 1 }]);
});

scenario("what this room does not do yet is refused by its code, and `received` is taken in silence", (stage) => {
	const ann = stage.join("ann");
	stage.news(ann);
	stage.say(ann, [
		{ type: "job", id: "j1", name: "resize", data: 1 },
		{ type: "moderate", id: "m1", action: "lock" },
		{ type: "received", jobs: ["j1"] },
	]);
	expect(stage.news(ann)).toMatchObject([
		{ type: "error", id: "j1", code: "unknown_job" },
		{ type: "error", id: "m1", code: "forbidden" },
	]);
});
