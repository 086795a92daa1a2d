/**
 * Everyone comes over a network that cuts, loses, delays and trickles. For npm test it is rough for some seconds;
 * `ROUGH_SECONDS=60 npx vitest run --project e2e test/e2e/faults/network.test.ts` is the whole.
 */
import { expect, test } from "vitest";
import { Network } from "../../support/network.ts";
import { Load } from "./load.ts";
import { expectKeptAndTold, Stage, seeded, withFaultyServer } from "./stage.ts";
import { tableOf } from "./table.ts";

const SECONDS = Number(process.env.ROUGH_SECONDS ?? 3);
/** Then it is also waited until the room has found out who is gone: that takes two minutes. */
const IS_WHOLE = SECONDS >= 30;
const WITNESSES = 50;
const PAUSE_MS = 400;

const scene = withFaultyServer();

test(`G1 G2 G3 G4 G5 G9: ${SECONDS} s of a network that cuts, loses, delays and trickles: the same promises`, {
	timeout: 400_000 + SECONDS * 1_000,
}, async (context) => {
	const { server } = scene;
	const random = seeded("Network");
	const network = await Network.to(server.url, random);
	const stage = await Stage.open(network.url, "rough", WITNESSES, new Load(random, PAUSE_MS));
	const startedAt = Date.now();
	stage.load.begin(stage.witnesses);
	await new Promise((resolve) => setTimeout(resolve, (SECONDS / 2) * 1_000));
	network.cutAll();
	await new Promise((resolve) => setTimeout(resolve, (SECONDS / 2) * 1_000));
	network.calm();
	if (IS_WHOLE) await stage.onlyWitnesses();
	const verdict = await stage.conclude(server.url);
	network.close();
	const { cut, lost, silent } = network.met;
	const what = `lines cut (and ${lost} lost, ${silent} silent)`;
	const awayMs = Math.max(...stage.witnesses.map(({ absences }) => absences.longestMs(Date.now())));
	const table = `${tableOf(what, cut, verdict, Date.now() - startedAt)}\nThe longest absence was ${awayMs} ms.`;
	await expectKeptAndTold(verdict, table, context);
	expect(Math.min(cut, lost, silent)).toBeGreaterThan(0);
});
