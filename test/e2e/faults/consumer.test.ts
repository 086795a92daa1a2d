/**
 * The queue's consumer is down, then dies after its work and before it acknowledges, then is back. For npm test it is
 * down for some seconds; `DOWN_SECONDS=60 npx vitest run --project e2e test/e2e/faults/consumer.test.ts` is the whole.
 */
import { expect, test } from "vitest";
import { Operator } from "../../support/operator.ts";
import { until } from "../../support/until.ts";
import { Load } from "./load.ts";
import { expectKeptAndTold, Stage, seeded, withFaultyServer } from "./stage.ts";
import { tableOf } from "./table.ts";

const SECONDS = Number(process.env.DOWN_SECONDS ?? 1);
const WITNESSES = 20;
const PAUSE_MS = 300;
/** So many batches see a consumer that dies. */
const DEATHS = 3;

const scene = withFaultyServer();

test(`G5: the consumer is down for ${SECONDS} s, then dies before it acknowledges: every job settles once, and no event waits for it`, {
	timeout: 180_000 + SECONDS * 1_000,
}, async (context) => {
	const { desk, server } = scene;
	const random = seeded("Consumer");
	const stage = await Stage.open(server.url, "unserved", WITNESSES, new Load(random, PAUSE_MS));
	const startedAt = Date.now();
	stage.load.begin(stage.witnesses);
	await stage.busy(1);
	desk.consumer = "down";
	const downFrom = desk.batches;
	await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
	await until(() => desk.batches > downFrom, "a batch found it down");
	await stage.busy(1);
	desk.consumer = "dying";
	const dyingFrom = desk.batches;
	await until(() => desk.batches > dyingFrom + DEATHS, "it has died often enough");
	desk.consumer = "up";
	const verdict = await stage.conclude(server.url, { mayFail: true });
	const table = tableOf("seconds down", SECONDS, verdict, Date.now() - startedAt);
	await expectKeptAndTold(verdict, table, context);
	const failed = await new Operator(server.url, "an-operator-key").jobs("unserved", "failed");
	for (const { error } of failed) expect(error?.message, "what failed for good says why").toMatch(/./);
});
