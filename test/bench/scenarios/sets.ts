/** How fast a state can be talked to: members set entries of their own, each as soon as it sees what it set last. */
import type { ContenderId } from "../contenders.ts";
import { Sets } from "../sets.ts";
import { pause, type Stage } from "../stage.ts";
import { type Measure, quantile, type Sample } from "./measure.ts";

const MEMBERS = 100;
const KEYS = 16;

async function setAndSee(stage: Stage): Promise<Sample> {
	const { contender, server, isQuick } = stage;
	if (contender.lines === undefined) throw new Error(`${contender.name} keeps no state.`);
	const sets = new Sets(contender.lines(server.port, stage.newRoom()));
	await sets.join(MEMBERS);
	// What newcomers are told has come by then.
	await pause(300);
	sets.begin(KEYS);
	await pause(isQuick ? 300 : 1_000);
	const [bytes, startedAt] = [sets.bytes, performance.now()];
	sets.seen = [];
	await pause(isQuick ? 500 : 2_000);
	const [seconds, seen] = [(performance.now() - startedAt) / 1_000, sets.seen];
	const heard = (sets.bytes - bytes) / seconds / MEMBERS;
	const faults = await sets.end();
	sets.close();
	const also = {
		"p50, ms": quantile(seen, 0.5),
		"p99, ms": quantile(seen, 0.99),
		"bytes to a member for each set": heard / (seen.length / seconds),
	};
	return { value: (seen.length / seconds) * MEMBERS, also, faults };
}

const contenders: readonly ContenderId[] = ["events", "colyseus50", "colyseus16", "colyseus1"];

export const SETS: Measure = {
	id: "s100",
	title: `${MEMBERS} members, each with ${KEYS} entries of its own in flight, set anew as soon as it sees what it set`,
	unit: "entries shown to members/s",
	isRate: true,
	contenders,
	quick: ["events", "colyseus16"],
	run: setAndSee,
};
