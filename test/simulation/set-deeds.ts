/** Worlds whose members set entries: all that a set may be, again and again under the same ids, and by backends. */
import { OPERATOR } from "../../src/protocol/ids.ts";
import type { Setting } from "../../src/room/inputs.ts";
import { SUM } from "./checkers/state.ts";
import type { Person } from "./person.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

const KEYS = [
	...["topic", "topic", "n", "list/1", "list/2", "stock/1", "none", "room.own", "rule/1", "price/1"],
	...["vote/ada", "vote/bob", "mail/ada", "mail/bob", "mail/cy", "secret/ada", "secret/bob", "secret/guest:gus"],
];
const VALUES = ["a", "b", 1, 2, -3, { x: [1], y: "é" }, { y: "é", x: [1] }, [], true];
const STEPS_MAX = 60;
/** Of a world whose state goes when nobody was there for so long. */
const SHORT_AGE_MS = 45_000;

function drawSet(world: World, id: string): Setting {
	const { random } = world;
	if (random.once(4)) return { id, key: SUM, add: 1 };
	const key = random.pick(KEYS);
	if (random.once(5)) return { id, key, add: random.pick([1, 0.5, -2, 0, 2 ** 53]) };
	const version = world.jury.state.versionOf(key);
	const expect = random.once(3) ? { expect: random.pick([version, version, 0, version + 1]) } : {};
	const long = random.once(12) ? "x".repeat(random.pick([150, 9_000, 30_000])) : null;
	return { id, key, value: random.once(4) ? null : (long ?? random.pick(VALUES)), ...expect };
}

/** One to some sets by one frame or many, now and then one that was sent before. */
export function set(world: World, person: Person): void {
	const { random } = world;
	const count = random.once(6) ? random.between(5, 40) : random.between(1, 3);
	const sets: Setting[] = [];
	for (let i = 0; i < count; i++) {
		const before = random.once(5) ? random.pick(person.sets) : undefined;
		if (before === undefined) sets.push(drawSet(world, `s${world.newId(person.character.member)}`));
		else
			sets.push(random.once(4) && before.key !== SUM ? { id: before.id, key: before.key, value: "another" } : before);
	}
	person.set(sets, random.once(2));
}

export function put(world: World, person: Person): void {
	const member = world.random.once(3) ? OPERATOR : person.character.member;
	const { add, ...drawn } = drawSet(world, `s${world.newId(member)}`);
	// Over HTTP nothing is added.
	world.backend.put(member, add === undefined ? drawn : { ...drawn, key: "n", value: add });
}

/** One in eight worlds. Told by the seed and not drawn: the seeds that are kept stay what they were. */
export function layState(plan: Plan): Plan {
	if (plan.seed % 8 !== 0) return plan;
	const random = new Random(plan.seed);
	const steps = [...plan.steps];
	for (let count = random.between(10, STEPS_MAX); count > 0; count--) {
		const does = random.once(8) ? "put" : "set";
		const step: Step = { afterMs: random.below(60), does, who: random.below(plan.people.length), dice: random.word() };
		steps.splice(random.between(2, steps.length), 0, step);
	}
	const settings = {
		...plan.settings,
		stateEntriesMax: random.pick([6, 40, 4096]),
		stateAgeMsMax: random.once(3) ? SHORT_AGE_MS : plan.settings.stateAgeMsMax,
	};
	return { ...plan, settings, steps, hasState: true };
}
