/** A world's steps, drawn from its seed before anything happens. */
import { randomOf } from "../random.ts";
import type { Fault } from "./plan.ts";

/** Who is cut, slow or gone is whole, fast or back again by the next step of the same kind. */
export type Deed = "move" | "backend" | "pass" | "cut" | "slow" | "leave" | "sleep" | "crash";

export interface Step {
	readonly does: Deed;
	/** Which of the members. */
	readonly who: number;
	/** Which of the moves. */
	readonly move: number;
	/** What all that is left to chance comes from. */
	readonly dice: number;
	/** `move`: it is made twice. `frame`: the network says twice what it says. */
	readonly twice: "move" | "frame" | null;
	/** How many microtasks later the next step comes; null: when everything has come to its end. */
	readonly nextAfter: number | null;
}

/** How often each is drawn. */
const WEIGHTS: Readonly<Record<Deed, number>> = {
	...{ move: 50, backend: 8, pass: 16 },
	...{ cut: 5, slow: 5, leave: 5, sleep: 6, crash: 3 },
};
const STEPS_MIN = 4;
/** Of so many moves one is made twice, and of so many steps one is followed at once. */
const [DOUBLE_EACH, RACE_EACH] = [8, 4];
/** A publish is on its way, decided on and told within so many. */
const UNDER_WAY_MICROTASKS = 60;
const WORD = 2 ** 32;

export interface Bounds {
	members: number;
	moves: number;
	backend: number;
	stepsMax: number;
	faults: readonly Fault[];
}

export function drawSteps(seed: number, { members, moves, backend, stepsMax, faults }: Bounds): Step[] {
	const random = randomOf(seed);
	const below = (n: number): number => Math.floor(random() * n);
	const may = (deed: Deed): boolean =>
		deed === "move" ? moves > 0 : deed === "backend" ? backend > 0 : deed === "pass" || faults.includes(deed);
	const deeds = (Object.keys(WEIGHTS) as Deed[]).filter(may);
	const weight = deeds.reduce((sum, deed) => sum + WEIGHTS[deed], 0);
	const drawDeed = (): Deed => {
		let left = random() * weight;
		for (const deed of deeds) {
			left -= WEIGHTS[deed];
			if (left < 0) return deed;
		}
		return "pass";
	};
	const once = (each: number, fault: Fault): boolean => below(each) === 0 && faults.includes(fault);
	const count = Math.min(stepsMax, STEPS_MIN + below(stepsMax));
	return Array.from({ length: count }, () => {
		const does = drawDeed();
		const isTwice = once(DOUBLE_EACH, "double");
		const twice = below(2) === 0 ? "move" : "frame";
		const isRace = once(RACE_EACH, "race");
		const nextAfter = below(UNDER_WAY_MICROTASKS);
		return {
			does,
			who: below(members),
			move: below(Math.max(1, does === "backend" ? backend : moves)),
			dice: below(WORD),
			twice: does === "move" && isTwice ? twice : null,
			nextAfter: isRace ? nextAfter : null,
		};
	});
}
