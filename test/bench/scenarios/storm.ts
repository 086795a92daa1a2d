/** Everyone comes at once: how long until all are told everything that they are told. */
import WebSocket from "ws";
import { type Faults, faultless } from "../load.ts";
import type { Stage } from "../stage.ts";
import type { Measure, Sample } from "./measure.ts";

const MANY = 1000;
const HISTORY = 50;
const MISSED = 100;

interface Told {
	type: string;
	seq?: number;
	epoch?: string;
	continuity?: string;
	resume?: string;
}

/** One who comes. Its frames are kept and looked at later: reading them is no part of what is measured. */
interface Newcomer {
	socket: WebSocket;
	frames: Buffer[];
}

function arrive(url: string, protocols: string[], isTold: (frame: Buffer) => boolean): Promise<Newcomer> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
		const newcomer: Newcomer = { socket, frames: [] };
		socket.on("error", reject);
		socket.on("open", () => {
			if (isTold(Buffer.alloc(0))) resolve(newcomer);
		});
		socket.on("message", (frame: Buffer) => {
			newcomer.frames.push(frame);
			if (isTold(frame)) resolve(newcomer);
		});
	});
}

const isCaughtUp = (frame: Buffer): boolean => frame.includes('"type":"caught-up"');
const read = ({ frames }: Newcomer): Told[] => frames.flatMap((frame) => JSON.parse(frame.toString()) as Told[]);

/** What is wrong with what they were told: each event once and in order, after the right welcome. */
function faultsOf(crowd: readonly Newcomer[], continuity: string, seqs: readonly number[]): Faults {
	const faults = { ...faultless };
	for (const newcomer of crowd) {
		const told = read(newcomer);
		const heard = told.flatMap(({ type, seq }) => (type === "event" ? [seq] : []));
		const distinct = new Set(heard);
		faults.lost += seqs.filter((seq) => !distinct.has(seq)).length;
		faults.doubled += heard.length - distinct.size;
		if (heard.some((seq, i) => seq !== seqs[i]) || told[0]?.continuity !== continuity) faults.reordered++;
	}
	return faults;
}

async function timed(come: (n: number) => Promise<Newcomer>): Promise<{ ms: number; crowd: Newcomer[] }> {
	const startedAt = performance.now();
	const crowd = await Promise.all(Array.from({ length: MANY }, (_, n) => come(n)));
	return { ms: performance.now() - startedAt, crowd };
}

const leave = (crowd: readonly Newcomer[]): void => crowd.forEach(({ socket }) => void socket.terminate());
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Joins where nothing is kept: the socket is open, and that is all. */
async function plainJoins(stage: Stage): Promise<Sample> {
	const url = `ws://127.0.0.1:${stage.server.port}${stage.contender.path(stage.newRoom())}`;
	leave([await arrive(url, [], () => true)]);
	const { ms, crowd } = await timed(() => arrive(url, [], () => true));
	const faults = { ...faultless, lost: crowd.filter(({ socket }) => socket.readyState !== WebSocket.OPEN).length };
	leave(crowd);
	return { value: ms, faults };
}

/** Someone who is there throughout, and says as many things as asked. */
async function author(url: string): Promise<{ says(count: number): Promise<void>; told: Newcomer; leave(): void }> {
	let heard = 0;
	let said = 0;
	let wake = (): void => {};
	const told = await arrive(`${url}?history=0`, ["rotunda.v1"], isCaughtUp);
	told.socket.on("message", (frame: Buffer) => {
		heard += (JSON.parse(frame.toString()) as Told[]).filter(({ type }) => type === "event").length;
		wake();
	});
	return {
		told,
		leave: () => told.socket.terminate(),
		says: async (count) => {
			for (let i = 0; i < count; i++) {
				const data = `"${"x".repeat(64)}"`;
				told.socket.send(`{"type":"publish","id":"${said++}","name":"m","data":${data}}`);
			}
			while (heard < said) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		},
	};
}

async function joins(stage: Stage): Promise<Sample> {
	if (!stage.contender.remembers) return plainJoins(stage);
	const url = `ws://127.0.0.1:${stage.server.port}/rooms/${stage.newRoom()}`;
	const host = await author(url);
	await host.says(HISTORY + 100);
	const { ms, crowd } = await timed(() => arrive(`${url}?history=${HISTORY}`, ["rotunda.v1"], isCaughtUp));
	leave(crowd);
	host.leave();
	return { value: ms, faults: faultsOf(crowd, "fresh", range(101, HISTORY)) };
}

/** All lose their sockets, a hundred events happen, and all come back as who they were. */
async function resumes(stage: Stage): Promise<Sample> {
	if (!stage.contender.remembers) return plainJoins(stage);
	const url = `ws://127.0.0.1:${stage.server.port}/rooms/${stage.newRoom()}`;
	const host = await author(url);
	await host.says(HISTORY);
	const { crowd: before } = await timed(() => arrive(`${url}?history=0`, ["rotunda.v1"], isCaughtUp));
	leave(before);
	await host.says(MISSED);
	const welcomes = before.map((newcomer) => read(newcomer)[0]);
	const since = `${welcomes[0]?.epoch}.${HISTORY}`;
	const { ms, crowd } = await timed((n) =>
		arrive(`${url}?since=${since}`, ["rotunda.v1", `resume.${welcomes[n]?.resume}`], isCaughtUp),
	);
	leave(crowd);
	host.leave();
	return { value: ms, faults: faultsOf(crowd, "resumed", range(HISTORY + 1, MISSED)) };
}

const storm = (id: string, title: string, run: Measure["run"]): Measure => ({
	id,
	title: `${title} (the others: 1,000 joins, and nothing to tell)`,
	unit: "ms until all are told everything",
	isRate: false,
	contenders: ["events", "raw", "go"],
	quick: ["events", "raw"],
	run,
});

export const STORMS = [
	storm("e-joins", "1,000 joins at once, with 50 events of history each", joins),
	storm("e-resumes", "1,000 resumes at once, with 100 missed events each", resumes),
];
