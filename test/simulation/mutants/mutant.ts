/** A mutant: a known bug that is planted in the real code, to see which checker catches it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Guarantee } from "../broken.ts";

export interface Mutant {
	/** What it plants, in a few words. */
	name: string;
	/** The source file, from `src/` on. */
	file: string;
	/** Stands in the file exactly once. */
	find: string;
	put: string;
	/** What it breaks, of docs/guarantees.md: one of these must catch it. */
	expects: readonly Guarantee[];
}

const SRC = new URL("../../../src/", import.meta.url);

export function urlOf({ file }: Mutant): string {
	return new URL(file, SRC).href;
}

/** The source with the bug in it. Throws where the mutant does not fit the code any more. */
export function plant({ name, file, find, put }: Mutant, source: string): string {
	const places = source.split(find).length - 1;
	if (places !== 1)
		throw new Error(`The mutant "${name}" no longer fits src/${file}: its text stands there ${places} times.`);
	// A function: what is put is text, also where it holds a `$`.
	return source.replace(find, () => put);
}

/** Why the mutant does not fit the code, or null. */
export function misfitOf(mutant: Mutant): string | null {
	try {
		plant(mutant, readFileSync(fileURLToPath(urlOf(mutant)), "utf8"));
		return null;
	} catch (error) {
		return (error as Error).message;
	}
}
