/** What an idle session costs: the growth of the server's resident memory over thousands of them. */
import { faultless, type Load } from "../load.ts";
import type { Stage } from "../stage.ts";
import { oneMessage } from "./delay.ts";
import type { Sample, SleepingPart } from "./measure.ts";

const SESSIONS = 5000;

/**
 * Before: a room has been there and was left, so that what code itself takes is no session's. After: all are
 * in one room and nobody says a word, for long enough that an object that can hibernate does.
 */
async function prepare(stage: Stage): Promise<() => Promise<Sample>> {
	const sessions = stage.isQuick ? 1000 : SESSIONS;
	const residentBytes = (): number => stage.server.child.memory() ?? Number.NaN;
	const warm = stage.newLoad();
	await warm.join(20);
	for (let i = 0; i < 50; i++) await oneMessage(warm, i % 20);
	warm.close();
	const before = residentBytes();
	const load: Load = await stage.members(sessions);
	const perSession = (): number => (residentBytes() - before) / sessions / 1024;
	const joined = perSession();
	return async () => {
		const value = perSession();
		const faults = { ...faultless, lost: sessions - load.open };
		return { value, also: { "when they have just joined, KiB": joined }, faults };
	};
}

export const IDLE: SleepingPart = {
	rounds: 3,
	sleepMs: 13_000,
	measure: {
		id: "f",
		title: "5,000 sessions in one room, idle for 13 s (objects hibernate after 10)",
		unit: "KiB of resident memory per session",
		isRate: false,
		contenders: ["events", "raw", "go"],
		quick: [],
	},
	prepare,
};
