/** Who is measured: how each is started, spoken to and understood. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has, type Running, serve } from "./processes.ts";

export interface Contender {
	name: string;
	/** Null where it cannot be had here, with the reason in `absent`. */
	start: (() => Promise<Running>) | null;
	absent?: string;
	path(room: string): string;
	/** A message as its client sends it; `slot` tells messages in flight of one publisher apart. */
	encode(text: string, id: string, slot: number): string;
	/** The texts of the messages that a frame carries. */
	decode(frame: string): string[];
	/** True where a socket must be welcomed first. */
	welcomes: boolean;
}

const plain = { encode: (text: string) => text, decode: (frame: string) => [frame], welcomes: false };
const HERE = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

interface Heard {
	type: string;
	data?: unknown;
}

function rotunda(name: string, type: "event" | "signal"): Contender {
	return {
		name,
		start: () => workerd(bundle(ROOT), ROTUNDA),
		path: (room) => `/rooms/${room}?history=0`,
		encode: (text, id, slot) =>
			type === "event"
				? `{"type":"publish","id":"${id}","name":"m","data":${JSON.stringify(text)}}`
				: `{"type":"signal","name":"m${slot}","data":${JSON.stringify(text)}}`,
		decode: (frame) =>
			(JSON.parse(frame) as Heard[]).flatMap((message) => (message.type === type ? [String(message.data)] : [])),
		welcomes: true,
	};
}

const peers = (name: string, kind: string): Contender => ({
	...plain,
	name,
	start: () => workerd(bundle(join(HERE, "peers")), PEERS),
	path: (room) => `/${kind}/${room}`,
});

const node = (name: string, file: string): Contender => ({
	...plain,
	name,
	start: () => serve(process.execPath, (port) => [join(HERE, "peers", file), String(port)]),
	path: () => "/",
});

export const CONTENDERS = {
	events: rotunda("Rotunda, durable events", "event"),
	signals: rotunda("Rotunda, signals", "signal"),
	raw: peers("a raw object, a frame a message", "raw"),
	storing: peers("the same, each message stored", "storing"),
	party: { ...peers("partyserver, hibernating", "parties"), path: (room: string) => `/parties/party/${room}` },
	ws: node("Node `ws`", "node-ws.ts"),
	socketio: {
		...node("Socket.IO", "socket-io.ts"),
		path: () => "/socket.io/?EIO=4&transport=websocket",
		encode: (text: string) => `42${JSON.stringify(["m", text])}`,
		decode: (frame: string) => (frame.startsWith("42") ? [String((JSON.parse(frame.slice(2)) as string[])[1])] : []),
		welcomes: true,
	},
	go: goProgram(),
} satisfies Record<string, Contender>;

export type ContenderId = keyof typeof CONTENDERS;

function goProgram(): Contender {
	const contender: Contender = { ...plain, name: "Go, gorilla/websocket", start: null, path: () => "/" };
	if (!has("go") || !existsSync("/usr/share/gocode/src/github.com/gorilla/websocket")) {
		return { ...contender, absent: "Go or gorilla/websocket is not installed" };
	}
	return {
		...contender,
		start: () => {
			const program = join(mkdtempSync(join(tmpdir(), "bench-go-")), "server");
			const env = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "" };
			execFileSync("go", ["build", "-o", program, "main.go"], { cwd: join(HERE, "peers/go"), env });
			return serve(program, (port) => [String(port)]);
		},
	};
}

const bundles = new Map<string, string>();

/** The Worker of that folder, bundled as a deploy would. */
function bundle(folder: string): string {
	let dir = bundles.get(folder);
	if (dir === undefined) {
		dir = mkdtempSync(join(tmpdir(), "bench-bundle-"));
		const args = ["deploy", "--dry-run", "--outdir", dir, "--config", join(folder, "wrangler.toml")];
		execFileSync("wrangler", args, { stdio: "ignore", cwd: ROOT });
		bundles.set(folder, dir);
	}
	return dir;
}

const VARS = {
	PUBLISH_PER_SECOND: "0",
	SIGNAL_PER_SECOND: "0",
	ROOM_MAX_SESSIONS: "32768",
	MEMBER_MAX_SESSIONS: "32768",
};
const ROTUNDA = `
	compatibilityFlags = ["no_web_socket_compression"],
	bindings = [
		(name = "ROOMS", durableObjectNamespace = "RoomObject"),
		${Object.entries(VARS)
			.map(([name, value]) => `(name = "${name}", text = "${value}")`)
			.join(", ")}
	],
	durableObjectNamespaces = [(className = "RoomObject", uniqueKey = "rooms", enableSql = true)],`;
const PEERS = `
	compatibilityFlags = ["no_web_socket_compression"],
	bindings = [
		(name = "RAW", durableObjectNamespace = "RawRoom"),
		(name = "STORING", durableObjectNamespace = "StoringRoom"),
		(name = "Party", durableObjectNamespace = "PartyRoom")
	],
	durableObjectNamespaces = [
		(className = "RawRoom", uniqueKey = "raw", enableSql = true),
		(className = "StoringRoom", uniqueKey = "storing", enableSql = true),
		(className = "PartyRoom", uniqueKey = "party", enableSql = true)
	],`;

/** workerd itself on the bundle: the dev server's proxy and entry cost more than the room. */
function workerd(dir: string, worker: string): Promise<Running> {
	const modules = readdirSync(dir)
		.filter((file) => /\.(js|sql)$/.test(file))
		.sort((a) => (a.endsWith(".js") ? -1 : 1))
		.map((file) => `(name = "./${file}", ${file.endsWith(".js") ? "esModule" : "text"} = embed "${file}")`);
	const state = mkdtempSync(join(tmpdir(), "bench-state-"));
	const config = (port: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "main", worker = .main), (name = "disk", disk = (path = "${state}", writable = true))],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
	modules = [${modules.join(", ")}],
	compatibilityDate = "2026-11-17",${worker}
	durableObjectStorage = (localDisk = "disk"),
);
`;
	return serve(join(ROOT, "node_modules/.bin/workerd"), (port) => {
		const file = join(dir, `${port}.capnp`);
		writeFileSync(file, config(port));
		return ["serve", file];
	});
}

/** The versions that were measured, for the record. */
export function versions(): Record<string, string> {
	const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
		packages: Record<string, { version?: string }>;
	};
	const of = (name: string): string => lock.packages[`node_modules/${name}`]?.version ?? "absent";
	return {
		node: process.version,
		workerd: of("workerd"),
		ws: of("ws"),
		partyserver: of("partyserver"),
		"socket.io": of("socket.io"),
	};
}
