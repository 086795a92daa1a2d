/** Checks what `app.ts` says, and makes of it what rooms ask. */

import { QUEUE_RETRIES_MAX } from "../protocol/platform-limits.ts";
import type { Rules } from "../protocol/rules.ts";
import type { AppDefinition } from "./definition.ts";
import type { Kind, RangeKind } from "./kind.ts";
import { rulesOf } from "./rules.ts";

/** What the Worker and its rooms make of it. */
export interface App extends AppDefinition {
	kinds: readonly Kind[];
	ranges: readonly RangeKind[];
	/** The rules of its rooms, given the Worker's variables. */
	rules(env: Readonly<Record<string, unknown>>): Rules;
}

/** @throws Error with a sentence where an event names a kind that is not there. */
export function defineApp(definition: AppDefinition): App {
	const { kinds = [], ranges = [] } = definition;
	const app = { ...definition, kinds, ranges };
	for (const { name, retry } of [...kinds, ...ranges]) {
		if (retry.attempts <= QUEUE_RETRIES_MAX) continue;
		throw new Error(
			`In app.ts the job kind \`${name}\` makes ${retry.attempts} attempts; a queue makes at most ${QUEUE_RETRIES_MAX} (\`max_retries\` in wrangler.toml), and takes the job for dead after those.`,
		);
	}
	const names = new Set(kinds.map(({ name }) => name));
	for (const [event, { hold, review, starts = [] }] of Object.entries(app.events)) {
		for (const kind of [hold, review, ...starts]) {
			if (kind === undefined || names.has(kind)) continue;
			throw new Error(`In app.ts the event \`${event}\` names the job kind \`${kind}\`, which is not among \`kinds\`.`);
		}
		if (hold !== undefined && review !== undefined) {
			throw new Error(`In app.ts the event \`${event}\` has both \`hold\` and \`review\`; choose one.`);
		}
	}
	return { ...app, rules: (env) => rulesOf(app, env) };
}
