/** The fewest steps that still break it: steps are taken away, many at first, then one by one; then what is special about them. */
import type { Step } from "./steps.ts";
import type { Failure, Played } from "./world.ts";

/** So many worlds it may cost. */
const REPLAYS_MAX = 400;

export interface Broken {
	steps: readonly Step[];
	failure: Failure;
	said: readonly (string | null)[];
}

/** `replay`: what becomes of these steps. */
export async function shortest(found: Broken, replay: (steps: readonly Step[]) => Promise<Played>): Promise<Broken> {
	// What came after it was never played.
	let best: Broken = { ...found, steps: found.steps.slice(0, found.said.length) };
	let replays = 0;
	const breaks = async (steps: readonly Step[]): Promise<boolean> => {
		if (replays++ >= REPLAYS_MAX) return false;
		const { failure, said } = await replay(steps);
		if (failure?.by !== found.failure.by) return false;
		best = { steps: steps.slice(0, said.length), failure, said };
		return true;
	};
	for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
		for (let isShorter = true; isShorter && replays < REPLAYS_MAX; ) {
			isShorter = false;
			for (let at = best.steps.length - size; at > -size; at -= size) {
				const rest = best.steps.filter((_, i) => i < at || i >= at + size);
				if (rest.length < best.steps.length && (await breaks(rest))) isShorter = true;
			}
		}
	}
	for (let at = 0; at < best.steps.length; at++) {
		for (const plain of [{ nextAfter: null }, { twice: null }]) {
			const plainer = best.steps.map((step, i) => (i === at ? { ...step, ...plain } : step));
			if (JSON.stringify(plainer) !== JSON.stringify(best.steps)) await breaks(plainer);
		}
	}
	return best;
}
