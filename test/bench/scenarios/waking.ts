/** The first message after a sleep: objects hibernate when they have been idle for 10 s. */
import type { Stage } from "../stage.ts";
import { oneMessage } from "./delay.ts";
import type { Sample, SleepingPart } from "./measure.ts";

const MEMBERS = 1000;

async function prepare(stage: Stage): Promise<() => Promise<Sample>> {
	const load = await stage.members(MEMBERS);
	for (let i = 0; i < 20; i++) await oneMessage(load, i * 7);
	return async () => {
		const asleep = await oneMessage(load, 500);
		const awake = await oneMessage(load, 500);
		const also = {
			"until the last member has it, ms": asleep.last,
			"the next one, awake, ms": awake.own,
			"until the last member has that, ms": awake.last,
		};
		return { value: asleep.own, also, faults: await load.end() };
	};
}

export const WAKING: SleepingPart = {
	rounds: 3,
	sleepMs: 12_000,
	measure: {
		id: "g",
		title: "1,000 sessions, the first message after 12 s of silence",
		unit: "ms until its publisher has it",
		isRate: false,
		contenders: ["events", "raw", "party", "go"],
		quick: ["events", "raw"],
	},
	prepare,
};
