/** G8 what events start has bounds of its own: a card is dropped, its message never, and checks find room. */
import { expect, test } from "vitest";
import {
	JOBS_DROPPED_TOLD_INTERVAL_MS,
	JOBS_STARTED_MAX,
	JOBS_STARTED_PER_ADDRESS_MAX,
	JOBS_STARTED_PER_MEMBER_MAX,
} from "../../src/protocol/job-limits.ts";
import { GUESTS_PER_ADDRESS_WORTH } from "../../src/protocol/limits.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { houseRules } from "./house-rules.ts";
import { events, only, scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { CLEAR, lastJob, settle } from "./work.ts";

const UNLIMITED = { publishPerSecond: 0 };
const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, UNLIMITED, houseRules());
const awake = () => new Stage(UNLIMITED, false, new MemoryStore(), houseRules());

/** So many links of one member, a hundred a frame. */
function links(count: number, from = 0): unknown[] {
	return Array.from({ length: count / 100 }, (_, frame) =>
		Array.from({ length: 100 }, (_, n) => {
			const id = `l${from + frame * 100 + n}`;
			return { type: "publish", id, name: "chat", data: "http" };
		}),
	);
}

const say = (stage: Stage, session: string, frames: readonly unknown[]) =>
	stage.step(frames.map((frame) => stage.saying(session, frame)));

/** The public ids of all cards that were ever owed, the newest first. */
const cards = (stage: Stage): string[] =>
	stage.jobs(null, 20_000).flatMap(({ name, job }) => (name === "card" ? [job] : []));

play("G8 a member's thousand links are all published, and start 500 cards", (stage) => {
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	for (const frame of links(1_000)) stage.say(ann, frame);
	expect(events(stage.heard(bob)).map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, n) => `l${n}`));
	expect(only(stage.heard(ann), "error")).toEqual([]);
	expect(cards(stage)).toHaveLength(JOBS_STARTED_PER_MEMBER_MAX);
	// Another's links still get theirs.
	stage.publish(bob, "b1", "http");
	expect(cards(stage)).toHaveLength(JOBS_STARTED_PER_MEMBER_MAX + 1);
});

test("what is dropped is told to the operator: at once, and then once a minute", () => {
	const stage = awake();
	const ann = stage.join("ann");
	const told = () => stage.reports.map(({ mishap, error }) => `${mishap}: ${(error as Error).message.split(":")[0]}`);
	for (const frame of links(1_000)) stage.say(ann, frame);
	expect(told()).toEqual(["dropped: Events started no job (100 of the kind card)"]);
	stage.pass(JOBS_DROPPED_TOLD_INTERVAL_MS);
	stage.publish(ann, "p1", "of no link");
	expect(told().slice(1)).toEqual(["dropped: Events started no job (400 of the kind card)"]);
});

play("G8 a card that is done makes room for one, also where the room slept", (stage) => {
	const ann = stage.join("ann");
	say(stage, ann, links(JOBS_STARTED_PER_MEMBER_MAX));
	const [newest = ""] = cards(stage);
	stage.sleep();
	stage.rest();
	stage.publish(ann, "p1", "http");
	expect(cards(stage)[0], "none for p1").toBe(newest);
	settle(stage, newest, { title: "A page" });
	stage.publish(ann, "p2", "http");
	expect(cards(stage), "one for p2").toHaveLength(JOBS_STARTED_PER_MEMBER_MAX + 1);
	stage.publish(ann, "p3", "http");
	expect(cards(stage), "none for p3").toHaveLength(JOBS_STARTED_PER_MEMBER_MAX + 1);
	expect(
		events(stage.heard(ann))
			.flatMap(({ id }) => id ?? [])
			.slice(-3),
	).toEqual(["p1", "p2", "p3"]);
});

test("G8 however many publish links, there is room for another's held publish, review and job", () => {
	const stage = awake();
	const crowd = Array.from({ length: JOBS_STARTED_MAX / JOBS_STARTED_PER_MEMBER_MAX + 1 }, (_, n) =>
		stage.join(`m${n}`, { history: 0 }),
	);
	for (const session of crowd) say(stage, session, links(JOBS_STARTED_PER_MEMBER_MAX));
	expect(cards(stage)).toHaveLength(JOBS_STARTED_MAX);
	expect(stage.room.meta.head, "each message is there").toBe(crowd.length * JOBS_STARTED_PER_MEMBER_MAX);
	const ann = stage.join("ann", { history: 0 });
	stage.publish(ann, "p1", "http");
	stage.publish(ann, "p2", 1, { name: "reviewed" });
	stage.say(ann, { type: "job", id: "j1", name: "sum", data: 1 });
	stage.publish(ann, "p3", 1, { name: "held" });
	expect(only(stage.heard(ann), "error")).toEqual([]);
	expect(only(stage.heard(ann), "job")).toMatchObject([
		{ id: "j1", state: "accepted" },
		{ id: "p3", state: "held" },
	]);
	settle(stage, lastJob(stage), CLEAR);
	expect(events(stage.heard(ann)).map(({ id }) => id)).toEqual(["p1", "p2", "p3"]);
	expect(cards(stage), "none for p1").toHaveLength(JOBS_STARTED_MAX);
});

