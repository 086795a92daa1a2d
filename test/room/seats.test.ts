/** How many places a member has, how long a token keeps one, and what guests of one address share. */
import { expect, test } from "vitest";
import { GUESTS_PER_ADDRESS_WORTH } from "../../src/protocol/limits.ts";
import { moderator, tryJoin } from "./moderator.ts";
import { awakeScenario, only, range, scenario, seqs } from "./scenario.ts";
import { Stage, T0 } from "./stage.ts";

scenario("the eleventh session of a member replaces the one that was longest silent: 4505", (stage) => {
	const sessions = range(10).map(() => {
		stage.pass(1000);
		return stage.join("ann");
	});
	stage.pass(15_000);
	const [first, second] = sessions as [string, string];
	stage.say(first, { type: "history", id: "h" });
	const eleventh = stage.join("ann");
	expect(stage.closeCode(second)).toBe(4505);
	expect([...sessions.filter((each) => each !== second), eleventh].map((each) => stage.closeCode(each))).toEqual(
		Array(10).fill(null),
	);
	expect(stage.room.count).toBe(1);
});

scenario("G7 whom the eleventh session replaces does not depend on whether the room slept", (stage) => {
	const sessions = range(10).map(() => stage.join("ann"));
	stage.pass(5000);
	for (const session of sessions.slice(0, 9)) stage.say(session, { type: "history", id: "h" });
	stage.join("ann");
	expect(sessions.filter((each) => stage.closeCode(each) === 4505)).toHaveLength(1);
});

scenario(
	"joins of one turn beyond a member's bound: the latest stay, and others' sessions are not touched",
	(stage) => {
		const bob = stage.join("bob");
		const joins = range(5).map(() => stage.joining("ann"));
		stage.step(joins);
		expect(joins.filter(({ session }) => stage.closeCode(session) === null)).toHaveLength(2);
		expect(stage.closeCode(joins[4]?.session ?? "")).toBeNull();
		expect(stage.closeCode(bob)).toBeNull();
		expect([...stage.room.members()].join("")).toContain('"ann"');
	},
	{ memberSessionsMax: 2 },
);

scenario("a session ends with its token, 4003, though nothing happens and the room sleeps", (stage) => {
	const bob = stage.join("bob");
	const ann = stage.join("ann", { expiresAt: T0 + 60_000 });
	stage.pass(59_999);
	expect(stage.closeCode(ann)).toBeNull();
	stage.pass(1);
	expect([stage.closeCode(ann), stage.closeCode(bob)]).toEqual([4003, null]);
	expect(stage.alarms).toContain(T0 + 60_000);
});

scenario("a session whose token has run out says nothing more, even before the alarm has come", (stage) => {
	const bob = stage.join("bob");
	const ann = stage.join("ann", { expiresAt: T0 + 60_000 });
	stage.now = T0 + 60_000;
	stage.publish(ann, "p1");
	expect(stage.closeCode(ann)).toBe(4003);
	expect(seqs(stage.heard(bob))).toEqual([]);
});

scenario(
	"each session has its own token's end; a new one resumes without a gap, and the member never left",
	(stage) => {
		const bob = stage.join("bob");
		const first = stage.join("ann", { expiresAt: T0 + 10_000 });
		const other = stage.join("ann", { expiresAt: T0 + 20_000 });
		stage.publish(bob, "p1");
		stage.pass(10_000);
		expect([stage.closeCode(first), stage.closeCode(other)]).toEqual([4003, null]);
		stage.publish(bob, "p2");
		stage.news(bob);
		const again = stage.join("ann", { expiresAt: T0 + 90_000, since: "epoch1.1" });
		expect(only(stage.heard(again), "welcome")).toMatchObject([{ continuity: "resumed" }]);
		expect(seqs(stage.heard(again))).toEqual([2]);
		stage.pass(15_000);
		expect(stage.closeCode(other)).toBe(4003);
		expect(only(stage.heard(bob), "presence").every(({ left }) => left.length === 0)).toBe(true);
	},
);

awakeScenario(
	"guests of one address together have twenty members' worth of publishes, a signed-in member its own",
	(stage) => {
		const guests = range(30).map((n) => stage.join(`guest:${n}`, { address: "home" }));
		const far = stage.join("guest:far", { address: "far" });
		const ann = stage.join("ann");
		for (const guest of guests) for (const n of range(2)) stage.publish(guest, `${n}`);
		const refused = guests.flatMap((guest) => only(stage.heard(guest), "error"));
		expect(refused).toHaveLength(60 - 2 * GUESTS_PER_ADDRESS_WORTH);
		expect(refused[0]).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
		stage.publish(far, "p1");
		stage.publish(ann, "p1");
		expect(only(stage.heard(far), "error")).toEqual([]);
		expect(only(stage.heard(ann), "error")).toEqual([]);
	},
	{ publishPerSecond: 1 },
);

awakeScenario(
	"a guest's posts over HTTP count with the sessions of its address",
	(stage) => {
		const post = (n: number, address: string) =>
			stage.step([{ ...stage.posting(`guest:h${n}`, { id: `p${n}`, name: "chat", data: n }), address }]);
		for (const n of range(50)) post(n, "home");
		const outcomes = [...stage.replies.values()].map(({ outcome }) => outcome);
		expect(outcomes.filter((outcome) => outcome === "published")).toHaveLength(2 * GUESTS_PER_ADDRESS_WORTH);
		post(100, "far");
		expect([...stage.replies.values()].at(-1)?.outcome).toBe("published");
	},
	{ publishPerSecond: 1 },
);

awakeScenario("moderation has a bucket of its own", (stage) => {
	const mod = moderator(stage);
	for (const n of range(41)) stage.say(mod, { type: "moderate", id: `m${n}`, action: "unlock" });
	expect(only(stage.heard(mod), "error")).toMatchObject([{ id: "m41", code: "rate_limited" }]);
});

test("a join whose token has run out on the way is closed 4003 at once", () => {
	const stage = new Stage();
	stage.join("bob");
	const ann = stage.join("ann", { expiresAt: T0 - 1 });
	stage.pass(0);
	expect(stage.closeCode(ann)).toBe(4003);
	expect(tryJoin(stage, "ann")).toBe("in");
});
