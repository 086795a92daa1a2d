/** One world's trial: it holds, or says which guarantee did not. */
import { Broken } from "./broken.ts";
import type { Coverage } from "./coverage.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { World } from "./world.ts";

export interface Failure {
	/** The guarantee, or `crash` where the code itself failed. */
	guarantee: string;
	sentence: string;
}

/** Runs a plan; null where everything held. `tell` hears the story. */
export async function tryPlan(
	plan: Plan,
	coverage: Coverage,
	tell: ((line: string) => void) | null = null,
): Promise<Failure | null> {
	const world = new World(plan, coverage);
	if (tell !== null) world.jury.tell = (line) => tell(`${String(world.elapsedMs).padStart(8)} ms  ${line}`);
	try {
		await world.run();
		return null;
	} catch (error) {
		if (error instanceof Broken) return { guarantee: error.guarantee, sentence: error.message };
		return { guarantee: "crash", sentence: error instanceof Error ? (error.stack ?? error.message) : String(error) };
	}
}

export function trySeed(seed: number, coverage: Coverage): Promise<Failure | null> {
	return tryPlan(drawPlan(seed), coverage);
}
