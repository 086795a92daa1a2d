/** All scenarios, in the order of the tables. */
import { ALONE, DEFLATED, OFFERED } from "./delay.ts";
import type { Part, SleepingPart } from "./measure.ts";
import { IDLE } from "./memory.ts";
import { SETS } from "./sets.ts";
import { SLOW } from "./slow.ts";
import { STORMS } from "./storm.ts";
import { LARGE, RULED, SMALL } from "./throughput.ts";
import { WAKING } from "./waking.ts";

export const PARTS: readonly [Part, ...(Part | SleepingPart)[]] = [
	{ rounds: 9, measures: [...SMALL, ALONE.hundred, ...LARGE] },
	{ rounds: 9, measures: [...OFFERED, ALONE.thousand] },
	{ rounds: 9, measures: ALONE.few },
	{ rounds: 9, measures: DEFLATED.few },
	{ rounds: 3, measures: [DEFLATED.thousand] },
	{ rounds: 15, measures: RULED },
	{ rounds: 9, measures: [SETS] },
	{ rounds: 9, measures: STORMS },
	IDLE,
	WAKING,
	{ rounds: 2, measures: [SLOW] },
];
