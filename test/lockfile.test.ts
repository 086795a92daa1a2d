/** `npm ci` refuses a lock file that lacks another platform's optional package: it must name them all. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
	optionalDependencies?: Record<string, string>;
	resolved?: string;
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> };

test("every optional package has its entry, on whatever platform the lock file was made", () => {
	const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
		Object.keys(optionalDependencies).filter(
			(name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
		),
	);
	expect(missing).toEqual([]);
});

test("no registry's host is written down", () => {
	expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
