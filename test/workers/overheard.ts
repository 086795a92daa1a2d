/** What the server tells whoever runs it, given to the test that makes it do so, and not to the console. */
import { onTestFinished, vi } from "vitest";

/** The lines that are said until the test has finished. */
export function overhear(): string[] {
	const lines: string[] = [];
	for (const level of ["warn", "error"] as const) {
		const spy = vi.spyOn(console, level);
		spy.mockImplementation((...said: unknown[]) => void lines.push(said.map(String).join(" ")));
		onTestFinished(() => spy.mockRestore());
	}
	return lines;
}
