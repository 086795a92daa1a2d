/**
 * The name of an erased member, and what it said, by every path on which the room tells anything: from the turn of the
 * erasure on none of them does, whatever of it is stored still.
 */
import { expect } from "vitest";
import { GRACE_MS } from "../../src/protocol/limits.ts";
import type { Input } from "../../src/room/inputs.ts";
import { houseRules, range as rangeRule } from "./house-rules.ts";
import { erase, moderator, operating } from "./moderator.ts";
import { only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { CLEAR, done, failed, lastJob, task } from "./work.ts";

const NAME = "Canary 7f3a";
const WORDS = "canary-words";
/** Said by so many events an erasure takes several turns. */
const MANY = 130;
const RULES = houseRules([
	rangeRule("archive", { keepsCopy: true, listsRooms: true }),
	rangeRule("hook", { begins: "head", eventsMax: 16 }),
]);
const UNLIMITED = { publishPerSecond: 0 };
const ERASING: Input = operating({ action: "erase", member: "ann" });

const saying = (stage: Stage, session: string, id: string, name = "plain"): Input =>
	stage.saying(session, { type: "publish", id, name, data: WORDS });

/** The erasure, and the first of its turns alone: most of its rows still stand. */
function begin(stage: Stage): void {
	stage.turn([ERASING]);
	expect(JSON.stringify(stage.store.after(0, 10_000)), "its rows still stand").toContain(WORDS);
}

/** All that is told from now on to whoever asks for it. */
function told(stage: Stage): string {
	const { room } = stage;
	const { epoch } = room.meta;
	const numbers = range(room.meta.jobs);
	const jobs = numbers.map((n) => `${epoch}-${n}`);
	const read = [
		...range(4).map((n) => room.page({ after: (n - 1) * 50, limit: 50 })),
		room.page({ limit: 200 }),
		...[room.members(), room.membersPage({ limit: 200, cursor: null })],
		...(["waiting", "sent", "done", "failed", null] as const).map((state) =>
			room.jobs({ state, limit: 200, cursor: null }),
		),
		...jobs.flatMap((job) => [room.job(job), room.task(epoch, job, 1, stage.now)]),
	];
	const eve = stage.join("eve");
	stage.say(eve, { type: "history", id: "h", limit: 200 });
	return JSON.stringify([read, stage.heard(eve)]);
}

function expectNothing(stage: Stage): void {
	const text = told(stage);
	expect(text).not.toContain(NAME);
	expect(text).not.toContain(WORDS);
}

scenario(
	"of what is in the history: pages, a replay, a welcome, and what ranges are sent, again or for the first time",
	(stage) => {
		const ann = stage.join("ann", { name: NAME });
		for (const n of range(MANY)) stage.publish(ann, `p${n}`, WORDS, { name: "plain" });
		stage.say(ann, { type: "presence", state: { says: WORDS } });
		const [hook] = stage.queue.letters.map(({ job }) => job);
		expect(told(stage)).toContain(NAME);
		begin(stage);
		expectNothing(stage);
		// A delivery that was frozen before it is tried again, also where an attempt failed.
		stage.step([failed(stage, hook ?? "", "It answered 503.")]);
		expectNothing(stage);
		stage.crash();
		expectNothing(stage);
	},
	UNLIMITED,
	RULES,
);

scenario(
	"of those who are here: live, in a welcome of its own, in grace, and to one who was behind",
	(stage) => {
		const [bob, slow] = [stage.join("bob"), stage.join("slow")];
		const ann = stage.join("ann", { name: NAME });
		stage.say(ann, { type: "presence", state: WORDS });
		stage.flow({ full: [slow] });
		for (const each of [ann, bob, slow]) stage.news(each);
		const second = stage.joining("ann", { name: NAME });
		stage.step([second, ERASING]);
		expect(stage.news(bob)).toMatchObject([{ type: "presence", changed: [{ id: "ann", name: "ann", state: null }] }]);
		expect(only(stage.heard(second.session), "welcome")[0]?.me).toMatchObject({ id: "ann", name: "ann", state: null });
		stage.flow({ drained: [slow] });
		expect(JSON.stringify([stage.news(slow), stage.news(ann)])).not.toContain(NAME);
		stage.publish(ann, "p1", "afterwards", { name: "plain" });
		expect(only(stage.news(bob), "event").at(-1)).toMatchObject({ from: "ann", author: "ann" });
		for (const each of [ann, second.session]) stage.leave(each);
		expectNothing(stage);
		stage.pass(GRACE_MS);
		expectNothing(stage);
		expect(JSON.stringify(stage.store.roster())).not.toContain(NAME);
	},
	UNLIMITED,
	RULES,
);

scenario(
	"of one that is in grace when it is erased, and comes back without its window",
	(stage) => {
		const bob = stage.join("bob");
		stage.leave(stage.join("ann", { name: NAME }));
		stage.news(bob);
		erase(stage, "ann");
		expect(stage.news(bob)).toMatchObject([{ type: "presence", changed: [{ id: "ann", name: "ann" }] }]);
		stage.crash();
		expectNothing(stage);
	},
	UNLIMITED,
	RULES,
);

scenario(
	"of an event that waits for its check, whatever comes of that, and though its deadline comes",
	(stage) => {
		const ann = stage.join("ann", { name: NAME });
		const bob = stage.join("bob");
		for (const [n, name] of ["held", "held", "lenient"].entries()) stage.publish(ann, `p${n}`, WORDS, { name });
		const isTheirs = (job: string) => JSON.stringify(task(stage, job)).includes(WORDS);
		const checks = [...new Set(stage.queue.letters.map(({ job }) => job))].filter(isTheirs);
		expect(checks).toHaveLength(3);
		stage.news(bob);
		stage.step([ERASING, done(stage, checks[0] ?? "", CLEAR)]);
		stage.step([done(stage, checks[1] ?? "", CLEAR), failed(stage, checks[2] ?? "", WORDS)]);
		stage.pass(10 * 60_000);
		expectNothing(stage);
		expect(JSON.stringify(stage.news(bob))).not.toContain(WORDS);
		// Nor in the turn of the erasure itself, after what is asked anew under the same id.
		stage.step([saying(stage, ann, "p0", "held")]);
		expect(only(stage.news(ann), "error").at(-1)).toMatchObject({ id: "p0", code: "rejected" });
	},
	UNLIMITED,
	houseRules(),
);

scenario(
	"of what jobs were asked for and came to: owed to it, told to everyone, listed; what others are owed stays",
	(stage) => {
		const ann = stage.join("ann", { name: NAME });
		const bob = stage.join("bob");
		for (const n of range(3)) stage.say(ann, { type: "job", id: `j${n}`, name: "sum", data: WORDS });
		stage.say(ann, { type: "job", id: "c1", name: "card", data: `http://${WORDS}` });
		stage.say(bob, { type: "job", id: "b1", name: "sum", data: "of bob" });
		stage.publish(ann, "p1", `http://${WORDS}`, { name: "chat" });
		const jobs = stage.queue.letters.map(({ job }) => job);
		const asked = (text: string) => jobs.filter((job) => JSON.stringify(task(stage, job)).includes(text));
		expect(JSON.stringify(jobs.map((job) => task(stage, job)))).toContain(NAME);
		const [ofBob = ""] = asked("of bob");
		for (const each of [ann, bob]) stage.leave(each);
		stage.pass(GRACE_MS);
		const theirs = asked(WORDS);
		stage.step([...theirs.slice(0, 2).map((job) => done(stage, job, WORDS)), done(stage, ofBob, "for bob")]);
		stage.step([failed(stage, theirs[2] ?? "", `${NAME} said ${WORDS}`)]);
		stage.turn([ERASING]);
		expectNothing(stage);
		stage.step(theirs.slice(3).map((job) => done(stage, job, WORDS)));
		expectNothing(stage);
		expect(only(stage.heard(stage.join("ann")), "job")).toEqual([]);
		expect(only(stage.heard(stage.join("bob")), "job")).toMatchObject([{ id: "b1", state: "done", result: "for bob" }]);
	},
	UNLIMITED,
	houseRules(),
);

scenario(
	"of an event that a receiver will not take, which is set aside to be tried again",
	(stage) => {
		const ann = stage.join("ann", { name: NAME });
		stage.publish(ann, "p1", WORDS, { name: "plain" });
		const hook =
			stage.queue.letters
				.map(({ job }) => job)
				.find(
					(job) =>
						/"plain/.test(JSON.stringify(task(stage, job))) && /"kind":"hook"/.test(JSON.stringify(task(stage, job))),
				) ?? "";
		const error = { code: "unacceptable", message: "The webhook's receiver answered 422" };
		stage.step([done(stage, hook, null, { outcome: { state: "failed", error, blame: "events" } })]);
		const [aside] = stage.jobs("failed", 10);
		expect(aside).toMatchObject({ name: "hook", of: 1 });
		erase(stage, "ann");
		stage.step([{ type: "replay", reply: "again", job: aside?.job ?? "" }]);
		expect(lastJob(stage)).toBeDefined();
		expectNothing(stage);
	},
	UNLIMITED,
	RULES,
);

scenario(
	"of a moderator that is erased: what it took back still says by whom, and not by what name",
	(stage) => {
		const mod = moderator(stage);
		stage.publish(mod, "p1", "x", { name: "plain" });
		stage.say(mod, { type: "moderate", id: "m1", action: "redact", seq: 1 });
		erase(stage, "mod");
		expect(JSON.stringify(stage.store.after(0, 10))).not.toContain('"MOD"');
	},
	UNLIMITED,
	RULES,
);
