/**
 * Worlds whose room's clock steps: back, or ahead and back again, by seconds up to more than a day, also while the room
 * sleeps. Whoever looks in next shows it to the room; then everything goes on within its own period.
 */
import { OPERATOR } from "../../src/protocol/ids.ts";
import { Deadlines } from "./checkers/deadlines.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3_600_000;
const BY_MS = [3_000, 60_000, HOUR_MS, 25 * HOUR_MS];
const STEPS_MAX = 4;

const SILENT_MS = 150_000;
const LOOKS_MS = 2_000;

/** Steps once. */
export function stepClock({ clock, random, coverage, platform, backend }: World): void {
	const isAsleep = random.once(2) && platform.sleep();
	coverage.reach("fault", isAsleep ? "clock steps while asleep" : "clock steps");
	clock.jump(random.pick([-1, -1, 1]) * random.pick(BY_MS));
	backend.post(OPERATOR);
}

/** Right after it, which is noticed as soon as ever: where nothing else fails, in so long. */
export function cutCable(world: World): void {
	const { clock, random, coverage, platform, people } = world;
	const person = random.pick(people.filter(({ isLive }) => isLive));
	if (person === undefined) return;
	coverage.reach("fault", "half-open after a clock step");
	[platform.disk.fault, platform.sendFault] = [null, null];
	person.wire?.die(random.once(2));
	const deadlines = new Deadlines(world);
	for (let ms = LOOKS_MS; ms <= SILENT_MS; ms += LOOKS_MS) clock.after(ms, () => world.judge(() => deadlines.look()));
	world.linger(SILENT_MS);
}

/** The plan, or one in thirteen with such a clock. Told by the seed and not drawn: the seeds that are kept stay what they were. */
export function unsettleClock(plan: Plan): Plan {
	if (plan.seed % 13 !== 4) return plan;
	const random = new Random(plan.seed);
	const steps = [...plan.steps];
	for (let count = random.between(1, STEPS_MAX); count > 0; count--) {
		const step: Step = { afterMs: random.below(2_000), does: "clockSteps", who: 0, dice: random.word() };
		steps.splice(random.between(2, steps.length), 0, step);
	}
	return { ...plan, steps: steps.flatMap(withCut) };
}

/** Of every second one of them. */
function withCut(step: Step): Step[] {
	if (step.does !== "clockSteps" || step.dice % 2 === 0) return [step];
	return [step, { ...step, afterMs: 0, does: "cutCable" }];
}
