/** Worlds that an operator follows as well, by a stream: it hears everything, says nothing, and nobody sees it there. */
import { OPERATOR } from "../../src/protocol/ids.ts";
import { CAPABILITIES } from "../../src/protocol/messages.ts";
import type { Character } from "./person.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";

/** What becomes of a line on which nothing is said. */
const DEEDS = [...(["join", "join", "join", "leave", "cut", "halfOpen", "stall", "resume", "trickle"] as const)];
const STEPS_MIN = 2;
const STEPS_MAX = 12;

/** The plan, or one in thirteen with an operator. Told by the seed and not drawn: the seeds that are kept stay what they were. */
export function follow(plan: Plan): Plan {
	if (plan.seed % 13 !== 7) return plan;
	const random = new Random(plan.seed);
	const history = random.pick([0, 50]);
	const operator: Character = { member: OPERATOR, can: CAPABILITIES, address: null, history, tokenMs: null };
	const steps = [...plan.steps];
	for (let count = random.between(STEPS_MIN, STEPS_MAX); count > 0; count--) {
		const does = random.pick(DEEDS);
		const step: Step = { afterMs: random.below(200), does, who: plan.people.length, dice: random.word() };
		steps.splice(random.between(0, steps.length), 0, step);
	}
	return { ...plan, people: [...plan.people, operator], steps };
}
