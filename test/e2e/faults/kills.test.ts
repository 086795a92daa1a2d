/**
 * The whole server is killed at random under load from 50 clients with jobs in flight, and killed again while it
 * starts. `KILL_ROUNDS=100 npx vitest run --project e2e test/e2e/faults/kills.test.ts` is the whole; a seed that is
 * printed is drawn again with SEED=….
 */
import { expect, test } from "vitest";
import { networkIsBack } from "../../support/page.ts";
import { Load } from "./load.ts";
import { expectKeptAndTold, Stage, seeded, withFaultyServer } from "./stage.ts";
import { tableOf } from "./table.ts";

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
/** One round in so many is a loop, and the last of a short run: killed again and again while it starts and its members come back. */
const LOOP_EVERY = Math.min(10, ROUNDS);
const WITNESSES = 50;
const PAUSE_MS = 700;
/** What a hundred kills leave behind is more than the local queue does in a short lease. */
const LEASE_MS = ROUNDS > 10 ? 15_000 : 3_000;
/** A kill comes at any moment within this after the load flows again. */
const KILL_MS_MAX = 1_000;
const MS_PER_ROUND_MAX = 30_000;

const scene = withFaultyServer(LEASE_MS);

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(`G1 G2 G3 G4 G5 G9: SIGKILL in ${ROUNDS} rounds at random under load: nothing acknowledged is lost, nothing is doubled, every job settles once`, {
	timeout: 120_000 + ROUNDS * MS_PER_ROUND_MAX,
}, async (context) => {
	const { server } = scene;
	const random = seeded("Kills");
	const stage = await Stage.open(server.url, "killed", WITNESSES, new Load(random, PAUSE_MS));
	const startedAt = Date.now();
	let kills = 0;
	const kill = (): Promise<void> => {
		kills++;
		return server.kill();
	};
	stage.load.begin(stage.witnesses);
	for (let round = 1; round <= ROUNDS; round++) {
		// Also while many are still on their way back.
		await stage.busy(random.pick([0.1, 0.5]));
		await after(random.below(KILL_MS_MAX));
		await kill();
		for (let again = round % LOOP_EVERY === 0 ? random.between(1, 3) : 0; again > 0; again--) {
			server.launch();
			await after(random.below(scene.startMs * 1.3));
			networkIsBack();
			await kill();
		}
		await server.start();
		// All at once like a herd, or each when its backoff is over.
		if (!random.once(3)) networkIsBack();
		if (ROUNDS > 10) console.log(`${round} of ${ROUNDS} rounds, ${kills} kills, ${stage.load.deeds.length} deeds`);
	}
	const verdict = await stage.conclude(server.url);
	const table = tableOf(`rounds (${kills} kills)`, ROUNDS, verdict, Date.now() - startedAt);
	await expectKeptAndTold(verdict, table, context);
	expect(Math.min(...stage.witnesses.map(({ drops }) => drops))).toBeGreaterThan(0);
});
