/** One room under faults, from its first member to the verdict. */
import { afterAll, beforeAll, expect, onTestFailed, type TestContext } from "vitest";
import { GRACE_MS, ROSTER_SAMPLE_MEMBERS_MAX } from "../../../src/protocol/limits.ts";
import { Random } from "../../simulation/random.ts";
import { type BuiltServer, builtServer, bundled } from "../../support/built-server.ts";
import { Desk } from "../../support/desk.ts";
import { networkIsBack } from "../../support/page.ts";
import { until } from "../../support/until.ts";
import { gather, SETTLED_MS_MAX } from "./evidence.ts";
import { Ledger } from "./ledger.ts";
import type { Load } from "./load.ts";
import { judge, type Verdict } from "./verdict.ts";
import { Witness } from "./witness.ts";

/** What asks for more than `npm test` does. */
const isAskedFor = ["KILL_ROUNDS", "DOWN_SECONDS", "ROUGH_SECONDS", "HERD", "MOVES", "SEED"].some(
	(name) => process.env[name] !== undefined,
);

/** Of a short run, in which the queue is never behind for long; where it is, a short lease only fills it with repeats. */
const LEASE_MS = 3_000;
/** Everything is kept, so that everything can be compared. */
const HISTORY_MAX_EVENTS = "10000000";

/** The Worker whose consumer and kinds ask the desk. */
async function faultyServer(desk: Desk, leaseMs = LEASE_MS): Promise<BuiltServer> {
	let runs = 0;
	const work = (input: unknown): unknown => {
		if ((input as { isBad: boolean }).isBad) throw new Error("It is bad.");
		// No two runs come to the same: a second settlement would show.
		return { run: ++runs };
	};
	desk.work.card = work;
	desk.work.sum = work;
	desk.work.check = (input) =>
		(input as { isBad: boolean }).isBad ? { verdict: "refuse", reason: "It is bad." } : { verdict: "clear" };
	return builtServer(
		{ DESK: desk.url, LEASE_MS: String(leaseMs), HISTORY_MAX_EVENTS, OPERATOR_KEY: "an-operator-key" },
		"faults",
	);
}

/** Drawn from SEED in the environment, or from the time; a long run, and what failed, say from what. */
export function seeded(what: string): Random {
	const seed = Number(process.env.SEED ?? Date.now());
	const tell = (): void => console.log(`${what}: SEED=${seed}`);
	if (isAskedFor) tell();
	else onTestFailed(tell);
	return new Random(seed);
}

interface Scene {
	desk: Desk;
	server: BuiltServer;
	/** How long the server takes until it answers, ms: kills while it starts fall within. */
	startMs: number;
}

/** A server whose consumer and kinds ask a desk, for the tests of one file. */
export function withFaultyServer(leaseMs?: number): Scene {
	const scene = {} as Scene;
	beforeAll(async () => {
		scene.desk = await Desk.open();
		await bundled("faults");
		const before = Date.now();
		scene.server = await faultyServer(scene.desk, leaseMs);
		scene.startMs = Date.now() - before;
	});
	afterAll(async () => {
		await scene.server.dispose();
		scene.desk.close();
	});
	return scene;
}

export class Stage {
	readonly witnesses: Witness[];
	readonly ledger = new Ledger();
	readonly load: Load;
	readonly room: string;

	private constructor(url: string, room: string, count: number, load: Load) {
		this.room = room;
		this.load = load;
		this.witnesses = Array.from({ length: count }, (_, n) => new Witness(`${url}/rooms/${room}`, `w${n}`, this.ledger));
	}

	/** Everyone has joined before anything happens, so that everyone sees everything. `via`: where they reach the server. */
	static async open(via: string, room: string, count: number, load: Load): Promise<Stage> {
		const stage = new Stage(via, room, count, load);
		await until(
			() => {
				// No backoff is waited for: nothing has begun yet. Those who are on their way go on.
				if (stage.witnesses.some(({ room }) => room.state.kind === "waiting")) networkIsBack();
				return stage.liveCount === count;
			},
			"all have joined",
			() => `${stage.liveCount} of ${count} have.`,
		);
		return stage;
	}

