/** Who has an app's rules work: as much as one decision may, as often as one may publish. */
import { DEADLINES_MAX } from "../../../../src/protocol/rules-limits.ts";
import { ATTACKER_ADDRESS, type Attacker, type Stage } from "../stage.ts";
import { PUBLISH_PER_SECOND, publish } from "./words.ts";

const GUESTS = 5;

const publishing = (name: string) => async (stage: Stage) => {
	const lines = await stage.guests(GUESTS, { address: ATTACKER_ADDRESS });
	await stage.every(PUBLISH_PER_SECOND, (n) => {
		for (const line of lines) void line.send(publish(`n${n}`, n, name));
	});
};

/** The entries that those rules work on. */
const stirred = async (stage: Stage) => {
	const line = await stage.guest();
	await line.send(publish("first", 0, "stir"));
};

export const RULERS: readonly Attacker[] = [
	{
		name: "rules that read and refuse",
		does: "five guests publish 50 events a second each, at each of which a rule reads 100 entries of 1.5 KB and says no",
		isWithinRates: true,
		arrange: stirred,
		attack: publishing("ponder"),
	},
	{
		name: "rules that set",
		does: "five guests publish 50 events a second each, at each of which a rule sets 100 entries of 1.5 KB and publishes 16 events",
		isWithinRates: true,
		attack: publishing("stir"),
	},
	{
		name: "rules that set, in a crowd",
		does: "the same before 200 others",
		isWithinRates: true,
		audience: 180,
		attack: publishing("stir"),
	},
	{
		name: "deadlines again and again",
		does: "a guest sets off 100 deadlines, each of which sets itself again for a second later",
		isWithinRates: true,
		attack: async (stage) => {
			const line = await stage.guest();
			await stage.every(PUBLISH_PER_SECOND, (n) => line.send(publish(`n${n}`, n % DEADLINES_MAX, "arm")));
		},
	},
];
