/** What tests provoke and the code rightly says. It is left out of what `npm test` prints, in those files alone. */
import type { TestCase, TestModule, TestSuite } from "vitest/node";

interface Expected {
	/** Of files that provoke it. */
	where: RegExp;
	/** How the line begins. */
	line: string;
}

const EXPECTED: readonly Expected[] = [
	// A client whose cable is cut, or whose server is killed, says so once each time.
	{ where: /test\/(testing|e2e\/faults)\/|test\/e2e\/fallback\.test/, line: "Rotunda: " },
	// A test ends with a reset, which takes the database from under the jobs that the test set off.
	{ where: /test\/(workers|contract)\//, line: "Job " },
	// The worlds whose traces are played have rules that fail and that ask for too much.
	{ where: /test\/workers\/replay\//, line: "A rule failed " },
	// A server with nothing but rooms tells what it is without.
	{ where: /test\/workers\/small-worker\.test/, line: "Rotunda is without " },
];

/** False for those, as vitest asks of each line. */
export function isToBePrinted(
	line: string,
	_: unknown,
	entity: TestModule | TestCase | TestSuite | undefined,
): boolean {
	const file = entity === undefined ? "" : entity.type === "module" ? entity.moduleId : entity.module.moduleId;
	return !EXPECTED.some((each) => each.where.test(file) && line.startsWith(each.line));
}
