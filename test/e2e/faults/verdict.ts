/**
 * The verdict on a room under faults, from what every client saw, what was answered to what it did, and what the
 * history and the archive hold (G1–G5, G9). It knows nothing of which faults there were.
 */
import type { Event } from "../../../src/protocol/messages.ts";
import type { Evidence } from "./evidence.ts";
import type { Ledger } from "./ledger.ts";
import type { Deed } from "./load.ts";
import type { Witness } from "./witness.ts";

export interface Verdict {
	published: number;
	acknowledged: number;
	/** Published events that a check refused: they must be nowhere. */
	refused: number;
	inHistory: number;
	/** Of those in the history, the ones that every witness saw. */
	seenByAll: number;
	inArchive: number | null;
	jobsAsked: number;
	settledOnce: number;
	duplicates: number;
	outOfOrder: number;
	/** Members said to have left, and how many of those had been away beyond the grace. */
	departures: number;
	excused: number;
	/** What was promised and not kept, as sentences; empty is what one hopes for. */
	faults: string[];
}

export interface World {
	witnesses: readonly Witness[];
	ledger: Ledger;
	deeds: readonly Deed[];
}

export function judge({ witnesses, ledger, deeds }: World, evidence: Evidence): Verdict {
	const faults: string[] = [];
	const { history } = evidence;
	const publishes = deeds.filter(({ kind }) => kind !== "sum");
	const acknowledged = publishes.filter(({ answer }) => answer !== null && "seq" in answer);
	const refused = publishes.filter(({ answer }) => answer !== null && "code" in answer);
	faults.push(...ledger.contradictions.map((sentence) => `G2: ${sentence}`));
	judgeHistory(history, ledger, faults);
	judgePublishes(publishes, history, faults);
	const archived = evidence.archive === null ? null : judgeArchive(evidence, faults);
	for (const witness of witnesses) judgeWitness(witness, history, faults);
	const settledOnce = judgeJobs(deeds, history, witnesses, evidence, faults);
	const { departures, excused } = judgePresence(witnesses, faults);
	return {
		published: publishes.length,
		acknowledged: acknowledged.length,
		refused: refused.length,
		inHistory: publishes.length - publishes.filter((deed) => !placesOf(history).has(keyOf(deed))).length,
		seenByAll: publishes.filter((deed) => isSeenByAll(placesOf(history).get(keyOf(deed))?.[0], witnesses)).length,
		inArchive: archived,
		jobsAsked: deeds.filter(({ kind }) => kind !== "note").length,
		settledOnce,
		duplicates: witnesses.reduce((sum, { duplicates }) => sum + duplicates, 0) + doubled(history),
		outOfOrder: witnesses.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0),
		departures,
		excused,
		faults,
	};
}

const keyOf = ({ witness, id }: Deed): string => `${witness.id} ${id}`;

const places = new WeakMap<readonly Event[], Map<string, number[]>>();

/** Where each publish is in the history, by its author and id. */
function placesOf(history: readonly Event[]): Map<string, number[]> {
	let map = places.get(history);
	if (map !== undefined) return map;
	map = new Map();
	for (const { from, id, seq } of history) {
		if (id === undefined) continue;
		const key = `${from} ${id}`;
		map.set(key, [...(map.get(key) ?? []), seq]);
	}
	places.set(history, map);
	return map;
}

function doubled(history: readonly Event[]): number {
	return [...placesOf(history).values()].reduce((sum, seqs) => sum + seqs.length - 1, 0);
}

function isSeenByAll(seq: number | undefined, witnesses: readonly Witness[]): boolean {
	return (
		seq !== undefined && witnesses.every(({ first, last }) => first !== null && first <= seq && seq <= (last ?? 0))
	);
}

/** G1, G2: one order without a gap, and it holds everything that anyone ever saw, as they saw it. */
function judgeHistory(history: readonly Event[], ledger: Ledger, faults: string[]): void {
	for (const [index, event] of history.entries()) {
		if (event.seq !== index + 1) {
			faults.push(`G2: after ${index} the history has ${event.seq}`);
			return;
		}
		const seen = ledger.at(event.seq);
		if (seen !== undefined && seen !== JSON.stringify(event)) {
			faults.push(`G1: at ${event.seq} ${seen} was seen, and the history has ${JSON.stringify(event)}`);
		}
		if (seen === undefined) faults.push(`G4: nobody saw ${event.seq}`);
		if (index > 0 && event.at < (history[index - 1]?.at ?? 0))
			faults.push(`G2: ${event.seq} is older than the one before`);
	}
	if (ledger.size > history.length) faults.push(`G1: ${ledger.size - history.length} events were seen and are lost`);
}

