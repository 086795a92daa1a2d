/** The mutants are run by `npm run mutants`; here only that each still fits the code in which it is planted. */
import { expect, test } from "vitest";
import { MUTANTS } from "./list.ts";
import { misfitOf } from "./mutant.ts";

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("the mutant fits the code: %s", (_, mutant) => {
	expect(misfitOf(mutant)).toBeNull();
	expect(mutant.put).not.toBe(mutant.find);
});

test("no two mutants bear one name", () => {
	expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
