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
	{
		name: "sweeps stand still after a step back",
		file: "room/sessions.ts",
		find: "setBack(now: number): boolean {\n\t\tthis.#next = null;",
		put: "setBack(now: number): boolean {",
		expects: ["G9"],
	},
	{
		name: "what was heard ahead of the clock counts as heard until then after a step back",
		file: "room/sessions.ts",
		find: "session.seenAt = Math.min(session.seenAt, now);",
		put: "",
		expects: ["G9"],
	},
	{
		name: "a heartbeat that was noted ahead is a sign of life again and again after a step back",
		file: "room/sessions.ts",
		find: "if (at === session.aheadPing) return;",
		put: "",
		expects: ["G9"],
	},
	{
		name: "a hold waits until the clock has caught up after a step back",
		file: "room/jobs.ts",
		find: "deadlineAt: deadlineAt === null ? null : deadlineAt - aheadMs,",
		put: "deadlineAt,",
		expects: ["liveness", "G5"],
	},
];
