/** How many messages reach all members together, a second, when publishers always have some in flight. */
import { pause, type Stage } from "../stage.ts";
import type { Measure, Sample } from "./measure.ts";

const MEMBERS = 100;

/** Publishers keep `window` messages in flight each: for each that comes back, the next is sent. */
async function saturate(stage: Stage, publishers: number, window: number, bytes: number): Promise<Sample> {
	const load = await stage.members(MEMBERS);
	let isOn = true;
	load.onOwn = (publisher, count) => {
		if (isOn) load.publish(publisher, bytes, count);
	};
	for (let p = 0; p < publishers; p++) load.publish(p, bytes, window);
	await pause(stage.isQuick ? 150 : 300);
	const [before, startedAt, cpu] = [load.delivered, performance.now(), process.cpuUsage()];
	await pause(stage.isQuick ? 250 : 700);
	const ms = performance.now() - startedAt;
	const value = ((load.delivered - before) / ms) * 1000;
	const { user, system } = process.cpuUsage(cpu);
	isOn = false;
	return { value, also: { "load generator busy, %": (user + system) / ms / 10 }, faults: await load.end() };
}

function throughput(
	id: string,
	publishers: number,
	window: number,
	bytes: number,
	who: Pick<Measure, "contenders" | "quick">,
): Measure {
	const size = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`;
	const by = publishers === 1 ? "1 publisher" : `${publishers} publishers`;
	return {
		...who,
		id,
		title: `${MEMBERS} members, ${by} with ${window} in flight${publishers === 1 ? "" : " each"}, ${size}`,
		unit: "messages delivered/s",
		isRate: true,
		run: (stage) => saturate(stage, publishers, window, bytes),
	};
}

const small = {
	contenders: ["events", "singly", "signals", "go", "party", "raw", "ws", "socketio"],
	quick: ["events", "go", "party", "raw"],
} as const;
const one = {
	contenders: ["events", "singly", "signals", "go", "party", "raw", "storing"],
	quick: ["events", "go", "raw"],
} as const;
// A raw object would drain what a hundred publishers have in flight for longer than it was measured.
const large = { contenders: ["events", "go", "turning", "keeping"], quick: ["events", "go"] } as const;

export const SMALL = [throughput("a100", 100, 16, 64, small), throughput("a1", 1, 16, 64, one)];

export const LARGE = [
	throughput("b100-1k", 100, 16, 1024, large),
	throughput("b1-1k", 1, 16, 1024, { ...large, contenders: [...large.contenders, "raw"] }),
	// A hundred times sixteen of these would be more than a room takes in at once: it would refuse some.
	throughput("b100-16k", 100, 4, 16 * 1024, { ...large, quick: [] }),
	throughput("b1-16k", 1, 16, 16 * 1024, { ...large, contenders: [...large.contenders, "raw"] }),
];

const decided = { contenders: ["events", "ruled"], quick: ["events", "ruled"] } as const;
/** What it costs that a rule decides. */
export const RULED = [throughput("r100", 100, 16, 64, decided), throughput("r1", 1, 16, 64, { ...decided, quick: [] })];
