/** Checks what `app.ts` says, and makes of it what rooms ask. */
import type { AppTypes, Typed } from "../protocol/app-types.ts";
import { QUEUE_RETRIES_MAX } from "../protocol/platform-limits.ts";
import type { Rules } from "../protocol/rules.ts";
import type { AppDefinition, EntryDefinition, EventDefinition } from "./definition.ts";
import { shapeFault } from "./definition-shape.ts";
import { keyPattern } from "./key-pattern.ts";
import type { Kind, RangeKind } from "./kind.ts";
import { rulesOf } from "./rules.ts";
import type { Definition, Rest, TypesIn } from "./types-in.ts";

/** What the Worker and its rooms make of it; `T` is what pages are checked by. */
export interface App<T extends AppTypes = AppTypes> extends AppDefinition, Typed<T> {
	state: Readonly<Record<string, EntryDefinition>>;
	kinds: readonly Kind[];
	ranges: readonly RangeKind[];
	/** The rules of its rooms, given the Worker's variables. */
	rules(env: Readonly<Record<string, unknown>>): Rules;
}

type WritesOf<State> = { readonly [P in keyof State]: EntryDefinition["write"] };

/** @throws Error with a sentence where an event names a kind that is not there. */
export function defineApp<
	const Data,
	const From extends { readonly [N in keyof Data]: EventDefinition["from"] },
	const State = object,
	const Write extends WritesOf<State> = WritesOf<State>,
	const Signals = Rest,
	const Kinds extends readonly Kind[] = [],
	Presence = unknown,
>(
	given: Definition<Data, From, State, Write, Signals, Kinds, Presence>,
): App<TypesIn<Data, From, State, Write, Signals, Kinds, Presence>> {
	const fault = shapeFault(given);
	if (fault !== null) throw new Error(fault);
	const definition = given as unknown as AppDefinition;
	const { state = {}, kinds = [], ranges = [] } = definition;
	const app = { ...definition, state, kinds, ranges };
	checkState(state);
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

/** @throws Error with a sentence where a pattern is not clear, or asks for a member that it does not name. */
function checkState(state: Readonly<Record<string, EntryDefinition>>): void {
	for (const [pattern, { write, see }] of Object.entries(state)) {
		const { namesMember } = keyPattern(pattern);
		if (namesMember || (write !== "own" && see !== "own")) continue;
		const what = write === "own" ? 'write: "own"' : 'see: "own"';
		throw new Error(
			`In app.ts the state's pattern \`${pattern}\` has \`${what}\`, and no \`{member}\` whose own it is.`,
		);
	}
}
