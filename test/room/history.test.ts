/** Pages of the history on request. */
import { expect } from "vitest";
import { PAGE_BYTES_MAX, PAGES_AWAITED_MAX } from "../../src/protocol/limits.ts";
import { awakeScenario, only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

interface Asked {
	before?: number;
	after?: number;
	limit?: number;
}

function ask(stage: Stage, session: string, request: Asked) {
	stage.say(session, { type: "history", id: "h", ...request });
	const reply = only(stage.heard(session), "history").at(-1);
	if (reply === undefined) throw new Error("There was no reply.");
	const { events, ...page } = reply;
	return { ...page, seqs: events.map(({ seq }) => seq) };
}

function fill(stage: Stage, count: number, data: unknown = 1): string {
	const ann = stage.join("ann");
	for (const n of range(count)) stage.say(ann, { type: "publish", id: `p${n}`, name: "chat", data });
	return ann;
}

const page = (seqs: number[], more: boolean, floor = 1, head = 100) => ({
	type: "history",
	id: "h",
	seqs,
	more,
	floor,
	head,
});

scenario("[R-8] the newest 50, what is before a seq, what is after one: always ascending", (stage) => {
	const ann = fill(stage, 100);
	expect(ask(stage, ann, {})).toEqual(page(range(50, 51), true));
	expect(ask(stage, ann, { limit: 3 })).toEqual(page([98, 99, 100], true));
	expect(ask(stage, ann, { before: 51 })).toEqual(page(range(50), false));
	expect(ask(stage, ann, { before: 4, limit: 2 })).toEqual(page([2, 3], true));
	expect(ask(stage, ann, { after: 0, limit: 2 })).toEqual(page([1, 2], true));
	expect(ask(stage, ann, { after: 98, limit: 2 })).toEqual(page([99, 100], false));
});

scenario("beyond either end a page is what there is", (stage) => {
	const ann = fill(stage, 100);
	expect(ask(stage, ann, { before: 1 })).toEqual(page([], false));
	expect(ask(stage, ann, { before: 0 })).toEqual(page([], false));
	expect(ask(stage, ann, { before: 9999, limit: 2 })).toEqual(page([99, 100], true));
	expect(ask(stage, ann, { after: 100 })).toEqual(page([], false));
	expect(ask(stage, ann, { after: 9999 })).toEqual(page([], false));
});

scenario("an empty room has an empty page", (stage) => {
	const ann = stage.join("ann");
	expect(ask(stage, ann, {})).toEqual(page([], false, 1, 0));
});

scenario(
	"below the floor there is nothing, and the floor is told",
	(stage) => {
		const ann = fill(stage, 12);
		stage.pass(61_000);
		expect(ask(stage, ann, { before: 8 })).toEqual(page([], false, 8, 12));
		expect(ask(stage, ann, { before: 5 })).toEqual(page([], false, 8, 12));
		expect(ask(stage, ann, { before: 10 })).toEqual(page([8, 9], false, 8, 12));
		expect(ask(stage, ann, { after: 2, limit: 2 })).toEqual(page([8, 9], true, 8, 12));
	},
	{ historyEventsMax: 5 },
);

scenario("pages from the newest to the oldest, and back, are the whole history once", (stage) => {
	const ann = fill(stage, 100);
	const down: number[] = [];
	for (let before = 101, more = true; more; before = down[0] ?? 0) {
		const reply = ask(stage, ann, { before, limit: 30 });
		down.unshift(...reply.seqs);
		more = reply.more;
	}
	const up: number[] = [];
	for (let after = 0, more = true; more; after = up.at(-1) ?? 0) {
		const reply = ask(stage, ann, { after, limit: 30 });
		up.push(...reply.seqs);
		more = reply.more;
	}
	expect(down).toEqual(range(100));
	expect(up).toEqual(range(100));
});

scenario("a page ends at 128 KiB, on the side that was asked for", (stage) => {
	const ann = fill(stage, 12, "x".repeat(30_000));
	expect(ask(stage, ann, { before: 12, limit: 10 })).toEqual(page([8, 9, 10, 11], true, 1, 12));
	expect(ask(stage, ann, { after: 2, limit: 10 })).toEqual(page([3, 4, 5, 6], true, 1, 12));
	for (const frame of stage.frames(ann)) expect(frame.length).toBeLessThan(PAGE_BYTES_MAX + 200);
});

scenario("a page holds what was published in its own turn, as it was published", (stage) => {
	const ann = stage.join("ann");
	stage.say(ann, [
		{ type: "history", id: "h" },
		{ type: "publish", id: "p1", name: "chat", data: { a: [1] } },
	]);
	const heard = stage.heard(ann);
	expect(only(heard, "history")[0]?.events).toEqual(only(heard, "event"));
});

scenario("G10 who may not read gets no page", (stage) => {
	const ann = stage.join("ann", { can: ["publish"] });
	stage.news(ann);
	stage.say(ann, { type: "history", id: "h1" });
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: "h1", code: "forbidden" }]);
});

awakeScenario("G8 a member asks for 5 pages a second and 10 at once", (stage) => {
	const ann = stage.join("ann");
	stage.say(
		ann,
		range(11).map((n) => ({ type: "history", id: `h${n}` })),
	);
	expect(only(stage.heard(ann), "history").map(({ id }) => id)).toEqual(range(10).map((n) => `h${n}`));
	expect(only(stage.heard(ann), "error")).toMatchObject([{ id: "h11", code: "rate_limited", retryAfterMs: 200 }]);
});

scenario("G6 each session has one page a turn, in the order in which it asked", (stage) => {
	const ann = fill(stage, 10);
	const bob = stage.join("bob");
	stage.news(ann);
	stage.news(bob);
	const asking = (session: string, ids: string[]) =>
		stage.saying(
			session,
			ids.map((id) => ({ type: "history", id, limit: 1 })),
		);
	const ids = (session: string) => only(stage.news(session), "history").map(({ id }) => id);
	stage.turn([asking(ann, ["a", "b", "c"]), asking(bob, ["d"])]);
	expect([ids(ann), ids(bob)]).toEqual([["a"], ["d"]]);
	stage.rest();
	expect([ids(ann), ids(bob)]).toEqual([["b", "c"], []]);
});

awakeScenario("G6 one that has not taken what it was sent waits for its pages, and for no more than a few", (stage) => {
	const ann = fill(stage, 10);
	stage.flowing({ full: [ann] });
	stage.news(ann);
	const ids = range(PAGES_AWAITED_MAX + 1).map((n) => `h${n}`);
	const ask = (id: string) => ({ ...stage.saying(ann, { type: "history", id, limit: 1 }), isBehind: true });
	stage.step(ids.slice(0, -1).map(ask));
	expect(stage.news(ann)).toEqual([]);
	stage.pass(1000);
	stage.step(ids.slice(-1).map(ask));
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: ids.at(-1), code: "rate_limited", retryAfterMs: 1000 }]);
	stage.flow({ drained: [ann] });
	expect(only(stage.news(ann), "history").map(({ id }) => id)).toEqual(ids.slice(0, -1));
});