test("G8 the guests of one address together start 2,000 cards, however many they are", () => {
	const stage = awake();
	const guests = Array.from({ length: JOBS_STARTED_PER_ADDRESS_MAX / JOBS_STARTED_PER_MEMBER_MAX + 1 }, (_, n) =>
		stage.join(`guest:${n}`, { history: 0, address: "home" }),
	);
	for (const session of guests) say(stage, session, links(JOBS_STARTED_PER_MEMBER_MAX));
	expect(cards(stage)).toHaveLength(JOBS_STARTED_PER_ADDRESS_MAX);
	const late = stage.join("guest:late", { history: 0, address: "home" });
	stage.publish(late, "p1", "http");
	expect(cards(stage), "none for p1").toHaveLength(JOBS_STARTED_PER_ADDRESS_MAX);
	stage.publish(stage.join("guest:away", { history: 0, address: "away" }), "a1", "http");
	expect(cards(stage), "one for another address").toHaveLength(JOBS_STARTED_PER_ADDRESS_MAX + 1);
	settle(stage, "epoch1-1");
	stage.publish(late, "p2", "http");
	expect(cards(stage), "one for p2").toHaveLength(JOBS_STARTED_PER_ADDRESS_MAX + 2);
	expect(events(stage.heard(late)).flatMap(({ id }) => id ?? [])).toEqual(["p1", "a1", "p2"]);
});

play("the backend, which the app trusts, has the room's bound alone", (stage) => {
	for (let n = 0; n <= JOBS_STARTED_PER_MEMBER_MAX; n++) {
		stage.turn([stage.posting("room:operator", { id: `o${n}`, name: "chat", data: "http" })]);
	}
	stage.rest();
	expect(cards(stage)).toHaveLength(JOBS_STARTED_PER_MEMBER_MAX + 1);
});

test("G8 however many of one member's events wait for their review, there is room for another's, and for held ones", () => {
	const stage = awake();
	const ann = stage.join("ann", { history: 0 });
	for (let n = 0; n <= JOBS_STARTED_PER_MEMBER_MAX; n++) stage.publish(ann, `r${n}`, 1, { name: "reviewed" });
	expect(only(stage.heard(ann), "error")).toMatchObject([
		{ id: `r${JOBS_STARTED_PER_MEMBER_MAX}`, code: "too_many_jobs" },
	]);
	const bob = stage.join("bob", { history: 0 });
	stage.publish(bob, "b1", 1, { name: "reviewed" });
	stage.publish(bob, "b2", 1, { name: "held" });
	expect(only(stage.heard(bob), "error")).toEqual([]);
	// One that was looked at makes room for one.
	const [, , job = ""] = stage.jobs("sent", 3).map((line) => line.job);
	settle(stage, job, CLEAR);
	stage.publish(ann, "again", 1, { name: "reviewed" });
	expect(only(stage.heard(ann), "error")).toHaveLength(1);
});

test("G8 guests of one address ask for no more jobs under many names than twenty members do", () => {
	const stage = new Stage({ jobsPendingPerMemberMax: 2 }, false, new MemoryStore(), houseRules());
	const most = 2 * GUESTS_PER_ADDRESS_WORTH;
	const ask = (guest: string, address: string): string => {
		const session = stage.join(guest, { history: 0, address });
		stage.say(session, { type: "job", id: "j1", name: "sum", data: 1 });
		return only(stage.heard(session), "error")[0]?.code ?? "accepted";
	};
	const asked = Array.from({ length: most + 1 }, (_, n) => {
		stage.pass(1_000);
		return ask(`guest:${n}`, "home");
	});
	expect(asked).toEqual([...Array.from({ length: most }, () => "accepted"), "too_many_jobs"]);
	expect(ask("guest:elsewhere", "office")).toBe("accepted");
});
