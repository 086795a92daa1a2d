/** One member that never reads, in a room whose others are sent 10 MB/s each. */
import WebSocket from "ws";
import type { Faults } from "../load.ts";
import type { Stage } from "../stage.ts";
import { offer } from "./delay.ts";
import { type Measure, quantile, type Sample } from "./measure.ts";

const READERS = 8;
const BYTES = 16_000;
const PER_SECOND = 625;

interface Seen {
	p99: number;
	/** How much the server's memory grew, at its highest. */
	growthMiB: number;
	faults: Faults;
}

/** Joins and stops reading: what it is sent stays where it is. */
function never(url: string): Promise<WebSocket> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { perMessageDeflate: false });
		socket.once("error", reject);
		socket.once("message", () => {
			socket.pause();
			resolve(socket);
		});
	});
}

async function run(stage: Stage, isWithSlow: boolean): Promise<Seen> {
	await stage.start();
	const { port, child } = stage.server;
	const residentBytes = (): number => child.memory() ?? Number.NaN;
	const room = stage.newRoom();
	const slow = isWithSlow ? await never(`ws://127.0.0.1:${port}${stage.contender.path(room)}`) : null;
	const load = stage.newLoad(false, room);
	await load.join(READERS);
	// What a server takes to handle such messages at all is nobody's buffer.
	await offer(load, { perSecond: 100, bytes: BYTES, publishers: 2, ms: 1000 });
	const before = residentBytes();
	let most = before;
	const weighing = setInterval(() => {
		most = Math.max(most, residentBytes());
	}, 100);
	const ms = stage.isQuick ? 2000 : 20_000;
	const delays = await offer(load, { perSecond: PER_SECOND, bytes: BYTES, publishers: 2, ms });
	clearInterval(weighing);
	const faults = await load.end();
	slow?.terminate();
	load.close();
	return { p99: quantile(delays, 0.99), growthMiB: (most - before) / 2 ** 20, faults };
}

/** Each goes first as often as the other. */
async function pair(stage: Stage): Promise<Sample> {
	const isFirst = stage.round % 2 === 0;
	const one = await run(stage, isFirst);
	const other = await run(stage, !isFirst);
	const [slow, without] = isFirst ? [one, other] : [other, one];
	const faults = {
		lost: slow.faults.lost + without.faults.lost,
		doubled: slow.faults.doubled + without.faults.doubled,
		reordered: slow.faults.reordered + without.faults.reordered,
	};
	const also = {
		"without it, ms": without.p99,
		"with over without": slow.p99 / without.p99,
		"growth of memory, MiB": slow.growthMiB,
		"without it, MiB": without.growthMiB,
		"more than without, MiB": slow.growthMiB - without.growthMiB,
	};
	return { value: slow.p99, also, faults };
}

export const SLOW: Measure = {
	id: "slow",
	title: `${READERS} members that are each sent 10 MB/s for 20 s, and one that never reads`,
	unit: "ms, p99 of the others from publish to receipt",
	isRate: false,
	contenders: ["events"],
	quick: ["events"],
	run: pair,
};
