/**
 * `npm run foreign -- [--cuts 300] [--seed N]`: a client in another language, written from docs/protocol.md alone, in a
 * room behind a line that is cut at random. It says something all the while, and so does another member beside it; in
 * the end it must have heard every event once and in order, its own among them, each once and in the order in which it
 * said them. Wants built pages (`npm run build`). Without Python or its `websockets` it says so, and that it did not run.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Random } from "../simulation/random.ts";
import { BareClient } from "../support/bare-client.ts";
import setUpConfig from "../support/built-config.ts";
import { devServer } from "../support/dev-server.ts";
import { Network } from "../support/network.ts";
import { until } from "../support/until.ts";

/** A line lives so long at most, ms: some end in the handshake, some in the replay, most among what is said. */
const LIFE_MS_MAX = 600;
/** How often each of the two says something, ms: well within what a member may. */
const SAY_MS = 50;
/** For each cut, and the wait before the next attempt. */
const MS_PER_CUT_MAX = 5_000;

interface Told {
	joined?: string;
	event?: number;
	text?: string;
	answered?: string;
	refused?: string;
	lost?: string;
	stopped?: string;
}

const { values } = parseArgs({
	options: { cuts: { type: "string", default: "300" }, seed: { type: "string", default: String(Date.now()) } },
});
const cuts = Number(values.cuts);
const random = new Random(Number(values.seed));

// A Python of one's own may stand before the system's, whose packages it does not have.
const python = ["python3", "/usr/bin/python3"].find(
	(path) => spawnSync(path, ["-c", "import websockets"]).status === 0,
);
if (python === undefined) {
	console.log(
		"*** NOT RUN: no python3 here has `websockets` (Debian: python3-websockets; else pip install websockets). ***",
	);
	process.exit(0);
}

/** The foreign member, as a process: what it was given to say, and what it told. */
class Foreigner {
	readonly told: Told[] = [];
	readonly said: string[] = [];
	readonly #child: ChildProcess;
	readonly ended: Promise<void>;

	constructor(program: string, url: string) {
		this.#child = spawn(program, [join(import.meta.dirname, "foreign/member.py"), url], {
			stdio: ["pipe", "pipe", "inherit"],
		});
		if (this.#child.stdout !== null) {
			createInterface(this.#child.stdout).on("line", (line) => this.told.push(JSON.parse(line) as Told));
		}
		this.ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
	}

	get hasEnded(): boolean {
		return this.#child.exitCode !== null || this.#child.signalCode !== null;
	}

	all<K extends keyof Told>(what: K): NonNullable<Told[K]>[] {
		return this.told.flatMap((each) => (each[what] === undefined ? [] : [each[what] as NonNullable<Told[K]>]));
	}

	say(text: string): void {
		this.said.push(text);
		this.#child.stdin?.write(`${text}\n`);
	}

	/** It has said everything: it leaves when everything is answered. */
	end(): void {
		this.#child.stdin?.end();
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}
}

/** What went wrong, each as a sentence. */
function faultsOf(foreigner: Foreigner, witness: BareClient): string[] {
	const faults: string[] = [];
	const hold = (isSo: boolean, sentence: string): void => void (isSo || faults.push(sentence));
	const line = (seq: unknown, text: unknown): string => `${seq} ${text}`;
	const heard = foreigner.told.filter(({ event }) => event !== undefined).map(({ event, text }) => line(event, text));
	const told = witness.events.map(({ seq, data }) => line(seq, (data as { text: string }).text));
	const from = told.indexOf(heard[0] ?? "");
	hold(from >= 0 && heard.join("\n") === told.slice(from).join("\n"), "It did not hear what another heard.");
	const own = witness.events.flatMap(({ id, data }) => {
		const { text } = data as { text: string };
		return id !== undefined && text.startsWith("mine ") ? [text] : [];
	});
	hold(own.join("\n") === foreigner.said.join("\n"), "What it said is not there once each, in its order.");
	hold(foreigner.all("answered").length === foreigner.said.length, "Not all that it said was answered.");
	const [first, ...later] = foreigner.all("joined");
	hold(first === "fresh" && later.every((each) => each === "resumed"), "It was not resumed each time.");
	for (const what of ["refused", "stopped"] as const) {
		hold(foreigner.all(what).length === 0, `It was ${what}: ${foreigner.all(what).join(", ")}.`);
	}
	return faults;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function run(program: string): Promise<string[]> {
	const server = await devServer();
	const proxy = await Network.to(server.url);
	const witness = await BareClient.join(`${server.url}/rooms/foreign`);
	const foreigner = new Foreigner(program, `${proxy.url}/rooms/foreign`.replace(/^http/, "ws"));
	let spoken = 0;
	const speaking = setInterval(() => {
		spoken++;
		foreigner.say(`mine ${spoken}`);
		witness.publish(`w-${spoken}`, { text: `theirs ${spoken}` });
		if (spoken % 200 === 0) witness.socket.send("ping");
	}, SAY_MS);
	try {
		const giveUpAt = Date.now() + cuts * MS_PER_CUT_MAX;
		let shown = 0;
		while (foreigner.all("lost").length < cuts) {
			if (foreigner.hasEnded) return ["It ended before its time.", ...faultsOf(foreigner, witness)];
			if (Date.now() > giveUpAt) return [`It was cut only ${foreigner.all("lost").length} times in its time.`];
			await pause(random.below(LIFE_MS_MAX));
			proxy.cut();
			proxy.mend();
			if (foreigner.all("lost").length >= shown + 50) {
				shown = foreigner.all("lost").length;
				console.log(
					`${shown} cuts, ${witness.events.length} events, ${foreigner.all("answered").length} of its own answered`,
				);
			}
		}
		clearInterval(speaking);
		foreigner.end();
		await until(
			() => foreigner.hasEnded,
			"it has left with everything answered",
			() => JSON.stringify(foreigner.told.slice(-12)),
		);
		await foreigner.ended;
		return faultsOf(foreigner, witness);
	} finally {
		clearInterval(speaking);
		foreigner.kill();
		await witness.close();
		proxy.close();
		await server.dispose();
		const joins = foreigner.all("joined").length;
		console.log(
			`seed ${values.seed}: ${foreigner.all("lost").length} cuts, ${joins} joins, ${witness.events.length} events, of which ${foreigner.said.length} its own`,
		);
	}
}

const tearDownConfig = setUpConfig();
try {
	const faults = await run(python);
	for (const fault of faults) console.log(fault);
	console.log(faults.length === 0 ? "It heard everything once, in order." : "It failed.");
	process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
	tearDownConfig();
}