/** G1, G3: what was acknowledged is where the answer said, once; what was refused is nowhere. */
function judgePublishes(publishes: readonly Deed[], history: readonly Event[], faults: string[]): void {
	const places = placesOf(history);
	for (const deed of publishes) {
		const { answer, answers, id, kind, data } = deed;
		const seqs = places.get(keyOf(deed)) ?? [];
		if (seqs.length > 1) faults.push(`G3: ${id} is in the history ${seqs.length} times`);
		if (answers !== 1 || answer === null) faults.push(`G4: ${id} was answered ${answers} times`);
		else if ("seq" in answer) {
			const event = history[answer.seq - 1];
			const isIt = event?.id === id && event.from === deed.witness.id && event.name === kind;
			if (!isIt || JSON.stringify(event.data) !== JSON.stringify(data))
				faults.push(`G1: ${id} was acknowledged at ${answer.seq}, and is not there`);
			if (kind === "held" && data.isBad) faults.push(`G5: ${id} was published though its check refused it`);
		} else {
			if (seqs.length > 0) faults.push(`G5: ${id} was refused, and is in the history`);
			if (!(kind === "held" && data.isBad)) faults.push(`G4: ${id} was refused: ${JSON.stringify(answer)}`);
		}
	}
}

function judgeArchive({ archive, history, epoch }: Evidence, faults: string[]): number {
	const rows = archive ?? [];
	const told = (event: Event): string =>
		JSON.stringify([event.seq, epoch, event.at, event.from, event.author, event.name, JSON.stringify(event.data)]);
	const kept = rows.map((row) =>
		JSON.stringify([row.seq, row.epoch, row.at, row.from, row.author, row.name, row.data]),
	);
	for (let i = 0; i < Math.max(kept.length, history.length); i++) {
		const event = history[i];
		if (event !== undefined && kept[i] === told(event)) continue;
		faults.push(
			`G5: the archive has ${kept[i]} where the history has ${event === undefined ? "nothing" : told(event)}`,
		);
		break;
	}
	return rows.length;
}

/** G2, G4: from its first event to the history's last, each once and in order. */
function judgeWitness(witness: Witness, history: readonly Event[], faults: string[]): void {
	const { name, duplicates, outOfOrder, resets, first, last } = witness;
	if (duplicates > 0) faults.push(`G2: ${name} saw ${duplicates} events again`);
	if (outOfOrder > 0) faults.push(`G2: ${name} saw ${outOfOrder} gaps`);
	if (resets > 0) faults.push(`G4: ${name} was reset ${resets} times, though everything is kept`);
	if (history.length > 0 && first !== 1) faults.push(`G4: ${name}, who was here from the first, saw ${first} first`);
	if (history.length > 0 && last !== history.length) faults.push(`G4: ${name} saw up to ${last} of ${history.length}`);
}

/** G5. Gives how many have settled, each once. */
function judgeJobs(
	deeds: readonly Deed[],
	history: readonly Event[],
	witnesses: readonly Witness[],
	{ openJobs }: Evidence,
	faults: string[],
): number {
	if (openJobs.length > 0) faults.push(`G5: ${openJobs.length} jobs have not settled`);
	for (const { name, outcomes } of witnesses) {
		for (const [job, told] of outcomes) {
			if (told.size > 1) faults.push(`G5: ${name} was told of ${job}: ${[...told].join(" and then ")}`);
		}
	}
	const cards = new Map<number, number>();
	const jobs = new Set<string>();
	for (const { name, data } of history) {
		if (name !== "room.job") continue;
		const { of, job } = data as { of: number; job: string };
		cards.set(of, (cards.get(of) ?? 0) + 1);
		if (jobs.has(job)) faults.push(`G5: the outcome of ${job} is in the history twice`);
		jobs.add(job);
	}
	let settledOnce = 0;
	for (const { kind, id, data, answer, answers } of deeds) {
		if (kind === "note" || answer === null || answers !== 1) continue;
		const isAsItShould =
			kind === "held" ||
			(kind === "sum"
				? "code" in answer
					? data.isBad
					: !data.isBad
				: "seq" in answer && cards.get(answer.seq) === (data.isBad ? undefined : 1));
		if (isAsItShould) settledOnce++;
		else faults.push(`G5: the job of ${kind} ${id}, ${data.isBad ? "bad" : "good"}, came to ${JSON.stringify(answer)}`);
	}
	return settledOnce;
}

/** G9: who is said to have left had been away beyond the grace, by its own record. */
function judgePresence(witnesses: readonly Witness[], faults: string[]): { departures: number; excused: number } {
	const byId = new Map(witnesses.map((witness) => [witness.id, witness]));
	let [departures, excused] = [0, 0];
	for (const { name, departures: seen } of witnesses) {
		for (const { member, at } of seen) {
			departures++;
			const absences = byId.get(member)?.absences;
			if (absences?.excuse(at) === true) excused++;
			else faults.push(`G9: ${name} saw ${byId.get(member)?.name ?? member} leave at ${at}; it was away ${absences}`);
		}
	}
	return { departures, excused };
}
