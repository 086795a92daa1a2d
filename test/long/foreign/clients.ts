/** The foreign clients: small programs on libraries that are not ours. What they are given, read and print is said in member.ts. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "../../support/until.ts";

export interface ForeignClient {
	/** Of the library. */
	readonly name: string;
	/** By the text `ping`, or by JSON alone: `{"type":"received","jobs":[]}`. */
	readonly life: "ping" | "received";
	/** The program and its arguments but for the room's URL and its life, or why it cannot run here. */
	command(): readonly [string, ...string[]] | NotRun;
}

export class NotRun {
	readonly why: string;
	constructor(why: string) {
		this.why = why;
	}
}

const at = (file: string): string => join(import.meta.dirname, file);

const ofNode = (name: string, life: ForeignClient["life"]): ForeignClient => ({
	name,
	life,
	command: () => [process.execPath, at(`${name}.ts`)],
});

export const NODE_CLIENTS: readonly ForeignClient[] = [
	ofNode("ws", "received"),
	ofNode("undici", "ping"),
	ofNode("partysocket", "ping"),
];

export const FOREIGN_CLIENTS: readonly ForeignClient[] = [
	...NODE_CLIENTS,
	{ name: "Python's websockets", life: "ping", command: python },
	{ name: "Go's gorilla/websocket", life: "received", command: gorilla },
];

function python(): [string, string] | NotRun {
	// A Python of one's own may stand before the system's, whose packages it does not have.
	const found = ["python3", "/usr/bin/python3"].find((path) => {
		return spawnSync(path, ["-c", "import websockets"]).status === 0;
	});
	if (found !== undefined) return [found, at("member.py")];
	return new NotRun("no python3 here has `websockets` (Debian: python3-websockets; else pip install websockets)");
}

/** Debian's package of the library, whose version go.mod names too: for machines that reach no module proxy. */
const DEBIAN_GO = "/usr/share/gocode";

function gorilla(): [string] | NotRun {
	if (spawnSync("go", ["version"]).status !== 0) return new NotRun("there is no Go here (Debian: golang-go)");
	const cwd = at("gorilla");
	const isDebian = existsSync(join(DEBIAN_GO, "src/github.com/gorilla/websocket"));
	if (!isDebian && spawnSync("go", ["mod", "download"], { cwd }).status !== 0) {
		return new NotRun("the module is not to be had (Debian: golang-github-gorilla-websocket-dev)");
	}
	const folder = mkdtempSync(join(tmpdir(), "rotunda-gorilla-"));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	const program = join(folder, "gorilla");
	const env = isDebian ? { ...process.env, GO111MODULE: "off", GOPATH: DEBIAN_GO, GOFLAGS: "" } : process.env;
	const built = spawnSync("go", ["build", "-o", program, "."], { cwd, env, encoding: "utf8" });
	if (built.status !== 0) throw new Error(`The program in Go does not compile:\n${built.stderr}`);
	return [program];
}

export interface Told {
	joined?: string;
	event?: number;
	text?: string;
	answered?: string;
	refused?: string;
	lost?: string;
	stopped?: string;
	alive?: string;
}

/** A foreign client as a process: what it was given to say, and what it told. */
export class Foreigner {
	readonly told: Told[] = [];
	readonly said: string[] = [];
	readonly #child: ChildProcess;
	#hasEnded = false;

	constructor([program, ...args]: readonly [string, ...string[]], url: string, life: ForeignClient["life"]) {
		this.#child = spawn(program, [...args, url.replace(/^http/, "ws"), life], { stdio: ["pipe", "pipe", "inherit"] });
		if (this.#child.stdout !== null) {
			createInterface(this.#child.stdout).on("line", (line) => this.told.push(JSON.parse(line) as Told));
		}
		// What is written to one that has ended is not lost silently: the verdict misses it.
		this.#child.stdin?.on("error", () => {});
		this.#child.once("close", () => {
			this.#hasEnded = true;
		});
	}

	get hasEnded(): boolean {
		return this.#hasEnded;
	}

	all<K extends keyof Told>(what: K): NonNullable<Told[K]>[] {
		return this.told.flatMap((each) => (each[what] === undefined ? [] : [each[what] as NonNullable<Told[K]>]));
	}

	/** Each event that it heard, as `{seq} {text}`. */
	get events(): string[] {
		return this.told.filter(({ event }) => event !== undefined).map(({ event, text }) => `${event} ${text}`);
	}

	say(text: string): void {
		this.said.push(text);
		this.#child.stdin?.write(`${text}\n`);
	}

	/** Waits until it has told something so often. */
	tells(what: keyof Told, times = 1): Promise<void> {
		return this.#until(() => this.all(what).length >= times, `it tells ${what} ${times} times`);
	}

	/** Waits until it has joined and has not noticed a loss since. */
	isIn(): Promise<void> {
		const last = (): Told => this.told.findLast(({ joined, lost }) => (joined ?? lost) !== undefined) ?? {};
		return this.#until(() => last().joined !== undefined, "it has joined");
	}

	/** It has said everything, and leaves when everything is answered. */
	end(): Promise<void> {
		this.#child.stdin?.end();
		return this.#until(() => this.#hasEnded, "it has left with everything answered");
	}

	/** Also where it has ended: the verdict says what is missing. */
	#until(isSo: () => boolean, what: string): Promise<void> {
		return until(
			() => isSo() || this.#hasEnded,
			what,
			() => JSON.stringify(this.told.slice(-12)),
		);
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}
}
