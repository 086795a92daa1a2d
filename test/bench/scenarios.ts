/** What is measured. Each scenario gives one figure a round, and counts every message that is lost, doubled or out of order. */
import type { Contender, ContenderId } from "./contenders.ts";
import { type Faults, Load } from "./load.ts";

export interface Sample {
	/** The figure that is compared. */
	value: number;
	/** Beside it, in ms. */
	p99?: number;
	faults: Faults;
}

export interface Scenario {
	id: string;
	title: string;
	unit: string;
	/** True where more is better. */
	isRate: boolean;
	/** The first is the one that the others are compared with. */
	contenders: readonly ContenderId[];
	run(contender: Contender, port: number, room: string, isQuick: boolean): Promise<Sample>;
}

const WARM_MS = 500;
const ALL: readonly ContenderId[] = ["events", "go", "party", "raw", "storing", "ws", "signals"];

/** Publishers keep `window` messages in flight each; how many messages arrive at all members together, a second. */
function saturated(members: number, publishers: number, window: number, bytes: number): Scenario["run"] {
	return async (contender, port, room, isQuick) => {
		const load = new Load(contender, port, room);
		await load.join(members);
		let isOn = true;
		load.onOwn = (publisher, count) => {
			if (isOn) for (let i = 0; i < count; i++) load.publish(publisher, bytes);
		};
		for (let p = 0; p < publishers; p++) for (let i = 0; i < window; i++) load.publish(p, bytes);
		await pause(WARM_MS);
		const [before, startedAt] = [load.delivered, performance.now()];
		await pause(isQuick ? 700 : 1500);
		const value = (load.delivered - before) / ((performance.now() - startedAt) / 1000);
		isOn = false;
		const faults = await load.settle();
		load.close();
		return { value, faults };
	};
}

/** So many messages a second are offered; how long each takes to each member, by one clock. */
function offered(members: number, perSecond: number, bytes: number): Scenario["run"] {
	return async (contender, port, room, isQuick) => {
		const load = new Load(contender, port, room);
		await load.join(members);
		const delays: number[] = [];
		load.onFrame = (_, { texts }) => {
			const now = performance.now();
			for (const text of texts) delays.push(now - Number(text.split(":")[2]));
		};
		const startedAt = performance.now();
		const lasts = isQuick ? 1500 : 3000;
		for (let sent = 0; performance.now() - startedAt < lasts; ) {
			const due = ((performance.now() - startedAt) / 1000) * perSecond;
			for (; sent < due; sent++) load.publish(sent % 100, bytes, performance.now().toFixed(2));
			await pause(1);
		}
		const faults = await load.settle();
		load.close();
		const sorted = Float64Array.from(delays).sort();
		return { value: at(sorted, 0.5), p99: at(sorted, 0.99), faults };
	};
}

/** One message at a time: from publishing it until its publisher has it. */
function oneInFlight(members: number, bytes: number): Scenario["run"] {
	return async (contender, port, room, isQuick) => {
		const load = new Load(contender, port, room);
		await load.join(members);
		const delays: number[] = [];
		for (let i = 0; i < (isQuick ? 100 : 300); i++) {
			const startedAt = performance.now();
			await new Promise<void>((resolve) => {
				load.onOwn = () => resolve();
				load.publish(0, bytes);
			});
			delays.push(performance.now() - startedAt);
		}
		const faults = await load.settle();
		load.close();
		const sorted = Float64Array.from(delays).sort();
		return { value: at(sorted, 0.5), p99: at(sorted, 0.99), faults };
	};
}

export const SCENARIOS: readonly Scenario[] = [
	{
		id: "a100",
		title: "100 members, 100 publishers saturated, 64 B",
		unit: "messages delivered/s",
		isRate: true,
		contenders: [...ALL, "socketio"],
		run: saturated(100, 100, 16, 64),
	},
	{
		id: "a1",
		title: "100 members, 1 publisher with 16 in flight, 64 B",
		unit: "messages delivered/s",
		isRate: true,
		contenders: ALL,
		run: saturated(100, 1, 16, 64),
	},
	{
		id: "b",
		title: "100 members, 100 publishers saturated, 1 KiB",
		unit: "messages delivered/s",
		isRate: true,
		contenders: ["events", "go", "party", "raw"],
		run: saturated(100, 100, 16, 1024),
	},
	{
		id: "c",
		title: "1,000 members, 500 messages/s offered (500,000 deliveries/s)",
		unit: "ms, p50 from publish to receipt",
		isRate: false,
		contenders: ["events", "go", "raw"],
		run: offered(1000, 500, 64),
	},
	{
		id: "d100",
		title: "100 members, one message in flight",
		unit: "ms, p50",
		isRate: false,
		contenders: ALL,
		run: oneInFlight(100, 64),
	},
];

function at(sorted: Float64Array, share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
