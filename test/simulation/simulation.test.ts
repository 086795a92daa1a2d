/** The seeds that once failed, 2,000 others, and everything that they must have reached. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

async function simulate(...args: string[]): Promise<string> {
	try {
		const { stdout } = await run(process.execPath, [join(import.meta.dirname, "run.ts"), ...args], {
			maxBuffer: 64 * 1024 * 1024,
		});
		return stdout;
	} catch (error) {
		return (error as { stdout: string }).stdout;
	}
}

test("G1 G2 G3 G4 G5 G6 G7 G8 G9 G11: 2,000 worlds of faults hold, and reach every fault, state and refusal", async () => {
	expect(await simulate("--seeds", "2000")).toContain("2000 seeds from 0 hold");
}, 120_000);
