/** The shortest plan that still breaks the same guarantee: steps are taken away, many at first, then one by one. */
import { Coverage } from "./coverage.ts";
import type { Plan, Step } from "./plan.ts";
import { type Failure, tryPlan } from "./trial.ts";

/** So many worlds a shrinking may cost. */
const WORLDS_MAX = 2_000;

export async function shrink(plan: Plan, failure: Failure): Promise<{ plan: Plan; failure: Failure }> {
	let best = plan;
	let found = failure;
	let worlds = 0;
	const fails = async (steps: readonly Step[]): Promise<boolean> => {
		worlds++;
		const shorter = { ...best, steps };
		const other = await tryPlan(shorter, new Coverage());
		if (other === null || kindOf(other) !== kindOf(failure)) return false;
		best = shorter;
		found = other;
		return true;
	};
	for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
		for (let isShorter = true; isShorter && worlds < WORLDS_MAX; ) {
			isShorter = false;
			for (let at = best.steps.length - size; at > -size && worlds < WORLDS_MAX; at -= size) {
				const from = Math.max(0, at);
				const { steps } = best;
				const gone = steps.slice(from, at + size);
				const next = steps[at + size];
				// The time that they took passes all the same.
				const passedMs = gone.reduce((sum, step) => sum + step.afterMs, 0);
				const rest = steps.slice(at + size + 1);
				const late = next === undefined ? [] : [{ ...next, afterMs: next.afterMs + passedMs }];
				if (
					(await fails([...steps.slice(0, from), ...steps.slice(at + size)])) ||
					(await fails([...steps.slice(0, from), ...late, ...rest]))
				)
					isShorter = true;
			}
		}
	}
	return { plan: best, failure: found };
}

/** The guarantee and what was said of it, without what differs from world to world. */
function kindOf({ guarantee, sentence }: Failure): string {
	return `${guarantee} ${sentence
		.match(/(?<![\w:#])[a-z]+(?![\w:#])/g)
		?.slice(-5)
		.join(" ")}`;
}

export function showSteps({ people, steps }: Plan): string {
	return steps
		.map(
			({ afterMs, does, who, dice }) =>
				`  +${afterMs} ms  ${people[who % people.length]?.member}#${who % people.length} ${does} (dice ${dice})`,
		)
		.join("\n");
}
