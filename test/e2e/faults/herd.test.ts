/** A thousand members lose their sockets at once and are back at once, while some publish. On workerd itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { networkIsBack } from "../../support/page.ts";
import { type Runtime, runtime } from "../../support/runtime.ts";
import { until } from "../../support/until.ts";
import { Load } from "./load.ts";
import { expectKeptAndTold, Stage, seeded } from "./stage.ts";
import { tableOf } from "./table.ts";

const HERD = Number(process.env.HERD ?? 1_000);
const PUBLISHERS = 20;
const PAUSE_MS = 100;

let server: Runtime;
beforeAll(async () => {
	server = await runtime({ OPERATOR_KEY: "an-operator-key" });
});
afterAll(() => server.dispose());

test(`G1 G2 G3 G4 G7 G9: ${HERD} members return at once: all have everything, and nobody appears to have left`, async (context) => {
	const random = seeded("Herd");
	const stage = await Stage.open(server.url, "herd", HERD, new Load(random, PAUSE_MS, [["note", 1]]));
	const startedAt = Date.now();
	stage.load.begin(stage.witnesses.slice(0, PUBLISHERS));
	await until(() => stage.load.answered >= PUBLISHERS, "the load flows");
	await fetch(`${server.url}/probe/herd/fail-next-send`);
	await until(() => stage.witnesses.every(({ drops }) => drops > 0), "everyone was dropped");
	const droppedAt = Date.now();
	networkIsBack();
	await stage.allLive();
	const backMs = Date.now() - droppedAt;
	const verdict = await stage.conclude(server.url, { hasArchive: false });
	const table = `${tableOf("herd", HERD, verdict, Date.now() - startedAt)}\nAll were live again after ${backMs} ms.`;
	await expectKeptAndTold(verdict, table, context);
	expect(verdict.departures).toBe(0);
});
