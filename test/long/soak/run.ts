/**
 * `npm run soak -- --minutes 30`: mixed load with faults on workerd itself, sampled every ten seconds, shown as a table
 * with a line a minute and kept as CSV (`--out`, by default in the system's folder for what is temporary).
 * Flat by the rule of rule.ts, or it fails. `--seed` draws the same faults again.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../simulation/random.ts";
import { SECRET } from "../../support/desk.ts";
import { Engine } from "../../support/engine.ts";
import { Network } from "../../support/network.ts";
import { runtime } from "../../support/runtime.ts";
import { BIG_BYTES_PER_SECOND, EVENTS_PER_SECOND, SoakLoad } from "./load.ts";
import { Logbook, type Row } from "./logbook.ts";
import { Queue } from "./queue.ts";
import { unevenness } from "./rule.ts";

const { values } = parseArgs({
	options: {
		minutes: { type: "string", default: "5" },
		out: { type: "string", default: join(tmpdir(), "rotunda-soak.csv") },
		seed: { type: "string", default: String(Date.now()) },
	},
});
const MINUTES = Number(values.minutes);
if (!(MINUTES > 0)) {
	console.error("--minutes is how long it takes: 30, say.");
	process.exit(2);
}
const SAMPLE_MS = 10_000;
/** A collection stops the engine for a moment, and the count of all rows the room: most samples of latency are to be without. */
const LOOK_CLOSELY_EVERY_SAMPLES = 3;
const CUT_ALL_EVERY_SAMPLES = 12;
/**
 * A line carries something like 50 KB a second: it lasts for seconds, or for half a minute. What is half-open is swept
 * two minutes later, so that there are as many of them at the end of the warm-up as at the end of the run.
 */
const LINE_LIFE = { bytesMin: 200_000, bytesMax: 1_500_000 };
const HISTORY_EVENTS = 1_000;
/** Nothing younger than a minute is trimmed, and a trim comes a minute after the first excess: two minutes' events, and half as many again for what comes late. */
const HELD_SECONDS = 180;

const random = new Random(Number(values.seed));
const queue = await Queue.open(random);
const server = await runtime(
	{
		QUEUE: queue.url,
		HISTORY_MAX_EVENTS: String(HISTORY_EVENTS),
		OPERATOR_KEY: "an-operator-key",
		WEBHOOK_URL: `${queue.url}/hook`,
		WEBHOOK_SECRET: SECRET,
	},
	{ probe: "soak", isInspected: true },
);
if (server.child.memory() === null) {
	console.error("The memory of a process cannot be read here: a soak wants /proc.");
	await server.dispose();
	process.exit(2);
}
queue.consumer = `${server.url}/probe/queue`;
const network = await Network.to(server.url, random, LINE_LIFE);
const load = new SoakLoad(server.url, network.url, random);
const logbook = new Logbook(values.out);
const rows: Row[] = [];
console.log(`${MINUTES} minutes, --seed ${values.seed}, samples in ${logbook.path}\n`);
logbook.showHead();

const engine = await Engine.at(server.inspector);
const ask = async <T>(path: string): Promise<T> => (await (await fetch(`${server.url}/probe/${path}`)).json()) as T;

/** What was seen at the latest close look. */
let seen = { residentBytes: Number.NaN, heapBytes: Number.NaN, events: 0, keys: 0, jobs: 0, roster: 0 };

async function sample(startedAt: number, n: number): Promise<Row> {
	const latency = load.latency.take();
	const loadedBytes = server.child.memory() ?? Number.NaN;
	if (n % LOOK_CLOSELY_EVERY_SAMPLES === 1) {
		const heapBytes = await engine.collect();
		const residentBytes = server.child.memory() ?? Number.NaN;
		const { events, keys, jobs, roster } = await ask<Row>("busy/rows");
		seen = { residentBytes, heapBytes, events, keys, jobs, roster };
	}
	const { bytes, sockets, unsent } = await ask<Row>("busy/life");
	const { wakes, turns } = await ask<Row>("busy/deeds");
	const { wakes: quietWakes } = await ask<Row>("quiet/deeds");
	return {
		atMs: Math.round(performance.now() - startedAt),
		...seen,
		loadedBytes,
		wakes,
		turns,
		...{ bytes, sockets, unsent },
		...latency,
		...load.counts,
		quietWakes,
		linesCut: network.met.cut,
	};
}

await load.begin();
const startedAt = performance.now();
for (let n = 1; n * SAMPLE_MS <= MINUTES * 60_000; n++) {
	await new Promise((resolve) => setTimeout(resolve, startedAt + n * SAMPLE_MS - performance.now()));
	const row = await sample(startedAt, n);
	rows.push(row);
	logbook.keep(row);
	if (n % (60_000 / SAMPLE_MS) === 0) logbook.show(row);
	if (n % CUT_ALL_EVERY_SAMPLES === 0) network.cutAll();
}
load.stop();
network.calm();
const unanswered = await load.allAnswered();
load.leave();
network.close();
queue.close();
engine.close();
await server.dispose();

const faults = unevenness(rows, {
	eventsMax: HISTORY_EVENTS + EVENTS_PER_SECOND * HELD_SECONDS,
	eventBytesMax: BIG_BYTES_PER_SECOND * HELD_SECONDS,
});
const { gaps, doubled, answered, heard, jobsDone, refused, resets, drops, httpErrors } = load.counts;
if (gaps + doubled > 0) faults.push(`G2: ${gaps} gaps were seen, and ${doubled} events twice.`);
if (unanswered + refused > 0) faults.push(`G3, G5: ${unanswered} were not answered, and ${refused} refused.`);
if (answered === 0 || jobsDone === 0 || queue.hooks === 0) faults.push("Nothing happened: the load did not flow.");
console.log(
	`\n${answered} publishes answered, ${refused} refused, ${heard} events heard, ${jobsDone} jobs done, ${queue.delivered} messages and ` +
		`${queue.hooks} deliveries handled; ${drops} sockets dropped (${network.met.lost} lost, ${network.met.silent} silent), ${resets} resets, ${httpErrors} HTTP refusals.`,
);
for (const fault of faults) console.error(`Not flat: ${fault}`);
if (faults.length === 0) console.log("Flat.");
process.exit(faults.length === 0 ? 0 : 1);
