/**
 * The one whose latency is watched, in a thread of its own: what the load costs this process must not look like the
 * room's delay. It publishes PER_SECOND events and waits to hear each of them itself.
 */
import { parentPort, workerData } from "node:worker_threads";
import WebSocket from "ws";
import { CLOSE } from "../../../src/protocol/codes.ts";

const { url, address } = workerData as { url: string; address: string };
const PER_SECOND = 5;
const REJOIN_MS = 100;

const sentAt = new Map<string, number>();
let took: number[] = [];
let said = 0;
/** Wiped, and not back yet: what it said is gone with the room, and it has nothing to wait for. */
let isWiped = false;
let timer: NodeJS.Timeout | undefined;
let socket: WebSocket;

function join(): void {
	socket = new WebSocket(url, { perMessageDeflate: false, headers: { "CF-Connecting-IP": address } });
	socket.on("error", () => {});
	socket.on("close", (code) => {
		isWiped = code === CLOSE.wiped;
		if (isWiped) sentAt.clear();
		setTimeout(join, REJOIN_MS);
	});
	socket.on("message", (data: Buffer) => {
		const now = performance.now();
		if (data.includes('"caught-up"')) {
			isWiped = false;
			parentPort?.postMessage("in");
		}
		for (const [id, at] of sentAt) {
			if (!data.includes(`"id":"${id}"`)) continue;
			sentAt.delete(id);
			took.push(now - at);
		}
	});
}

function publish(): void {
	// It was told to go, and the end of its line may be long in coming.
	if (socket.readyState === WebSocket.CLOSING) socket.terminate();
	if (isWiped) return;
	const id = `beat-${++said}-`;
	sentAt.set(id, performance.now());
	if (socket.readyState === WebSocket.OPEN) {
		socket.send(JSON.stringify({ type: "publish", id, name: "beat", data: 0 }));
	}
}

/** What was never heard counts as long as it has been waited for. */
function take(): number[] {
	const now = performance.now();
	const all = [...took, ...[...sentAt.values()].map((at) => now - at)];
	took = [];
	sentAt.clear();
	return all;
}

parentPort?.on("message", (ask: "begin" | "stop" | "take") => {
	if (ask === "begin") {
		take();
		timer = setInterval(publish, 1000 / PER_SECOND);
	}
	if (ask === "stop") clearInterval(timer);
	if (ask === "take") parentPort?.postMessage(take());
});
join();
