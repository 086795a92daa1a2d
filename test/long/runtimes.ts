/**
 * `npm run runtimes -- [--only deno]`: the packed client in Node 20 with `ws`, Node 24, Bun and Deno, each installed from
 * npm in a folder far from the repository. Two of each join, publish, set and hear; and whatever a join may be refused for
 * reaches whoever joined, as a sentence. Wants what `npm run package` builds.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mint, SECRET } from "../mint.ts";
import { BareClient } from "../support/bare-client.ts";
import { ROOT } from "../support/bundle.ts";
import { pack } from "../support/packed.ts";
import { workerd } from "../support/workerd.ts";

const OPERATOR_KEY = "an-operator-key-of-32-characters";
const SEATS = 3;

interface Runtime {
	name: string;
	/** Of npm. */
	packages: readonly string[];
	/** The program that runs a script, from the folder. */
	command: readonly string[];
	env?: Record<string, string>;
}

const RUNTIMES: readonly Runtime[] = [
	{
		name: "node 20",
		packages: ["node@20.20.2", "ws@8.23.0"],
		command: ["node_modules/node/bin/node"],
		env: { RUNTIME_SOCKET: "ws" },
	},
	{ name: "node 24", packages: [], command: [process.execPath] },
	{ name: "bun", packages: ["bun@1.4.5"], command: ["node_modules/.bin/bun"] },
	{ name: "deno", packages: ["deno@2.9.6"], command: ["node_modules/.bin/deno", "run", "--allow-all"] },
];

interface Case {
	name: string;
	url: string;
	token?: string;
	as?: string;
	/** What its sentence says. */
	says: RegExp;
}

interface Told {
	name: string;
	kind?: string;
	sentence?: string;
	heard?: unknown;
	topic?: unknown;
}

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

const server = await workerd({
	folder: ROOT,
	flags: ["no_web_socket_compression"],
	vars: { ACCESS: "open", TOKEN_SECRET: SECRET, OPERATOR_KEY, ROOM_MAX_SESSIONS: String(SEATS) },
	objects: { ROOMS: "RoomObject" },
});
await server.child.answers(server.port);

const roomAt = (room: string): string => `${server.url}/rooms/${room}`;

async function moderate(room: string, action: object): Promise<void> {
	const headers = { Authorization: `Bearer ${OPERATOR_KEY}` };
	const { status } = await fetch(`${roomAt(room)}/moderation`, {
		method: "POST",
		headers,
		body: JSON.stringify(action),
	});
	if (status !== 204) throw new Error(`An operator was answered ${status}.`);
}

/** Rooms in which everything is that a join may be refused for. */
async function prepare(): Promise<Case[]> {
	await moderate("team-locked", { action: "lock" });
	await moderate("team-banned", { action: "ban", member: "ada" });
	for (let n = 0; n < SEATS; n++) await BareClient.join(roomAt("full"));
	const good = await mint();
	return [
		{ name: "an expired token", url: roomAt("team-a"), token: await mint({ exp: 1 }), says: /expired/i },
		{ name: "a token for another room", url: roomAt("other"), token: good, says: /not for this room/i },
		{ name: "a forged token", url: roomAt("team-a"), token: await mint({}, "x".repeat(40)), says: /key/i },
		{ name: "a token that is none", url: roomAt("team-a"), token: "two words", says: /one word/i },
		{ name: "one who is banned", url: roomAt("team-banned"), token: good, says: /banned/i },
		{ name: "a locked room", url: roomAt("team-locked"), says: /locked/i },
		{ name: "a full room", url: roomAt("full"), says: /holds at most 3 sessions/ },
		{ name: "a name of the room's own", url: roomAt("lobby"), as: "Operator", says: /name has/i },
		{
			name: "a path that is none",
			url: `${server.url}/elsewhere/rooms/lobby`,
			says: /no room at this address|nothing at this/i,
		},
		{ name: "nobody there", url: "http://127.0.0.1:9/rooms/lobby", says: /cannot be reached/i },
	];
}

function told({ packages, command, env = {} }: Runtime, tarball: string, cases: readonly Case[]): Told[] {
	const folder = mkdtempSync(join(tmpdir(), "rotunda-runtime-"));
	try {
		writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
		const install = ["install", "--no-audit", "--no-fund", "--loglevel", "error", tarball, ...packages];
		execFileSync("npm", install, { cwd: folder, stdio: "ignore" });
		cpSync(join(import.meta.dirname, "runtimes/join.mjs"), join(folder, "join.mjs"));
		const given = { live: roomAt(`live-${Date.now()}`), refused: cases };
		const [program = "", ...args] = command;
		const said = execFileSync(program, [...args, "join.mjs"], {
			cwd: folder,
			encoding: "utf8",
			timeout: 120_000,
			stdio: ["ignore", "pipe", "ignore"],
			env: { ...process.env, ...env, RUNTIME_CASES: JSON.stringify(given) },
		});
		return said.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Told] : []));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** What did not come as it should. */
function faultsOf(lines: readonly Told[], cases: readonly Case[]): string[] {
	const live = lines.find(({ name }) => name === "live");
	const hears = JSON.stringify(live?.heard) === '[["chat",1],["chat",2],["chat",3]]' && live?.topic === "runtimes";
	const expected = [...cases, { name: "no room's URL", says: /is no room's URL/ }];
	const unsaid = expected.flatMap(({ name, says }) => {
		const line = lines.find((each) => each.name === name);
		const isTold = line?.kind !== "live" && says.test(line?.sentence ?? "");
		return isTold ? [] : [`${name}: ${line?.kind ?? "nothing"}, ${JSON.stringify(line?.sentence)}`];
	});
	return hears ? unsaid : [`two who join: ${JSON.stringify(live)}`, ...unsaid];
}

const scratch = mkdtempSync(join(tmpdir(), "rotunda-packed-"));
let isWell = true;
try {
	const tarball = pack(scratch);
	const cases = await prepare();
	for (const runtime of RUNTIMES.filter(({ name }) => name.includes(values.only))) {
		const faults = faultsOf(told(runtime, tarball, cases), cases);
		isWell &&= faults.length === 0;
		console.log(
			faults.length === 0 ? `${runtime.name}: joins, and is told of all ${cases.length + 1} refusals.` : runtime.name,
		);
		for (const fault of faults) console.log(`    ${fault}`);
	}
} finally {
	await server.dispose();
	rmSync(scratch, { recursive: true, force: true });
}
process.exit(isWell ? 0 : 1);
