/** Plays an app's rules in many worlds that go wrong, each as its seed says, and shows the first that breaks what was claimed. */
import type { App } from "../../jobs/define.ts";
import { type ExploreOptions, FAULTS, type Plan } from "./plan.ts";
import { shorten } from "./said.ts";
import { shortest } from "./shorten.ts";
import { drawSteps, type Step } from "./steps.ts";
import { play } from "./world.ts";

const [SEEDS, STEPS_MAX] = [1_000, 20];
/** All of it is ten lines, its head and its end among them. */
const STEP_LINES_MAX = 8;
const LINE_CHARS_MAX = 200;
/** After so many worlds whoever runs the test has a turn: a runner that hears nothing takes it for dead. */
const WORLDS_AT_ONCE = 20;
/** The real one, where a test has put another in its place. */
const { setTimeout: realTimeout } = globalThis;

/** What broke what was claimed, in as few steps as were found. As a text it has at most ten lines. */
export class Found extends Error {
	override readonly name = "Found";
	readonly seed: number;
	/** Each a sentence. */
	readonly steps: readonly string[];
	readonly why: string;

	constructor(seed: number, steps: readonly string[], why: string) {
		const each = Math.ceil(steps.length / STEP_LINES_MAX);
		const lines = Array.from({ length: Math.ceil(steps.length / (each || 1)) }, (_, line) =>
			shorten(
				steps
					.map((step, i) => `${i + 1}. ${step}`)
					.slice(line * each, (line + 1) * each)
					.join("; "),
				LINE_CHARS_MAX,
			),
		);
		super([`seed ${seed}, alone by { from: ${seed}, seeds: 1 }:`, ...lines, `broken: ${why}`].join("\n"));
		// Where it was thrown in here says nothing of what broke.
		this.stack = String(this);
		[this.seed, this.steps, this.why] = [seed, steps, why];
	}

	override toString(): string {
		return this.message;
	}
}

/**
 * Looks for a world in which something is so that must not be: the first that is found, or null.
 * The same seed is the same world each time.
 * @param app or better the function that makes it: what an app keeps in memory is lost there as it is in production.
 */
export async function explore<A extends App>(
	app: A | (() => A),
	plan: Plan<NoInfer<A>>,
	{ seeds = SEEDS, from = 1, steps: stepsMax = STEPS_MAX, faults = FAULTS, vars = {} }: ExploreOptions = {},
): Promise<Found | null> {
	const made = typeof app === "function" ? app : () => app;
	const counts = { moves: Object.keys(plan.moves).length, backend: Object.keys(plan.backend ?? {}).length };
	const bounds = { members: plan.members.length, ...counts, stepsMax, faults };
	for (let seed = from; seed < from + seeds; seed++) {
		const replay = (steps: readonly Step[]) => play({ made, plan, seed, vars }, steps);
		const steps = drawSteps(seed, bounds);
		const { failure, said } = await replay(steps);
		if (failure !== null) {
			const best = await shortest({ steps, failure, said }, replay);
			return new Found(seed, spoken(best), best.failure.why);
		}
		if (seed % WORLDS_AT_ONCE === 0) await new Promise((resolve) => realTimeout(resolve));
	}
	return null;
}

/** The steps that came to something, and which of them were under way when the next came. */
function spoken({ steps, said }: { steps: readonly Step[]; said: readonly (string | null)[] }): string[] {
	return said.flatMap((sentence, i) => {
		if (sentence === null) return [];
		const isRace = typeof steps[i]?.nextAfter === "number" && i < said.length - 1;
		return [isRace ? `${sentence}, and at once` : sentence];
	});
}
