/** Who is measured: how each is started, spoken to and understood. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packFrames } from "../../src/protocol/codec.ts";
import { FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import { ROOT, scratch } from "../support/bundle.ts";
import type { Worker } from "../support/workerd.ts";
import { colyseusLines, rotundaLines } from "./lines.ts";
import { has, type Running, serve, serveWorker } from "./processes.ts";
import type { Lines } from "./sets.ts";

export interface Contender {
	name: string;
	/** Null where it cannot be had here, with the reason in `absent`. */
	start: (() => Promise<Running>) | null;
	absent?: string;
	path(room: string): string;
	/** A message as its client sends it; `slot` tells messages in flight of one publisher apart. */
	encode(text: string, id: string, slot: number): string;
	/** The frames in which its client sends what one task publishes. */
	pack(messages: readonly string[]): readonly string[];
	/** The texts of the messages that a frame carries. */
	decode(frame: string): string[];
	/** What a socket says first, where it must. */
	greeting?: string;
	/** How members of a room set entries, where it keeps a state. */
	lines?(port: number, room: string): Lines;
	/** True where a socket must be welcomed first. */
	welcomes: boolean;
	/** True where what was said is kept, for those who come later and those who return. */
	remembers: boolean;
	/** True for Rotunda itself: a fault of its own fails the run. */
	isOwn: boolean;
}

const plain = {
	encode: (text: string) => text,
	pack: (messages: readonly string[]) => messages,
	decode: (frame: string) => [frame],
	welcomes: false,
	remembers: false,
	isOwn: false,
};
const HERE = new URL(".", import.meta.url).pathname;
const ROTUNDA: Worker = {
	folder: ROOT,
	flags: ["no_web_socket_compression"],
	vars: {
		PUBLISH_PER_SECOND: "0",
		SIGNAL_PER_SECOND: "0",
		ROOM_MAX_SESSIONS: "32768",
		MEMBER_MAX_SESSIONS: "32768",
	},
	objects: { ROOMS: "RoomObject" },
};
const PEERS: Worker = {
	folder: join(HERE, "peers"),
	flags: ["no_web_socket_compression"],
	objects: {
		RAW: "RawRoom",
		STORING: "StoringRoom",
		TURNING: "TurningRoom",
		KEEPING: "KeepingRoom",
		Party: "PartyRoom",
	},
};

interface Heard {
	type: string;
	data?: unknown;
}

/** As src/client does: an array, within the bounds of a client's frame. */
const gathered = (messages: readonly string[]): string[] =>
	packFrames(messages, FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX);

function rotunda(name: string, type: "event" | "signal", pack: Contender["pack"] = gathered): Contender {
	return {
		name,
		start: () => serveWorker(ROTUNDA),
		path: (room) => `/rooms/${room}?history=0`,
		encode: (text, id, slot) =>
			type === "event"
				? `{"type":"publish","id":"${id}","name":"m","data":${JSON.stringify(text)}}`
				: `{"type":"signal","name":"m${slot}","data":${JSON.stringify(text)}}`,
		pack,
		decode: (frame) =>
			(JSON.parse(frame) as Heard[]).flatMap((message) => (message.type === type ? [String(message.data)] : [])),
		lines: rotundaLines,
		welcomes: true,
		remembers: type === "event",
		isOwn: true,
	};
}

const peers = (name: string, kind: string, flags = PEERS.flags): Contender => ({
	...plain,
	name,
	start: () => serveWorker({ ...PEERS, flags }),
	path: (room) => `/${kind}/${room}`,
});

/** Understood as Rotunda is, without its welcome. */
const turning = (name: string, kind: string): Contender => ({
	...rotunda(name, "event"),
	start: () => serveWorker(PEERS),
	path: (room) => `/${kind}/${room}`,
	welcomes: false,
	remembers: false,
	isOwn: false,
});

const node = (name: string, file: string): Contender => ({
	...plain,
	name,
	start: () => serve(process.execPath, (port) => [join(HERE, "peers", file), String(port)]),
	path: () => "/",
});

/** It gathers what has changed for so long, ms, before it tells. */
const colyseus = (patchRate: number): Contender => ({
	...plain,
	name: `Colyseus, a patch every ${patchRate} ms`,
	start: () => serve(process.execPath, (port) => [join(HERE, "peers/colyseus.ts"), String(port), String(patchRate)]),
	path: () => "/",
	lines: colyseusLines,
});

/** A checkout of Rotunda as it was, to be measured beside this one, and nobody else. */
export const BEFORE = process.env.BENCH_BEFORE;

export const CONTENDERS = {
	before: {
		...rotunda("Rotunda as it was", "event"),
		start: BEFORE === undefined ? null : () => serveWorker({ ...ROTUNDA, folder: BEFORE }),
	},
	events: rotunda("Rotunda, durable events", "event"),
	singly: rotunda("the same, published a frame each", "event", plain.pack),
	signals: rotunda("Rotunda, signals", "signal", plain.pack),
	ruled: {
		...rotunda("Rotunda, each event decided on by a rule that reads an entry and sets it", "event"),
		start: () => serveWorker({ ...ROTUNDA, folder: join(HERE, "peers/ruled") }),
	},
	raw: peers("a raw object, a frame a message", "raw"),
	turning: turning("a raw object, the same bytes in the same frames", "turning"),
	keeping: turning("a raw object, the same bytes in the same frames, stored first", "keeping"),
	storing: peers("the same, each message stored", "storing"),
	deflating: peers("a raw object, compressing as the platform does unless told not to", "raw", []),
	party: { ...peers("partyserver, hibernating", "parties"), path: (room: string) => `/parties/party/${room}` },
	ws: node("Node `ws`", "node-ws.ts"),
	socketio: {
		...node("Socket.IO", "socket-io.ts"),
		path: () => "/socket.io/?EIO=4&transport=websocket",
		greeting: "40",
		encode: (text: string) => `42${JSON.stringify(["m", text])}`,
		decode: (frame: string) => (frame.startsWith("42") ? [String((JSON.parse(frame.slice(2)) as string[])[1])] : []),
		welcomes: true,
	},
	colyseus50: colyseus(50),
	colyseus16: colyseus(16),
	colyseus1: colyseus(1),
	go: goProgram(),
} satisfies Record<string, Contender>;

export type ContenderId = keyof typeof CONTENDERS;

function goProgram(): Contender {
	const contender: Contender = { ...plain, name: "Go, gorilla/websocket", start: null, path: () => "/" };
	if (!has("go") || !existsSync("/usr/share/gocode/src/github.com/gorilla/websocket")) {
		return { ...contender, absent: "Go or gorilla/websocket is not installed" };
	}
	let program: string | null = null;
	return {
		...contender,
		start: () => {
			program ??= buildGo();
			return serve(program, (port) => [String(port)]);
		},
	};
}

function buildGo(): string {
	const program = join(scratch("go"), "server");
	const env = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "" };
	execFileSync("go", ["build", "-o", program, "main.go"], { cwd: join(HERE, "peers/go"), env });
	return program;
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
		colyseus: of("@colyseus/core"),
		go: has("go") ? execFileSync("go", ["version"], { encoding: "utf8" }).trim() : "absent",
	};
}