	get liveCount(): number {
		return this.witnesses.filter(({ isLive }) => isLive).length;
	}

	allLive(): Promise<void> {
		const states = (): string => this.witnesses.map(({ room }) => room.state.kind).join(" ");
		return until(() => this.liveCount === this.witnesses.length, "all are live", states);
	}

	/** A share of the witnesses is live, and something was answered since. */
	async busy(share: number): Promise<void> {
		await until(() => this.liveCount >= share * this.witnesses.length, "enough are live");
		const before = this.load.answered;
		await until(() => this.load.answered > before + this.witnesses.length / 2, "the load flows");
	}

	/** Faults are over: everything settles, all see the same, and the verdict is found. */
	async conclude(server: string, { mayFail = false, hasArchive = true } = {}): Promise<Verdict> {
		this.load.end();
		networkIsBack();
		await this.allLive();
		await this.load.allAnswered(SETTLED_MS_MAX);
		const evidence = await gather(server, this.room, hasArchive);
		const head = evidence.history.length;
		await until(
			() => this.witnesses.every(({ last }) => last === head),
			`everyone has seen ${head}`,
			() => this.witnesses.map(({ last }) => last).join(" "),
			10_000,
		).catch(() => {
			// The verdict says so, for each.
		});
		await this.#allSeeAll();
		const { witnesses, ledger } = this;
		const verdict = judge({ witnesses, ledger, deeds: this.load.deeds, mayFail }, evidence);
		for (const witness of this.witnesses) witness.leave();
		return verdict;
	}

	/**
	 * G9: in the end everyone sees everyone; in a large room a sample of them, and the count is exact. A guest whose
	 * welcome was lost with its cable is still here until the room finds out.
	 */
	async #allSeeAll(): Promise<void> {
		const ids = this.witnesses.map(({ id }) => id);
		const strangersMax = this.witnesses.reduce((sum, { unwelcomedDrops }) => sum + unwelcomedDrops, 0);
		const isLarge = ids.length + strangersMax > ROSTER_SAMPLE_MEMBERS_MAX;
		const seesAll = ({ sees, room }: Witness): boolean =>
			room.count >= ids.length &&
			room.count <= ids.length + strangersMax &&
			(isLarge ? sees.size === Math.min(room.count, ROSTER_SAMPLE_MEMBERS_MAX) : ids.every((id) => sees.has(id)));
		await until(
			() => this.witnesses.every(seesAll),
			"G9: everyone sees everyone",
			() => this.#seen(),
			15_000,
		);
	}

	/** G9: guests without a welcome are found gone within two minutes, and a grace later nobody sees them. */
	async onlyWitnesses(): Promise<void> {
		const { length } = this.witnesses;
		const isSo = (): boolean => this.witnesses.every(({ room }) => room.count === length);
		await until(isSo, "G9: only those are seen who are here", () => this.#seen(), 120_000 + GRACE_MS);
	}

	#seen(): string {
		return this.witnesses.map(({ sees, room }) => `${sees.size}/${room.count}`).join(" ");
	}
}

/** Where a person has asked for the whole they are told what it came to; then as {@link expectKept}. */
export async function expectKeptAndTold(verdict: Verdict, table: string, context: TestContext): Promise<void> {
	if (isAskedFor) console.log(table);
	await context.annotate(table);
	expectKept(verdict);
}

/** Every promise was kept, and something was promised at all. */
function expectKept(verdict: Verdict): void {
	expect(verdict.faults.slice(0, 20)).toEqual([]);
	expect(verdict.published).toBeGreaterThan(0);
	expect(verdict.acknowledged + verdict.refused).toBe(verdict.published);
	expect(verdict.inHistory).toBe(verdict.acknowledged);
	expect(verdict.seenByAll).toBe(verdict.acknowledged);
	expect(verdict.settledOnce).toBe(verdict.jobsAsked);
	expect([verdict.duplicates, verdict.outOfOrder]).toEqual([0, 0]);
	expect(verdict.excused).toBe(verdict.departures);
}
