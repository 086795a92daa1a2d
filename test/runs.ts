/** How often a property is tried: few times in every run of the suite, and `PROPERTY_RUNS` times as often on demand. */
import { inject } from "vitest";

declare module "vitest" {
	interface ProvidedContext {
		/** 1, or what PROPERTY_RUNS says. */
		propertyRuns: number;
		/** The name under which a fixture is to be written, or none. */
		fixture: string;
	}
}

export function runs(count: number): { numRuns: number } {
	return { numRuns: count * inject("propertyRuns") };
}
