/**
 * `npm run foreign -- [--cuts 25] [--stay 125] [--only Python] [--seed N]`: clients in other languages and on other
 * libraries, written from docs/protocol.md alone, all at once, each in a room behind a line that is cut at random. It says
 * something all the while, and so does another member beside it. Then the line is whole, nobody says anything, and it
 * must stay for so many seconds: whoever shows no sign of life is closed within two minutes. In the end it must have heard
 * every event once and in order, its own among them, each once and in the order in which it said them. Wants built
 * pages (`npm run build`). A client whose language or library is not here is said to be NOT RUN.
 */
import { parseArgs } from "node:util";
import { Random } from "../simulation/random.ts";
import { BareClient } from "../support/bare-client.ts";
import setUpConfig from "../support/built-config.ts";
import { devServer } from "../support/dev-server.ts";
import { Network } from "../support/network.ts";
import { FOREIGN_CLIENTS, type ForeignClient, Foreigner, NotRun } from "./foreign/clients.ts";
import { faultsOf } from "./foreign/verdict.ts";

/** A line lives so long at most, ms: some end in the handshake, some in the replay, most among what is said. */
const LIFE_MS_MAX = 600;
/** How often each of the two says something, ms: well within what a member may. */
const SAY_MS = 50;
/** Of what it has no answer to: more would come at once after a cut, and be over what a member may. */
const UNANSWERED_MAX = 60;
/** For each cut, and the wait before the next attempt. */
const MS_PER_CUT_MAX = 5_000;
const BEAT_MS = 20_000;

const { values } = parseArgs({
	options: {
		cuts: { type: "string", default: "25" },
		stay: { type: "string", default: "125" },
		only: { type: "string", default: "" },
		seed: { type: "string", default: String(Date.now()) },
	},
});
const cuts = Number(values.cuts);
const stayMs = Number(values.stay) * 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One client, its line, and who watches. */
interface Scene {
	readonly foreigner: Foreigner;
	readonly witness: BareClient;
	readonly proxy: Network;
	readonly random: Random;
}

/** Cuts the line again and again while both speak; a sentence where it did not come to that. */
async function cutIt({ foreigner, witness, proxy, random }: Scene): Promise<string | null> {
	let spoken = 0;
	const speaking = setInterval(() => {
		spoken++;
		if (foreigner.said.length - foreigner.all("answered").length < UNANSWERED_MAX) foreigner.say(`mine ${spoken}`);
		witness.publish(`w-${spoken}`, { text: `theirs ${spoken}` });
	}, SAY_MS);
	try {
		const giveUpAt = Date.now() + cuts * MS_PER_CUT_MAX;
		while (foreigner.all("lost").length < cuts) {
			if (foreigner.hasEnded) return "It ended before its time.";
			if (Date.now() > giveUpAt) return `It was cut only ${foreigner.all("lost").length} times in its time.`;
			// Every other cut meets a member, however slow the machine is.
			if (random.once(2)) await foreigner.isIn();
			await pause(random.below(LIFE_MS_MAX));
			proxy.cut();
			proxy.mend();
		}
		return null;
	} finally {
		clearInterval(speaking);
	}
}

/** Nothing is said and nothing is cut: it must be there as before, the others having seen nothing of it. */
async function stays({ foreigner, witness }: Scene): Promise<string | null> {
	// What is said now is answered by a line that holds: the last cut has been noticed.
	foreigner.say("mine alone");
	await foreigner.tells("answered", foreigner.said.length);
	const before = foreigner.all("lost").length;
	const left = (): number => witness.all("presence").flatMap((each) => ("left" in each ? each.left : [])).length;
	const leftBefore = left();
	await pause(stayMs);
	const lost = foreigner.all("lost").slice(before);
	if (lost.length > 0) return `It did not stay: ${lost.join(", ")}.`;
	return left() > leftBefore ? "It was seen to leave." : null;
}

async function play(client: ForeignClient, server: string): Promise<boolean> {
	const command = client.command();
	if (command instanceof NotRun) {
		console.log(`*** ${client.name} NOT RUN: ${command.why}. ***`);
		return true;
	}
	const path = `/rooms/foreign-${FOREIGN_CLIENTS.indexOf(client)}`;
	const proxy = await Network.to(server);
	const witness = await BareClient.join(server + path);
	const beating = setInterval(() => witness.socket.send("ping"), BEAT_MS);
	const foreigner = new Foreigner(command, proxy.url + path, client.life);
	const scene = { foreigner, witness, proxy, random: new Random(Number(values.seed)) };
	const faults: string[] = [];
	try {
		await foreigner.tells("joined");
		for (const fault of [await cutIt(scene), await stays(scene)]) if (fault !== null) faults.push(fault);
		foreigner.say("mine at last");
		await foreigner.end();
	} catch (thrown) {
		faults.push(String(thrown));
	} finally {
		foreigner.kill();
		clearInterval(beating);
		await witness.close();
		proxy.close();
	}
	faults.push(...faultsOf(foreigner, witness.events));
	const [lost, joined] = [foreigner.all("lost").length, foreigner.all("joined").length];
	console.log(
		`${client.name}: ${lost} cuts, ${joined} joins, ${witness.events.length} events, ${foreigner.said.length} its own; ` +
			`stayed ${values.stay} s by \`${client.life}\`. ${faults.join(" ") || "It heard everything once, in order."}`,
	);
	return faults.length === 0;
}

const tearDownConfig = setUpConfig();
try {
	console.log(`seed ${values.seed}`);
	const server = await devServer();
	try {
		const chosen = FOREIGN_CLIENTS.filter(({ name }) => name.includes(values.only));
		const verdicts = await Promise.all(chosen.map((client) => play(client, server.url)));
		process.exitCode = verdicts.every((isRight) => isRight) ? 0 : 1;
	} finally {
		await server.dispose();
	}
} finally {
	tearDownConfig();
}
