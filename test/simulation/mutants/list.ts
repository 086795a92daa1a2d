/** All mutants. */
import { CLIENT } from "./client.ts";
import { CLOCK } from "./clock.ts";
import { CLOSING } from "./closings.ts";
import { DURABLE } from "./durable.ts";
import { FLOW } from "./flow.ts";
import { HISTORY } from "./history.ts";
import { JOBS } from "./jobs.ts";
import { MODERATION } from "./moderation.ts";
import type { Mutant } from "./mutant.ts";
import { PRESENCE } from "./presence.ts";
import { PUBLISH } from "./publish.ts";
import { RULES } from "./rules.ts";
import { STATE } from "./state.ts";
import { WORK } from "./work.ts";

export const MUTANTS: readonly Mutant[] = [
	...HISTORY,
	...PUBLISH,
	...PRESENCE,
	...FLOW,
	...JOBS,
	...MODERATION,
	...DURABLE,
	...CLIENT,
	...WORK,
	...CLOCK,
	...CLOSING,
	...STATE,
	...RULES,
];
