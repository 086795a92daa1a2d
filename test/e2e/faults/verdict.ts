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
	/** How often a member was seen to leave, and how often of those it had been away beyond the grace. */
	departures: number;
	excused: number;
	/** Guests whose socket was lost before their welcome reached them: they came back as others, and had truly left. */
	unwelcomed: number;
	/** What was promised and not kept, as sentences; empty is what one hopes for. */
	faults: string[];
}

export interface World {
	witnesses: readonly Witness[];
	ledger: Ledger;
	deeds: readonly Deed[];
	/** True where the consumer was down for so long that work may have failed for good: once, and visibly. */
	mayFail?: boolean;
}

export function judge(world: World, evidence: Evidence): Verdict {
	const faults: string[] = [];
	const { witnesses, ledger, deeds, mayFail = false } = world;
	const { history } = evidence;
	const publishes = deeds.filter(({ kind }) => kind !== "sum");
	const acknowledged = publishes.filter(({ answer }) => answer !== null && "seq" in answer);
	const refused = publishes.filter(({ answer }) => answer !== null && "code" in answer);
	faults.push(...ledger.contradictions.map((sentence) => `G2: ${sentence}`));
	judgeHistory(history, ledger, faults);
	judgePublishes(publishes, history, mayFail, faults);
	const archived = evidence.archive === null ? null : judgeArchive(evidence, faults);
	for (const witness of witnesses) judgeWitness(witness, history, faults);
	const settledOnce = judgeJobs(world, evidence, faults);
	const { departures, excused, unwelcomed } = judgePresence(witnesses, faults);
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
		unwelcomed,
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
function judgePublishes(
	publishes: readonly Deed[],
	history: readonly Event[],
	mayFail: boolean,
	faults: string[],
): void {
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
			if (!(kind === "held" && (data.isBad || mayFail)))
				faults.push(`G4: ${id} was refused: ${JSON.stringify(answer)}`);
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
	const { name, duplicates, outOfOrder, resets, first, last, identities } = witness;
	if (identities.size !== 1) faults.push(`G4: ${name} was told to be ${[...identities].join(" and ")}`);
	if (duplicates > 0) faults.push(`G2: ${name} saw ${duplicates} events again`);
	if (outOfOrder > 0) faults.push(`G2: ${name} saw ${outOfOrder} gaps`);
	if (resets > 0) faults.push(`G4: ${name} was reset ${resets} times, though everything is kept`);
	if (history.length > 0 && first !== 1) faults.push(`G4: ${name}, who was here from the first, saw ${first} first`);
	if (history.length > 0 && last !== history.length) faults.push(`G4: ${name} saw up to ${last} of ${history.length}`);
}

/** G5. Gives how many have settled, each once. */
function judgeJobs(
	{ witnesses, deeds, mayFail = false }: World,
	{ history, openJobs }: Evidence,
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
	for (const deed of deeds) {
		const { kind, id, data, answer, answers } = deed;
		if (kind === "note" || answers !== 1) continue;
		if (isAsDue(deed, cards, mayFail)) settledOnce++;
		else faults.push(`G5: the job of ${kind} ${id}, ${data.isBad ? "bad" : "good"}, came to ${JSON.stringify(answer)}`);
	}
	return settledOnce;
}

/** Good work is done, bad work fails; where the consumer was down, good work may have failed too. */
function isAsDue({ kind, data, answer }: Deed, cards: ReadonlyMap<number, number>, mayFail: boolean): boolean {
	if (answer === null) return false;
	const hasFailed = kind === "chat" ? "seq" in answer && !cards.has(answer.seq) : "code" in answer;
	if (hasFailed) return data.isBad || mayFail;
	return !data.isBad && (kind !== "chat" || ("seq" in answer && cards.get(answer.seq) === 1));
}

/**
 * G9: who is said to have left had been away beyond the grace, by its own record. A guest that nobody was ever told to
 * be is one whose first welcome was lost with its socket: there may be as many of them as such sockets.
 */
function judgePresence(
	witnesses: readonly Witness[],
	faults: string[],
): Pick<Verdict, "departures" | "excused" | "unwelcomed"> {
	const byId = new Map(witnesses.map((witness) => [witness.id, witness]));
	const unwelcomed = new Set<string>();
	let [departures, excused] = [0, 0];
	for (const { name, departures: seen } of witnesses) {
		for (const { member, at } of seen) {
			departures++;
			const gone = byId.get(member);
			if (gone === undefined) unwelcomed.add(member);
			if (gone === undefined || gone.absences.excuse(at)) excused++;
			else faults.push(`G9: ${name} saw ${gone.name} leave at ${at}; it was away ${gone.absences}`);
		}
	}
	const lost = witnesses.reduce((sum, { unwelcomedDrops }) => sum + unwelcomedDrops, 0);
	if (unwelcomed.size > lost) faults.push(`G9: ${unwelcomed.size} strangers were seen, and ${lost} welcomes were lost`);
	return { departures, excused, unwelcomed: unwelcomed.size };
}
