/**
 * Worlds whose room's clock steps: back, or ahead and back again, by seconds up to more than a day, also while the room
 * sleeps. Whoever looks in next shows it to the room; then everything goes on within its own period.
 */
import { OPERATOR } from "../../src/protocol/ids.ts";
import type { JobRow } from "../../src/room/jobs.ts";
import { HOLD_MS } from "../room/house-rules.ts";
import { hold } from "./broken.ts";
import { Deadlines } from "./checkers/deadlines.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3_600_000;
/** None of them, nor a sum of few, is a whole number of heartbeats: nobody's next one falls on the millisecond of an earlier. */
const BY_MS = [3_600, 62_300, HOUR_MS, 25 * HOUR_MS];
const STEPS_MAX = 4;

const SILENT_MS = 150_000;
const LOOKS_MS = 2_000;

/** So far the clock runs ahead, so long, and so soon before it is right again something is held. */
const AHEAD_MS = 4 * 24 * HOUR_MS;
const AHEAD_FOR_MS = 70_000;
const HELD_MS = 2_000;
/** In a silence it steps once more, and by little: nobody is alive for that. */
const AGAIN_MS = 60_000;
const AGAIN_BY_MS = 1_000;
const SLACK_MS = 10_000;

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

/**
 * It was ahead by days, for long enough that heartbeats and holds are noted by it, and is right again: nothing waits for
 * days. No check answers meanwhile, so that a hold ends by its deadline alone.
 */
export function runAhead(world: World): void {
	const { clock, coverage, platform, backend, queue, people, random, jury } = world;
	coverage.reach("fault", "clock ahead for a minute");
	[platform.disk.fault, platform.sendFault] = [null, null];
	[queue.mood, queue.lose, queue.double] = ["takes", Number.POSITIVE_INFINITY, 0];
	clock.jump(AHEAD_MS);
	backend.post(OPERATOR);
	clock.after(AHEAD_FOR_MS - HELD_MS, () => {
		const author = random.pick(people.filter(({ isLive, character }) => isLive && character.can.includes("publish")));
		const id = world.newId(author?.character.member ?? OPERATOR);
		author?.ask({ type: "publish", id, name: "held", data: "good" });
	});
	clock.after(AHEAD_FOR_MS, () => {
		clock.jump(-AHEAD_MS);
		backend.post(OPERATOR);
		const { current } = jury.ledger;
		const isOpen = ({ purpose, state }: JobRow): boolean =>
			purpose === "hold" && (state === "waiting" || state === "sent");
		const held = [...(current?.jobs.values() ?? [])].filter(isOpen).map(({ n }) => n);
		if (held.length > 0) coverage.reach("fault", "held by a clock that was ahead");
		cutCable(world);
		clock.after(AGAIN_MS, () => {
			// So that the room knows how late it was.
			backend.post(OPERATOR, 0);
			clock.after(AGAIN_BY_MS / 2, () => {
				clock.jump(-AGAIN_BY_MS);
				backend.post(OPERATOR, 0);
			});
		});
		clock.after(HOLD_MS + SLACK_MS, () => {
			queue.lose = 0;
			if (jury.ledger.current !== current || current === null) return;
			const late = held.filter((n) => isOpen(current.jobs.get(n) as JobRow));
			world.judge(() => hold(late.length === 0, "liveness", () => `the jobs ${late} are held on after a step back`));
		});
	});
	world.linger(AHEAD_FOR_MS + SILENT_MS);
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
	if (Math.floor(plan.seed / 13) % 3 === 0) {
		steps.push({ afterMs: 0, does: "runAhead", who: 0, dice: random.word() });
	}
	return { ...plan, steps: steps.flatMap(withCut) };
}

/** Of every second one of them. */
function withCut(step: Step): Step[] {
	if (step.does !== "clockSteps" || step.dice % 2 === 0) return [step];
	return [step, { ...step, afterMs: 0, does: "cutCable" }];
}
