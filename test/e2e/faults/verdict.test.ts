/** The verdict itself: a world in which every promise was kept passes, and each planted breach is named. */
import { expect, test } from "vitest";
import type { Event } from "../../../src/protocol/messages.ts";
import { Absences } from "./absences.ts";
import type { Archived, Evidence } from "./evidence.ts";
import { Ledger } from "./ledger.ts";
import type { Deed } from "./load.ts";
import { judge, type World } from "./verdict.ts";
import type { Departure, Witness } from "./witness.ts";

const BACK = Date.now();
const AWAY = BACK - 11_000;

/** Two witnesses; ann published a chat, which got its card, and a sum was done. */
function kept() {
	const at = { type: "event", at: 1, author: "ann" } as const;
	const data = { text: "hi", isBad: false };
	const history: Event[] = [
		{ ...at, seq: 1, from: "ann", id: "p1", name: "chat", data },
		{ ...at, seq: 2, from: "room:jobs", author: "room", name: "room.job", data: { job: "j1", of: 1, result: 1 } },
	];
	const ledger = new Ledger();
	const witness = (name: string) => ({
		name,
		id: name,
		first: 1,
		last: 2,
		duplicates: 0,
		outOfOrder: 0,
		resets: 0,
		unwelcomedDrops: 0,
		identities: new Set([name]),
		outcomes: new Map([["j2", new Set(["done"])]]),
		absences: new Absences(),
		departures: [] as Departure[],
	});
	const [ann, bob] = [witness("ann"), witness("bob")];
	for (const { absences } of [ann, bob]) absences.returned(1);
	for (const event of history) ledger.hear(event, "ann");
	const by = ann as unknown as Witness;
	const publish: Deed = { witness: by, kind: "chat", id: "p1", data, answer: { seq: 1 }, answers: 1 };
	const sum: Deed = { witness: by, kind: "sum", id: "s1", data, answer: { result: 3 }, answers: 1 };
	const archive: Archived[] = history.map(({ seq, from, author, name, data }) => {
		return { seq, epoch: "e", at: 1, from, author, name, data: JSON.stringify(data) };
	});
	const evidence: Evidence = { epoch: "e", history, archive, openJobs: [] };
	const world: World = { witnesses: [ann, bob] as unknown as Witness[], ledger, deeds: [publish, sum] };
	return { ann, bob, publish, sum, ledger, evidence, archive, history, world };
}

type Kept = ReturnType<typeof kept>;

test("what was kept is found kept", () => {
	const { world, evidence } = kept();
	const verdict = judge(world, evidence);
	expect(verdict.faults).toEqual([]);
	expect(verdict).toMatchObject({ published: 1, acknowledged: 1, inHistory: 1, seenByAll: 1, inArchive: 2 });
	expect(verdict).toMatchObject({ jobsAsked: 2, settledOnce: 2, departures: 0 });
});

const BREACHES: [string, (world: Kept) => void][] = [
	["G1: 1 events were seen and are lost", ({ history, archive }) => [history.pop(), archive.pop()]],
	["G1: at 2", ({ history }) => Object.assign(history[1] ?? {}, { at: 2 })],
	["G1: p1 was acknowledged at 1", ({ history }) => Object.assign(history[0] ?? {}, { id: "p0" })],
	["G2: after 0 the history has 2", ({ history }) => history.shift()],
	["G2: bob heard", ({ ledger, history }) => ledger.hear({ ...(history[0] as Event), data: 0 }, "bob")],
	["G2: bob saw 1 events again", ({ bob }) => Object.assign(bob, { duplicates: 1 })],
	["G2: bob saw 1 gaps", ({ bob }) => Object.assign(bob, { outOfOrder: 1 })],
	["G3: p1 is in the history 2 times", ({ history }) => history.push({ ...(history[0] as Event), seq: 3 })],
	["G4: p1 was answered 0 times", ({ publish }) => Object.assign(publish, { answer: null, answers: 0 })],
	["G4: bob was reset", ({ bob }) => Object.assign(bob, { resets: 1 })],
	["G4: bob saw up to 1 of 2", ({ bob }) => Object.assign(bob, { last: 1 })],
	["G4: bob was told to be", ({ bob }) => bob.identities.add("carl")],
	["G5: p1 was refused, and is", ({ publish }) => Object.assign(publish, { answer: { code: "rejected" } })],
	["G5: the archive has undefined", ({ archive }) => archive.pop()],
	["G5: 1 jobs have not settled", ({ evidence }) => evidence.openJobs.push("j3")],
	["G5: bob was told of j2", ({ bob }) => bob.outcomes.get("j2")?.add("failed")],
	["G5: the outcome of j1", ({ history }) => history.push({ ...(history[1] as Event), seq: 3 })],
	["G5: the job of sum s1", ({ sum }) => Object.assign(sum, { answer: { code: "rejected" } })],
	["G5: the job of chat p1", ({ history }) => Object.assign(history[1] ?? {}, { name: "other" })],
	["G9: bob saw ann leave", ({ bob }) => bob.departures.push({ member: "ann", at: BACK })],
	["G9: 1 strangers were seen", ({ bob }) => bob.departures.push({ member: "nobody", at: BACK })],
];

test.each(BREACHES)("a breach is named: %s", (sentence, breach) => {
	const world = kept();
	breach(world);
	expect(judge(world.world, world.evidence).faults).toContainEqual(expect.stringContaining(sentence));
});

test("G9: one who was away beyond the grace may be seen to leave, and one who was not may not", () => {
	const { world, evidence, ann, bob } = kept();
	ann.absences.left(AWAY);
	ann.absences.returned(BACK);
	bob.departures.push({ member: "ann", at: BACK - 500 });
	expect(judge(world, evidence)).toMatchObject({ faults: [], departures: 1, excused: 1 });
	bob.departures.push({ member: "ann", at: AWAY + 5_000 });
	expect(judge(world, evidence).faults).toHaveLength(1);
});
