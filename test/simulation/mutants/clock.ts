/** Mutants of what goes on where the room's clock is set back. Each name ends in "a step back", so that all are tried together. */
import type { Mutant } from "./mutant.ts";

export const CLOCK: readonly Mutant[] = [
	{
		name: "a grace waits until the clock has caught up after a step back",
		file: "room/here.ts",
		find: "\tmember.goneSince = now;\n",
		put: "",
		expects: ["G9", "liveness"],
	},
	{
		name: "a held range waits a day after a step back",
		file: "room/ranges.ts",
		find: "waiting: row.waitMs,",
		put: "waiting: 24 * 3_600_000,",
		expects: ["liveness"],
	},
];
